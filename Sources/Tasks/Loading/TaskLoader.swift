internal import Basics
public import Specs

/// Reads the examples of tasks.
public enum TaskLoader {
  /// All examples of one split after limits.
  ///
  /// Where a task has no validation data, `validationFraction` of its training data becomes it: a seeded
  /// choice by class that depends on the name of the task and on nothing else, which `train` then leaves
  /// out. Of validation rows of which merges fit on some, a part is kept. A limit keeps a seeded choice by class, in file order; it
  /// comes after these splits.
  ///
  /// - Parameters:
  ///   - task: What to read and how.
  ///   - split: Which part of it.
  ///   - locate: The path of the file with a SHA-256.
  /// - Throws: a `Diagnostic` where there is no such data, or where the file's bytes are not those of its hash any more;
  ///   `Diagnostics` for what is wrong in a file.
  public static func load(
    _ task: TaskSpec, split: Split, locate: (String) -> String?
  ) throws -> [Example] {
    try rows(task, split: split, locate: locate).examples
  }

  /// The same with where each example stands.
  ///
  /// - Parameter allowsBlank: Whether texts may be blank.
  public static func rows(
    _ task: TaskSpec, split: Split, allowsBlank: Bool = false, locate: (String) -> String?
  ) throws -> SplitRows {
    var rows: SplitRows
    if split == .test || !task.holdsBack(.validation) {
      rows = try all(task, split, allowsBlank, locate)
    } else {
      rows = try all(task, .train, allowsBlank, locate)
      let count = rows.examples.count
      rows.keep(where: heldOut(rows.examples, of: task).map { $0 == (split == .validation) })
      if rows.examples.isEmpty {
        throw Diagnostic(
          "task '\(task.name)' has too few training examples (\(count)) to hold out validation data",
          hint: "give it a validation file, or set 'validation_fraction' to another share")
      }
    }
    if split == .validation, let part = task.part {
      let count = rows.examples.count
      rows.keep(where: held(rows.examples, of: task, part))
      if rows.examples.isEmpty {
        throw Diagnostic(
          "task '\(task.name)' has too few validation rows (\(count)) to share out between merges that fit and what chooses",
          hint: "give it two or more, or leave out merges that learn or search")
      }
    }
    rows.available = rows.examples.count
    guard let limit = task.limits[split.rawValue], limit < rows.available else { return rows }
    let seed = split == .train ? task.draw ?? 0 : 0
    let stream = RandomStream(seed: seed, "limit", task.name, split.rawValue)
    rows.keep(where: Sampling.choice(of: rows.examples, count: limit, from: stream))
    return rows
  }

  private static func heldOut(_ train: [Example], of task: TaskSpec) -> [Bool] {
    let stream = RandomStream(seed: 0, "validation", task.name)
    return Sampling.choice(of: train, count: task.heldBack(of: train.count), leaving: 1, from: stream)
  }

  /// The rows of a part of validation, by class.
  private static func held(_ rows: [Example], of task: TaskSpec, _ part: ValidationPart) -> [Bool] {
    let count = ValidationPart(fitFraction: part.fitFraction, isFit: true).count(of: rows.count)
    let stream = RandomStream(seed: 0, "fit", task.name)
    return Sampling.choice(of: rows, count: count, from: stream).map { $0 == part.isFit }
  }

  private static func all(
    _ task: TaskSpec, _ split: Split, _ allowsBlank: Bool, _ locate: (String) -> String?
  ) throws -> SplitRows {
    switch task.source {
    case .generated(let spec):
      guard spec.rows[split.rawValue] != nil else { throw noData(task, split, mend: "rows") }
      let examples = GeneratedSuite.examples(spec, task: task.name, split: split)
      let numbers = examples.indices.map { $0 + 1 }
      return SplitRows(examples: examples, lines: numbers, numbers: numbers)
    case .files(let files):
      guard let file = files[split.rawValue] else { throw noData(task, split, mend: "files") }
      guard let path = locate(file.sha256) else {
        throw Diagnostic(
          "the \(split.rawValue) file of task '\(task.name)' is not here (SHA-256 \(file.sha256.prefix(12))…)",
          hint: "plan the experiment again: the file moved or changed since")
      }
      return try rows(of: task, path: path, file, allowsBlank)
    }
  }

  private static func noData(_ task: TaskSpec, _ split: Split, mend: String) -> Diagnostic {
    Diagnostic(
      "task '\(task.name)' has no \(split.rawValue) data",
      hint: "add '\(split.rawValue)' to its \(mend), or do not ask for that split")
  }

  private static func rows(
    of task: TaskSpec, path: String, _ file: DataFile, _ allowsBlank: Bool
  ) throws -> SplitRows {
    let bytes = try InputFile.bytes(path)
    // What is read must be what its job is known by: a file may be edited while a run lasts.
    guard StableHash.hex(bytes: bytes) == file.sha256 else { throw Diagnostic.changed("the file", path) }
    try InputFile.refuseWideText(bytes, path: path)
    let interpreter = try ExampleReader(task: task, path: path, allowsBlank: allowsBlank)
    var reader = try reader(of: file.format, bytes, path: path)
    if let header = reader.header {
      let missing = interpreter.missingColumns(among: header.names, line: header.line)
      guard missing.isEmpty else { throw Diagnostics(missing) }
    }
    var rows = SplitRows()
    var problems = RowProblems()
    var labels = UnknownLabels(task: task)
    while true {
      do {
        guard let row = try reader.next() else { break }
        let missing = interpreter.missingColumns(among: row.names, line: row.line, in: row)
        guard missing.isEmpty else {
          for problem in missing { problems.add(problem) }
          continue
        }
        if let problem = interpreter.listAsText(in: row) {
          problems.add(problem)
          continue
        }
        guard labels.add(row, interpreter) else { continue }
        rows.examples.append(try interpreter.example(row))
        rows.lines.append(row.line)
        rows.numbers.append(rows.examples.count)
      } catch {
        problems.add(error)
      }
    }
    let told = problems.told(with: labels.problem)
    guard told.isEmpty else { throw Diagnostics(told) }
    guard !rows.examples.isEmpty else {
      throw Diagnostic(
        "the file holds no examples", at: Place(file: path), hint: "one example stands on one line")
    }
    return rows
  }

  private static func reader(of format: String, _ bytes: [UInt8], path: String) throws -> any RowReader {
    switch format {
    case "jsonl": return JSONLinesReader(bytes, path: path)
    case "csv": return try CSVReader(bytes, path: path)
    default:
      throw Diagnostic(
        "unknown format '\(format)'", at: Place(file: path),
        hint: suggestion(for: format, among: ["jsonl", "csv"]))
    }
  }
}

/// The examples of a split with where they stand.
public struct SplitRows: Sendable {
  /// In the order of the file.
  public var examples: [Example] = []
  /// The line of the file on which each begins, from one; the number of the row where it is generated.
  public var lines: [Int] = []
  /// The number of each row in its file, or among all that are generated, from one.
  public var numbers: [Int] = []
  /// How many there were before the limit.
  var available = 0

  mutating func keep(where isWanted: [Bool]) {
    examples = zip(examples, isWanted).filter(\.1).map(\.0)
    lines = zip(lines, isWanted).filter(\.1).map(\.0)
    numbers = zip(numbers, isWanted).filter(\.1).map(\.0)
  }
}
