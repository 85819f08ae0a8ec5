public import Basics
public import Results
public import Specs

extension Plan {
  /// What a split's data make impossible, with the file and the line.
  public func errors(in row: DataRow) -> [Diagnostic] {
    row.warnings.filter(\.isError).map { warning in
      Diagnostic(
        "\(row.facts.split.rawValue) of '\(row.task)': \(warning.what)", at: place(of: warning, row),
        hint: warning.hint)
    }
  }

  /// The path of a split's data by their hash: the task's own file, where others hold the same bytes.
  public func path(of sha256: String, for split: Split, of task: TaskSpec) -> String? {
    guard case .files(let files) = task.source,
      let paths = plannedTasks.first(where: { $0.spec.name == task.name })?.paths
    else { return locations[sha256] }
    let own = [split, .train].first { files[$0.rawValue]?.sha256 == sha256 && paths[$0.rawValue] != nil }
    return own.flatMap { paths[$0.rawValue] } ?? locations[sha256]
  }

  /// A finding about a data file, with the other files of the plan that hold its very bytes.
  public func namingCopies(_ problem: Diagnostic) -> Diagnostic {
    let words = copiesInWords(of: problem.place)
    guard !words.isEmpty else { return problem }
    var problem = problem
    problem.hint = problem.hint.map { $0 + words } ?? String(words.dropFirst(2))
    return problem
  }

  /// `; data/b/test.jsonl holds the same bytes`; empty where no other file of the plan does.
  private func copiesInWords(of place: Place?) -> String {
    guard let path = place?.file else { return "" }
    let files = plannedTasks.flatMap { task -> [(path: String, sha256: String)] in
      guard case .files(let files) = task.spec.source else { return [] }
      return Split.allCases.compactMap { split in
        guard let file = files[split.rawValue], let path = task.paths[split.rawValue] else { return nil }
        return (path, file.sha256)
      }
    }
    guard let own = files.first(where: { $0.path == path })?.sha256 else { return "" }
    var others: [String] = []
    for file in files where file.sha256 == own && file.path != path && !others.contains(file.path) {
      others.append(file.path)
    }
    guard !others.isEmpty else { return "" }
    return "; \(others.joined(separator: " and ")) \(others.count == 1 ? "holds" : "hold") the same bytes"
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
    let place = place(of: worst.warning, worst.row)
    return PlanNote(
      "\(worst.row.facts.split.rawValue) of '\(worst.row.task)': \(worst.warning.what)"
        + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))"),
      at: place, hint: worst.warning.hint + copiesInWords(of: place),
      spoilsResults: found.contains { $0.warning.flatters })
  }

  private func place(of warning: DataWarning, _ row: DataRow) -> Place? {
    // By the task, not by the hash: two files may hold the same bytes.
    let split = row.facts.isHeldOut ? Split.train : row.facts.split
    let task = plannedTasks.first { $0.spec.name == row.task }
    return task?.paths[split.rawValue].map { Place(file: $0, line: warning.line) }
  }
}

extension PlannedTask {
  /// The files that its splits come from.
  public var files: [DataFile] {
    guard case .files(let files) = spec.source else { return [] }
    return files.sorted { $0.key < $1.key }.map(\.value)
  }
}
