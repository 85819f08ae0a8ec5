public import Basics
public import Specs

/// The words that a manifest may use, joined from the tables of the modules that know them.
public struct Vocabulary: Sendable {
  /// A merge method and its parameters.
  public struct Method: Sendable {
    /// The word in a manifest.
    public var name: String
    /// What can stand beside it, defaults included.
    public var parameters: [ParameterSpec]
    /// The name of the row that does the same under equal parameters: its own, or that of which it is a preset.
    public var rule: String
    /// What it asks of the tasks' data; nil for a rule that reads the adapters alone.
    public var tuning: Tuning?
    /// Who decides among the parts of its model, `task known`; nil where it is one adapter.
    public var servedBy: String?
    /// What has to be measured of every model before; nil for most.
    public var evidence: MergeEvidence?
    /// How the method trains its models itself; nil for most, which merge trained ones.
    public var training: MergeTraining?
    /// Whether the order of the models matters, by the parameters.
    public var isOrdered: @Sendable ([String: ParameterValue]) -> Bool
    /// What is wrong with a merge that can be known before there are models.
    public var problem: Check

    /// Parameters with defaults filled in, one weight per model → what is wrong, or nil.
    public typealias Check = @Sendable ([String: ParameterValue], [Double]) -> Diagnostic?

    /// Makes a word; without a rule it is one of its own, without a check any models will do.
    public init(
      name: String, parameters: [ParameterSpec], rule: String? = nil, tuning: Tuning? = nil,
      servedBy: String? = nil, evidence: MergeEvidence? = nil, training: MergeTraining? = nil,
      isOrdered: @escaping @Sendable ([String: ParameterValue]) -> Bool = { _ in false },
      problem: @escaping Check = { _, _ in nil }
    ) {
      self.name = name
      self.parameters = parameters
      self.rule = rule ?? name
      self.tuning = tuning
      self.servedBy = servedBy
      self.evidence = evidence
      self.training = training
      self.isOrdered = isOrdered
      self.problem = problem
    }
  }

  /// What a merge method that tries merges on data asks for.
  public struct Tuning: Sendable, Hashable {
    /// Whether every task must predict a distribution, not one number.
    public var needsDistributions: Bool
    /// Whether ranges of another method's parameters can stand beside it.
    public var takesRanges: Bool
    /// How many matrices of the size of all adapted weights it holds beside one of each model; 0: none, nor of models.
    public var fullMatrices: Int

    /// Makes a description.
    public init(needsDistributions: Bool, takesRanges: Bool, fullMatrices: Int = 0) {
      self.needsDistributions = needsDistributions
      self.takesRanges = takesRanges
      self.fullMatrices = fullMatrices
    }
  }

  /// A metric, the task kinds that it suits, and its direction.
  public struct Metric: Sendable {
    /// The word in a manifest.
    public var name: String
    /// The kinds of tasks that it can measure.
    public var kinds: [TaskKind]
    /// False for errors.
    public var higherIsBetter: Bool

    /// Makes a word.
    public init(name: String, kinds: [TaskKind], higherIsBetter: Bool) {
      self.name = name
      self.kinds = kinds
      self.higherIsBetter = higherIsBetter
    }
  }

  /// A sampling rule and the settings that it reads.
  public struct SamplingRule: Sendable {
    /// The word in a manifest.
    public var name: String
    /// `cap`, `temperature`, `weights`: those that have an effect.
    public var parameters: [String]
    /// Those that must be given.
    public var needs: [String]
    /// The share of draws of each task, from the rows and the names of the tasks.
    public var rates: Rates
    /// Whether each draw takes a task by its share, so that rules with equal shares are the same.
    public var drawsByRate: Bool

    /// Sizes of the training splits, names of the tasks, settings → shares that sum to 1.
    public typealias Rates = @Sendable ([Int], [String], SamplingSpec) throws -> [Double]

    /// Makes a word; without rates it draws from one pot.
    public init(
      name: String, parameters: [String], needs: [String], drawsByRate: Bool = false,
      rates: @escaping Rates = { sizes, _, _ in sizes.map { Double($0) / Double(sizes.reduce(0, +)) } }
    ) {
      self.name = name
      self.parameters = parameters
      self.needs = needs
      self.drawsByRate = drawsByRate
      self.rates = rates
    }
  }

  /// The merge methods.
  public var methods: [Method]
  /// The metrics.
  public var metrics: [Metric]
  /// The sampling rules.
  public var samplingRules: [SamplingRule]
  /// The names of the generated forms.
  public var generatorForms: [String]
  /// The label lists of the generated forms, with descriptions: they need none in a manifest.
  public var generatedTasks: @Sendable (String) -> TaskSpec?

  /// Makes a vocabulary.
  public init(
    methods: [Method], metrics: [Metric], samplingRules: [SamplingRule], generatorForms: [String],
    generatedTasks: @escaping @Sendable (String) -> TaskSpec?
  ) {
    self.methods = methods
    self.metrics = metrics
    self.samplingRules = samplingRules
    self.generatorForms = generatorForms
    self.generatedTasks = generatedTasks
  }

  /// The merge method of that name.
  func method(_ name: String) -> Method? { methods.first { $0.name == name } }

  /// The sampling rule of that name.
  func samplingRule(_ name: String) -> SamplingRule? { samplingRules.first { $0.name == name } }
}
