public import Basics
public import Specs

/// The words that a manifest may use, joined from the tables of the modules that know them.
public struct Vocabulary: Sendable {
  /// A merge method and its parameters.
  public struct Method: Sendable {
    public var name: String
    public var parameters: [ParameterSpec]

    /// Makes a word.
    public init(name: String, parameters: [ParameterSpec]) {
      self.name = name
      self.parameters = parameters
    }
  }

  /// A metric, the task kinds that it suits, and its direction.
  public struct Metric: Sendable {
    public var name: String
    public var kinds: [TaskKind]
    public var higherIsBetter: Bool

    /// Makes a word.
    public init(name: String, kinds: [TaskKind], higherIsBetter: Bool) {
      self.name = name
      self.kinds = kinds
      self.higherIsBetter = higherIsBetter
    }
  }

  public var methods: [Method]
  public var metrics: [Metric]
  public var samplingRules: [String]
  public var generatorForms: [String]
  /// The label lists of the generated forms, with descriptions: they need none in a manifest.
  public var generatedTasks: @Sendable (String) -> TaskSpec?

  /// Makes a vocabulary.
  public init(
    methods: [Method], metrics: [Metric], samplingRules: [String], generatorForms: [String],
    generatedTasks: @escaping @Sendable (String) -> TaskSpec?
  ) {
    self.methods = methods
    self.metrics = metrics
    self.samplingRules = samplingRules
    self.generatorForms = generatorForms
    self.generatedTasks = generatedTasks
  }
}
