/// What turns a model's output into a prediction.
public enum HeadKind: String, Sendable, Codable, CaseIterable {
  /// A linear layer trained for each task.
  case linear
  /// Scaled cosines to the base's own embeddings of the labels' descriptions; nothing is trained.
  case labels
  /// How likely a decoder takes each label's words to be after the text; nothing is trained but what learns to say them.
  case answers
}

/// The parts of a dataset.
public enum Split: String, Sendable, Codable, CaseIterable {
  /// What models learn from.
  case train
  /// What choices are made on.
  case validation
  /// What is reported.
  case test
}

/// A label with what it means.
public struct LabelSpec: Sendable, Hashable, Codable {
  /// The label as the data writes it.
  public var name: String
  /// What the base reads to embed the label; the name where a manifest gives none.
  public var description: String
  /// The number that the label stands for: regression over label descriptions needs it.
  public var value: Double?

  /// Makes a label.
  public init(name: String, description: String, value: Double? = nil) {
    self.name = name
    self.description = description
    self.value = value
  }
}

/// One file of a dataset, known by what is in it.
public struct DataFile: Sendable, Hashable, Codable {
  /// SHA-256 of its bytes.
  public var sha256: String
  /// `jsonl` or `csv`.
  public var format: String

  /// Makes a file.
  public init(sha256: String, format: String) {
    self.sha256 = sha256
    self.format = format
  }
}

/// Where a task's examples come from.
public enum DataSource: Sendable, Hashable, Codable {
  /// Files for the splits that exist.
  case files([String: DataFile])
  /// The generator of finance-like texts.
  case generated(GeneratorSpec)
}

/// A task: data, template, output kind and metrics.
///
/// Everything here can change a result.
public struct TaskSpec: Sendable, Hashable, Codable {
  /// The name in manifests and tables.
  public var name: String
  /// What it asks for.
  public var kind: TaskKind
  /// Where its examples come from.
  public var source: DataSource
  /// The input template: columns in braces, `"{text}"`; for tagging the name of the words' column in braces.
  public var text: String
  /// The template of the second sentence of a pair.
  public var pair: String?
  /// The column of the label, the number or the tags.
  public var target: String
  /// The labels in the order of the classes; for tagging the BIO tags; for regression the anchors of a label head.
  public var labels: [LabelSpec]
  /// The metrics by name; the first one decides.
  public var metrics: [String]
  /// At most so many examples of a split, by split name.
  public var limits: [String: Int]
  /// The share of the training data that becomes validation data where there is none.
  public var validationFraction: Double
  /// The head.
  public var head: HeadKind
  /// Which part of the validation rows is meant, where merges fit on some of them; nil, and not written, for all.
  public var part: ValidationPart?
  /// The column within whose groups of rows metrics are computed, and then averaged over the groups; nil, and not written,
  /// where they are computed over all rows.
  public var by: String?
  /// Names the choice of the training rows that a limit keeps; nil, and not written, where all trainings read the same.
  public var draw: Int?

  /// The head where nothing is said.
  public static let usualHead = HeadKind.labels
  /// The share of the training data that becomes validation data where nothing is said.
  public static let usualValidationFraction = 0.1

  /// The share of the validation rows that merges fit on where some do and nothing is said.
  public static let usualFitFraction = 0.5

  /// Makes a task.
  public init(
    name: String, kind: TaskKind, source: DataSource, text: String = "{text}", pair: String? = nil,
    target: String = "label", labels: [LabelSpec] = [], metrics: [String], limits: [String: Int] = [:],
    validationFraction: Double = TaskSpec.usualValidationFraction, head: HeadKind = TaskSpec.usualHead
  ) {
    self.name = name
    self.kind = kind
    self.source = source
    self.text = text
    self.pair = pair
    self.target = target
    self.labels = labels
    self.metrics = metrics
    self.limits = limits
    self.validationFraction = validationFraction
    self.head = head
  }
}

/// A generated task, in the spirit of MultiTab-Bench (arXiv:2511.09970): relatedness, size, noise and balance are knobs.
public struct GeneratorSpec: Sendable, Hashable, Codable {
  /// Which kind of text task: `sentiment`, `headline`, `topic`, `entities` or `score`.
  public var form: String
  /// Examples of each split, by split name.
  public var rows: [String: Int]
  /// The cosine between what decides this task's labels and what all tasks of the suite share: 1 the same, 0 unrelated, −1 opposite.
  public var relatedness: Double
  /// The share of training labels replaced by a random other one (for scores: the standard deviation of the noise);
  /// validation and test stay clean.
  public var noise: Double
  /// The share of the largest class beyond its equal share: 0 balanced, towards 1 all of one class.
  public var imbalance: Double
  /// Names the world: tasks of one suite share it.
  public var world: Int

  /// Makes a generated task.
  public init(
    form: String, rows: [String: Int], relatedness: Double = 1, noise: Double = 0, imbalance: Double = 0,
    world: Int = 0
  ) {
    self.form = form
    self.rows = rows
    self.relatedness = relatedness
    self.noise = noise
    self.imbalance = imbalance
    self.world = world
  }
}
