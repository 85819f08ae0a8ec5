internal import Specs
internal import Statistics

/// The rows of a split by the group that each is scored in, in the order in which the groups begin.
struct RowGroups {
  private(set) var names: [String] = []
  /// The rows of each, ascending.
  private(set) var rows: [[Int]] = []

  /// Nil where a row has no group.
  init?(_ groups: [String?]) {
    var places: [String: Int] = [:]
    for (row, group) in groups.enumerated() {
      guard let group else { return nil }
      if let place = places[group] {
        rows[place].append(row)
      } else {
        places[group] = names.count
        names.append(group)
        rows.append([row])
      }
    }
    if names.isEmpty { return nil }
  }

  /// Counts them, and asks of every metric of the task's kind whether it measures something in each.
  func facts(_ targets: [Target], _ task: TaskSpec) -> GroupFacts {
    let labels = task.labels.map(\.name)
    var unmeasured: [String: String] = [:]
    for (name, own) in zip(names, rows) {
      let wanted = own.map { targets[$0] }
      for metric in Metrics.measuring(task.row.form) where unmeasured[metric.name] == nil {
        if metric.sample(wanted, wanted, labels).isConstant { unmeasured[metric.name] = name }
      }
    }
    let sizes = rows.map(\.count)
    let least = sizes.indices.min { sizes[$0] < sizes[$1] } ?? 0
    return GroupFacts(
      count: names.count, smallest: names[least], fewest: sizes[least], most: sizes.max() ?? 0,
      unmeasured: unmeasured)
  }
}
