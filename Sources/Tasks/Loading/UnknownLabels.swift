internal import Basics
internal import Specs

/// The labels of one file that its task does not list, told once for all of its rows.
struct UnknownLabels {
  private let task: TaskSpec
  /// Nil where answers are no labels.
  private let words: LabelWords?
  /// All labels of the file, up to a number at which they are none, in the order in which they appear.
  private var labels: [String] = []
  private var known: Set<String> = []
  private var unknown: [(name: String, place: Place)] = []
  private var rows = 0
  /// Rows with a label that is not listed.
  private var badRows = 0

  /// More different values than this are no labels.
  private static let mostLabels = 200
  /// More unknown ones than this are not named one by one.
  private static let mostNamed = 3

  init(task: TaskSpec) {
    self.task = task
    words = task.row.outline.labels
  }

  /// Counts a row; says whether all of its labels are listed.
  mutating func add(_ row: Row, _ reader: ExampleReader) -> Bool {
    rows += 1
    var isSound = true
    for (name, place) in reader.names(in: row) {
      let isListed = reader.knows(name)
      if !isListed { isSound = false }
      // Where there are too many to list, one that is not listed must still be told.
      guard labels.count <= Self.mostLabels || (!isListed && unknown.isEmpty), known.insert(name).inserted
      else { continue }
      labels.append(name)
      if !isListed { unknown.append((name, place)) }
    }
    if !isSound { badRows += 1 }
    return isSound
  }

  /// The finding; nil where all labels are listed.
  var problem: Diagnostic? {
    guard let first = unknown.first, let words else { return nil }
    let kind = words.word
    let column = task.target
    if unknown.count == 1, badRows == 1 {
      return Diagnostic(
        "unknown \(kind) '\(first.name)' of task '\(task.name)'", at: first.place,
        hint: suggestion(for: first.name, among: task.labels.map(\.name)))
    }
    let shown = unknown.prefix(Self.mostNamed).map { "'\($0.name)'" }.joined(separator: ", ")
    let isList = labels.count <= Self.mostLabels
    let count = isList ? "\(unknown.count)" : "over \(Self.mostLabels)"
    let what =
      unknown.count == 1
      ? "unknown \(kind) \(shown)"
      : "\(count) unknown \(kind)s (\(shown)\(unknown.count > Self.mostNamed ? " …" : ""))"
    let areNumbers = labels.allSatisfy { Int($0) != nil }
    let usual =
      isList
      ? "all \(kind)s of the file are [\(sorted(words).map(written).joined(separator: ", "))]: "
        + "list them under 'labels', or mend those that are misspelt"
      : "does the column '\(column)' hold \(kind)s? Its first values: \(shown)"
    let hint = (areNumbers ? words.forNumbers?(column) : nil) ?? usual
    return Diagnostic(
      "\(what) of task '\(task.name)', in \(badRows) of \(rows) rows", at: first.place, hint: hint)
  }

  private func written(_ label: String) -> String {
    Int(label).map(String.init) == label ? label : yamlScalar(label)
  }

  /// Numbers by their size, words by the alphabet, before all others the one that says nothing in particular.
  private func sorted(_ words: LabelWords) -> [String] {
    labels.sorted { left, right in
      if let outside = words.outside, (left == outside) != (right == outside) { return left == outside }
      switch (Double(left), Double(right)) {
      case (let a?, let b?) where a != b: return a < b
      case (.some, nil): return true
      case (nil, .some): return false
      default: return left < right
      }
    }
  }
}
