internal import Basics

/// What is wrong in the rows of one file: each kind of mistake once, with the lines that make it.
struct RowProblems {
  private struct Group {
    let first: Diagnostic
    /// Of the rows after the first one, up to a number.
    var lines: [Int] = []
    var more = 0
  }

  private var groups: [Group] = []
  /// Rows with mistakes of further kinds.
  private var untold = 0

  /// Lines that are named for one mistake, beside the first.
  private static let mostLines = 5
  /// Mistakes of different kinds that are told.
  private static let mostKinds = 20

  /// Counts a finding.
  mutating func add(_ problem: Diagnostic) {
    guard let same = groups.firstIndex(where: { $0.first.what == problem.what }) else {
      if groups.count < Self.mostKinds { groups.append(Group(first: problem)) } else { untold += 1 }
      return
    }
    groups[same].more += 1
    if let line = problem.place?.line, groups[same].lines.count < Self.mostLines {
      groups[same].lines.append(line)
    }
  }

  /// The findings in the order of their first lines.
  ///
  /// - Parameter summary: What else is wrong with the rows, told in any case.
  func told(with summary: Diagnostic?) -> [Diagnostic] {
    var told = [summary].compactMap(\.self)
    told += groups.map { group in
      var problem = group.first
      if let others = RowProblems.words(group) {
        problem.hint = (problem.hint.map { $0 + "; " } ?? "") + "the same in \(others)"
      }
      return problem
    }
    told = told.enumerated().sorted { left, right in
      let (a, b) = (left.element.place?.line ?? 0, right.element.place?.line ?? 0)
      return a == b ? left.offset < right.offset : a < b
    }.map(\.element)
    if untold > 0, let last = told.indices.last {
      told[last].hint =
        (told[last].hint.map { $0 + "; " } ?? "")
        + "\(untold) more \(untold == 1 ? "row" : "rows") with other mistakes"
    }
    return told
  }

  /// `line 7`, `lines 7 and 9`, `lines 7, 9, 12, 13, 20 and 195 more`.
  private static func words(_ group: Group) -> String? {
    guard let last = group.lines.last else { return nil }
    if group.more == 1 { return "line \(last)" }
    let isAll = group.more == group.lines.count
    let named = (isAll ? group.lines.dropLast() : group.lines[...]).map(String.init).joined(separator: ", ")
    return "lines \(named) and \(isAll ? "\(last)" : "\(group.more - group.lines.count) more")"
  }
}
