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
    /// Who decides among the parts of its model, `task known`; nil where it is one adapter.
    public var servedBy: String?
    /// What it asks for, by its parameters.
    public var demands: @Sendable ([String: ParameterValue]) -> MergeDemands
    /// What is wrong with a merge that can be known before there are models.
    public var problem: Check

    /// Parameters with defaults filled in, one weight per model → what is wrong, or nil.
    public typealias Check = @Sendable ([String: ParameterValue], [Double]) -> Diagnostic?

    /// Makes a word; without a rule it is one of its own, without demands a formula, without a check any models will do.
    public init(
      name: String, parameters: [ParameterSpec], rule: String? = nil, servedBy: String? = nil,
      demands: @escaping @Sendable ([String: ParameterValue]) -> MergeDemands = { _ in MergeDemands() },
      problem: @escaping Check = { _, _ in nil }
    ) {
      self.name = name
      self.parameters = parameters
      self.rule = rule ?? name
      self.servedBy = servedBy
      self.demands = demands
      self.problem = problem
    }

    /// What it asks for where nobody sets anything.
    var usualDemands: MergeDemands {
      demands(Dictionary(parameters.map { ($0.name, $0.defaultValue) }) { first, _ in first })
    }

    /// Whether ranges of another method's parameters can stand beside it.
    var takesRanges: Bool { usualDemands.search?.tried != nil }
  }

  /// A kind of task: what there is to know before any of its data are read, and how its predictions are made.
  public struct Kind: Sendable {
    /// What is to be known of its tasks.
    public var outline: KindOutline
    /// How a task's predictions are made, by its head and its labels.
    public var readout: @Sendable (TaskSpec) -> ReadoutOutline

    /// The word in a manifest.
    public var name: String { outline.kind.rawValue }

    /// Makes a word.
    public init(_ outline: KindOutline, readout: @escaping @Sendable (TaskSpec) -> ReadoutOutline) {
      self.outline = outline
      self.readout = readout
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

  /// The kinds of task.
  public var kinds: [Kind]
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
    kinds: [Kind], methods: [Method], metrics: [Metric], samplingRules: [SamplingRule],
    generatorForms: [String],
    generatedTasks: @escaping @Sendable (String) -> TaskSpec?
  ) {
    self.kinds = kinds
    self.methods = methods
    self.metrics = metrics
    self.samplingRules = samplingRules
    self.generatorForms = generatorForms
    self.generatedTasks = generatedTasks
  }

  /// A kind that was read from a manifest by these words.
  func kind(_ kind: TaskKind) -> Kind {
    guard let row = kinds.first(where: { $0.outline.kind == kind }) else {
      preconditionFailure("no kind of task '\(kind)'")
    }
    return row
  }

  /// The names of the metrics that measure a kind.
  func metrics(of kind: TaskKind) -> [String] { metrics.filter { $0.kinds.contains(kind) }.map(\.name) }

  /// The merge method of that name.
  func method(_ name: String) -> Method? { methods.first { $0.name == name } }

  /// The sampling rule of that name.
  func samplingRule(_ name: String) -> SamplingRule? { samplingRules.first { $0.name == name } }
}
