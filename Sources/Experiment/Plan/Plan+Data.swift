public import Basics
internal import Specs

extension Plan {
  /// What a split's data make impossible, with the file and the line.
  public func errors(in row: DataRow) -> [Diagnostic] {
    row.warnings.filter(\.isError).map { warning in
      Diagnostic(
        "\(row.facts.split.rawValue) of '\(row.task)': \(warning.what)", at: place(of: warning, row),
        hint: warning.hint)
    }
  }

  /// What a user should know before a run: of the plan, of its tables, and of data from files; one line for each finding in a task.
  public var notes: [PlanNote] {
    var told = remarks + choiceNotes
    for task in tasks {
      let rows = data.filter { $0.task == task.name && !$0.isGenerated }
      var kinds: [String] = []
      for kind in rows.flatMap(\.warnings).map(\.kind) where !kinds.contains(kind) { kinds.append(kind) }
      told += kinds.compactMap { note(on: $0, rows) }
    }
    return told
  }

  /// The split with the largest part in words, the others with their numbers.
  private func note(on kind: String, _ rows: [DataRow]) -> PlanNote? {
    let found = rows.compactMap { row in
      row.warnings.first { $0.kind == kind }.map { (row: row, warning: $0) }
    }
    func part(_ found: (row: DataRow, warning: DataWarning)) -> Double {
      Double(found.warning.count) / Double(max(1, found.row.facts.rows))
    }
    guard let worst = found.max(by: { part($0) < part($1) }) else { return nil }
    let others = found.filter { $0.row.facts.split != worst.row.facts.split }.map { other in
      "\(other.row.facts.split.rawValue) \(other.warning.count)"
    }
    return PlanNote(
      "\(worst.row.facts.split.rawValue) of '\(worst.row.task)': \(worst.warning.what)"
        + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))"),
      at: place(of: worst.warning, worst.row), hint: worst.warning.hint)
  }

  private func place(of warning: DataWarning, _ row: DataRow) -> Place? {
    let source = plannedTasks.first { $0.spec.name == row.task }?.spec.source
    let split = row.facts.isHeldOut ? Split.train : row.facts.split
    guard case .files(let files) = source, let file = files[split.rawValue], let path = locations[file.sha256]
    else {
      return nil
    }
    return Place(file: path, line: warning.line)
  }
}
