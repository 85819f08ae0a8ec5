package import Basics
public import Specs
internal import Tasks

/// The table of readouts.
public enum Readouts {
  /// All readouts, in the order of the documentation.
  package static let all = Catalog(
    "readout", [ReadoutRow.label, .number, .anchors, .tags, .labels, .answers])

  /// That of a task: the one that the row of its kind names for its head.
  package static func readout(of task: TaskSpec) -> any Readout {
    let name = TaskKinds.row(of: task.kind).readout(task.head)
    guard let row = all.entries.first(where: { $0.name == name }) else {
      preconditionFailure("the kind of task '\(task.kind)' names no readout: '\(name)'")
    }
    return row.make(task)
  }

  /// What plans have to know of that of a task.
  public static func outline(of task: TaskSpec) -> ReadoutOutline {
    let readout = readout(of: task)
    return ReadoutOutline(
      insteadOfDistribution: readout.insteadOfDistribution, ownAnswers: max(1, readout.ownAnswers))
  }
}
