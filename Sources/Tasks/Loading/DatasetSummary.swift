public import Basics

/// What a data file holds, without a task that says how to read it.
public struct DatasetSummary: Sendable {
  /// One column.
  public struct Column: Sendable {
    /// Its name.
    public var name: String
    /// Records that have it.
    public var present = 0
    /// Records where it is empty, null or only spaces.
    public var empty = 0
    /// Characters of its longest text; elements of its longest list.
    public var longest = 0
    /// What its values are: `text`, `number`, `flag`, `list`, `object`; several where they differ.
    public var kinds: [String] = []
    /// How often each value occurs, most often first; nil where there are too many to be labels.
    public var counts: [(value: String, count: Int)]?
  }

  /// `jsonl` or `csv`.
  public var format: String
  /// Records that could be read.
  public var rows = 0
  /// The columns in the order in which they appear.
  public var columns: [Column] = []
  /// What could not be read.
  public var problems: [Diagnostic] = []

  /// More different values than this are no labels.
  private static let mostLabels = 64

  /// Reads a `.jsonl` or `.csv` file to its end.
  ///
  /// - Throws: a `Diagnostic` for a file that cannot be read or is of another kind.
  public init(path: String) throws(Diagnostic) {
    format = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    guard ["jsonl", "csv"].contains(format) else {
      throw Diagnostic(
        "the file is neither .jsonl nor .csv", at: Place(file: path),
        hint: "name it by what it is, or convert it")
    }
    let bytes = try InputFile.bytes(path)
    try InputFile.refuseWideText(bytes, path: path)
    var reader: any RowReader =
      format == "csv" ? try CSVReader(bytes, path: path) : JSONLinesReader(bytes, path: path)
    var tally: [String: [String: Int]] = [:]
    while true {
      do {
        guard let row = try reader.next() else { break }
        rows += 1
        for (name, field) in zip(row.names, row.fields) { add(field, to: name, &tally) }
      } catch {
        problems.append(error)
      }
    }
    for index in columns.indices {
      guard let counts = tally[columns[index].name], counts.count <= Self.mostLabels else { continue }
      let pairs = counts.map { (value: $0.key, count: $0.value) }
      columns[index].counts = pairs.sorted { a, b in
        a.count == b.count ? a.value < b.value : a.count > b.count
      }
    }
  }

  private mutating func add(_ field: JSON, to name: String, _ tally: inout [String: [String: Int]]) {
    let index = columns.firstIndex { $0.name.hasBytes(of: name) } ?? columns.count
    if index == columns.count { columns.append(Column(name: name)) }
    columns[index].present += 1
    let kind = field.kind
    if let kind, !columns[index].kinds.contains(kind) { columns[index].kinds.append(kind) }
    let words: [String]
    if case .list(let elements) = field {
      words = elements.compactMap(\.scalar)
      columns[index].longest = max(columns[index].longest, elements.count)
      if elements.isEmpty { columns[index].empty += 1 }
    } else {
      let text = field.scalar ?? ""
      words = [text]
      columns[index].longest = max(columns[index].longest, text.count)
      if text.allSatisfy(\.isWhitespace), field.members == nil { columns[index].empty += 1 }
    }
    for word in words where tally[name, default: [:]].count <= Self.mostLabels {
      tally[name, default: [:]][word, default: 0] += 1
    }
  }
}

extension JSON {
  /// The kind in a word; nil for nothing.
  fileprivate var kind: String? {
    switch self {
    case .text: "text"
    case .number: "number"
    case .flag: "flag"
    case .list: "list"
    case .object: "object"
    case .null: nil
    }
  }
}
