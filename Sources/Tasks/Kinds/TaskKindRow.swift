public import Basics
public import Specs

/// A row in the table of kinds of task: how data of the kind are read, what can be odd about them, and how answers are written.
///
/// How answers are learnt and predicted is a row of another table, `Readouts`, which this one names.
public struct TaskKindRow: CatalogEntry {
  /// What manifests, plans and tables have to know.
  public let outline: KindOutline
  /// What its targets are; metrics of the same form measure them.
  public let form: Target.Form
  /// The name of the readout that learns and predicts a task of the kind, by its head.
  public let readout: @Sendable (HeadKind) -> String
  /// How a record becomes an example.
  let reading: RowReading
  /// Counts targets, each with the line of its row, into the facts of a split.
  let count: @Sendable ([(target: Target, line: Int)], TaskSpec, inout SplitFacts) -> Void
  /// A target in the words of the labels that are given.
  let write: @Sendable (Target, [String]) -> String
  /// The target that such a text writes; nil where it writes none.
  let read: @Sendable (String, [String]) -> Target?
  /// Whether a prediction, which comes first, is the target; nil where predictions are near or far.
  let isRight: @Sendable (Target, Target) -> Bool?

  /// The word in a manifest.
  public var name: String { outline.kind.rawValue }
  /// One line on what such a task asks for.
  public var summary: String { outline.summary }

  init(
    _ outline: KindOutline, form: Target.Form, readout: @escaping @Sendable (HeadKind) -> String,
    reading: RowReading,
    count: @escaping @Sendable ([(target: Target, line: Int)], TaskSpec, inout SplitFacts) -> Void,
    write: @escaping @Sendable (Target, [String]) -> String,
    read: @escaping @Sendable (String, [String]) -> Target?,
    isRight: @escaping @Sendable (Target, Target) -> Bool? = { $0 == $1 }
  ) {
    self.outline = outline
    self.form = form
    self.readout = readout
    self.reading = reading
    self.count = count
    self.write = write
    self.read = read
    self.isRight = isRight
  }
}

/// How the records of a kind of task become examples.
struct RowReading: Sendable {
  /// What is wrong with a task, given with the template of its text, before a record of it is read.
  var check: @Sendable (TaskSpec, Template) -> Diagnostic? = { _, _ in nil }
  /// The columns that hold lists, each with whether every text in brackets is one; a list written as a text is then told.
  var lists: @Sendable (ExampleReader) -> [(column: String, isAlways: Bool)] = { _ in [] }
  /// How such a list may stand in a text instead.
  var listInText = "the words with spaces between them"
  /// The labels of a record with the place of each; empty where there are none or they cannot be read.
  var labels: @Sendable (Row, ExampleReader) -> [(name: String, place: Place)] = { _, _ in [] }
  /// The example of a record that has all columns, and known labels only.
  var example: @Sendable (Row, ExampleReader) throws(Diagnostic) -> Example
}

extension TaskSpec {
  /// The row of its kind.
  var row: TaskKindRow { TaskKinds.row(of: kind) }

  /// A target or a prediction as a text.
  public func text(of target: Target) -> String { row.write(target, labels.map(\.name)) }

  /// The target or the prediction that a text writes; nil where it writes none of this task.
  public func target(of text: String) -> Target? { row.read(text, labels.map(\.name)) }

  /// Whether a prediction is the target; nil where predictions are near or far.
  public func isRight(_ prediction: Target, _ target: Target) -> Bool? { row.isRight(prediction, target) }
}
