internal import Basics
internal import Specs

/// A kind of generated task.
struct GeneratedForm: CatalogEntry {
  let name: String
  let summary: String
  /// What a manifest needs not say.
  let template: TaskSpec
  /// How many classes its rows are balanced over; 1 where they are not.
  let classes: Int
  /// The class that an imbalance enlarges.
  let largest: Int
  /// What noise makes of a target: the target, the task's labels, the amount.
  var noise: @Sendable (Target, Int, Double, inout RandomStream) -> Target = anotherLabel
  /// One try at a row of the wanted class; nil where the sentence is of another one.
  let attempt: @Sendable (_ wanted: Int, _ spec: GeneratorSpec, LabelLaw, inout RandomStream) -> Draft?

  /// A row before noise.
  struct Draft {
    var sentence: Sentence
    var pair: String?
    /// The words to be tagged; empty where the text is asked for as a whole.
    var words: [String] = []
    var target: Target
  }

  /// Another label in so many of the rows.
  private static func anotherLabel(
    _ target: Target, _ labels: Int, _ noise: Double, _ stream: inout RandomStream
  ) -> Target {
    guard stream.uniform() < noise else { return target }
    return .label((target.label + 1 + stream.index(below: labels - 1)) % labels)
  }

  /// The table of forms.
  static let all = Catalog("generated form", [GeneratedForm.sentiment, .headline, .topic, .entities, .score])

  /// The class of a row: the largest has its equal share and `imbalance` of the rest, the others share alike.
  func drawnClass(imbalance: Double, from stream: inout RandomStream) -> Int {
    let isEnlarged = stream.uniform() < imbalance
    let drawn = stream.index(below: classes)
    return isEnlarged ? largest : drawn
  }
}

extension TaskSpec {
  /// A template without name and rows.
  static func template(
    _ form: String, _ kind: TaskKind, text: String = "{text}", pair: String? = nil, target: String = "label",
    labels: [LabelSpec], metrics: [String]
  ) -> TaskSpec {
    TaskSpec(
      name: form, kind: kind, source: .generated(GeneratorSpec(form: form, rows: [:])), text: text,
      pair: pair,
      target: target, labels: labels, metrics: metrics, head: .labels)
  }
}
