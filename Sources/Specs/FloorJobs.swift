public import Basics

/// Fit a linear head on the base as it is: what can be learned of a task without training a model.
public struct ProbeJob: Sendable, Hashable, Codable {
  /// What gives the vectors.
  @Hashed public var base: BaseSpec
  /// The task as `TaskSpec.probed` and `reduced` to training data have it.
  @Hashed public var task: TaskSpec
  /// Longer inputs are cut to so many tokens.
  public var maxTokens: Int
  /// A column that is taken out of the texts; nil, and not written, where the probe reads all of them.
  public var hides: String?
  /// What products with frozen weights read; nil, and not written, for floats.
  public var precision: Precision?

  /// What products with frozen weights read.
  public var productPrecision: Precision { precision ?? .float32 }

  /// Makes the job of parts that are hashed already.
  public init(
    base: Hashed<BaseSpec>, task: Hashed<TaskSpec>, maxTokens: Int, hides: String? = nil,
    precision: Precision = .float32
  ) {
    self.precision = precision == .float32 ? nil : precision
    _base = base
    _task = task
    self.maxTokens = maxTokens
    self.hides = hides
  }
}

/// Answer a split without reading its texts: always the most frequent label of the training data, or the mean number; of a
/// word its most frequent tag.
public struct GuessJob: Sendable, Hashable, Codable {
  /// The task `reduced` to training data and the split.
  @Hashed public var task: TaskSpec
  /// The split that is answered.
  public var split: Split

  /// Makes the job of parts that are hashed already.
  public init(task: Hashed<TaskSpec>, split: Split) {
    _task = task
    self.split = split
  }
}

/// What the fit of a probe found.
public struct ProbeResult: Sendable, Hashable, Codable {
  /// Training examples that were read.
  public var examples: Int
  /// Real tokens read.
  public var tokens: Int
  /// Vectors behind the fit: examples, or words of them.
  public var vectors: Int
  /// The penalty that cross-validation chose.
  public var penalty: Double
  /// The mean loss of what was held out under it.
  public var loss: Double

  /// Makes a result.
  public init(examples: Int, tokens: Int, vectors: Int, penalty: Double, loss: Double) {
    self.examples = examples
    self.tokens = tokens
    self.vectors = vectors
    self.penalty = penalty
    self.loss = loss
  }
}

extension TaskSpec {
  /// The task with the head that a probe has.
  public var probed: TaskSpec {
    var task = self
    task.head = .linear
    return task
  }

  /// The columns that its templates read, each once, in the order of the text.
  public var columns: [String] {
    let templates = [text, pair].compactMap { $0.flatMap { try? Template($0, of: "") } }
    var seen: Set<String> = []
    return templates.flatMap(\.columns).filter { seen.insert($0).inserted }
  }

  /// The task with one of its columns taken out of what models read; nil where nothing would be left.
  public func hiding(_ column: String) -> TaskSpec? {
    func rest(_ source: String?) -> String? {
      guard let source, let template = try? Template(source, of: "") else { return nil }
      return template.hiding(column)
    }
    let texts = [rest(text), rest(pair)].compactMap(\.self)
    guard let first = texts.first else { return nil }
    var task = self
    task.text = first
    task.pair = texts.count > 1 ? texts[1] : nil
    return task
  }
}

extension Template {
  /// The source of the template without a column; nil where no column is left.
  func hiding(_ column: String) -> String? {
    let kept = parts.filter { $0 != .column(column) }
    guard kept.contains(where: { if case .column = $0 { true } else { false } }) else { return nil }
    return kept.map { part in
      switch part {
      case .literal(let text): text.replacing("{", with: "{{").replacing("}", with: "}}")
      case .column(let name): "{\(name)}"
      }
    }.joined()
  }
}
