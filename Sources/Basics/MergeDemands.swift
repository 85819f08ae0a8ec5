/// What a merge with its parameters set asks of the experiment that it stands in, as its method tells it.
///
/// Whoever plans a merge reads this and no parameter of a method by its name.
public struct MergeDemands: Sendable, Hashable {
  /// A value with the key of the manifest that sets it, for messages.
  public struct Setting<Value: Sendable & Hashable>: Sendable, Hashable {
    /// The word in a manifest.
    public var key: String
    /// What it is set to.
    public var value: Value

    /// Joins the two.
    public init(_ key: String, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// What is asked for beside trained models.
  public enum Need: Sendable, Hashable {
    /// Nothing: the changes of the weights are enough.
    case changes
    /// Something measured of every model, on examples of its own tasks.
    case measured(Measured)
    /// Training texts of every model's tasks, at most so many of each, for a gate or a correction.
    case texts(rows: Int)
    /// Merges that are tried on examples.
    case tuned(Tuning)
    /// Models that are trained for this merge.
    case trained(Trained)
  }

  /// What is measured of a model.
  public struct Measured: Sendable, Hashable {
    /// What.
    public var what: MergeEvidence
    /// At most so many training examples of each of its tasks.
    public var rows: Int
    /// Over whose labels, of a Fisher information.
    public var labels: FisherLabels

    /// Makes a description.
    public init(_ what: MergeEvidence, rows: Int, labels: FisherLabels = .model) {
      self.what = what
      self.rows = rows
      self.labels = labels
    }
  }

  /// How merges are tried, and on what.
  public struct Tuning: Sendable, Hashable {
    /// The data that are read.
    public var split: TuningSplit
    /// At most so many rows of each task; 0: all.
    public var rows: Int
    /// What is done with them.
    public var effort: Effort

    /// Makes a description.
    public init(split: TuningSplit = .validation, rows: Int = 0, _ effort: Effort) {
      self.split = split
      self.rows = rows
      self.effort = effort
    }

    /// Whether every task must predict a distribution, not one number, since no labels are read.
    public var needsDistributions: Bool {
      if case .learned(let learning) = effort { !learning.readsLabels } else { false }
    }

    /// Whether the metric that decides for each task is looked at.
    public var readsMetric: Bool {
      if case .searched(let search) = effort { search.readsMetric } else { false }
    }
  }

  /// What trying merges takes.
  public enum Effort: Sendable, Hashable {
    /// Numbers are learned by gradients.
    case learned(Learning)
    /// Merges are made and scored.
    case searched(Search)
  }

  /// Steps of an optimiser.
  public struct Learning: Sendable, Hashable {
    /// How many.
    public var steps: Int
    /// Rows of each task in a step.
    public var batch: Int
    /// How many matrices of the size of all adapted weights it holds beside one of each model; 0: none, nor of models.
    public var fullMatrices: Int
    /// Whether labels are read.
    public var readsLabels: Bool

    /// Makes a description.
    public init(steps: Int, batch: Int, fullMatrices: Int = 0, readsLabels: Bool) {
      self.steps = steps
      self.batch = batch
      self.fullMatrices = fullMatrices
      self.readsLabels = readsLabels
    }
  }

  /// Trials of a search.
  public struct Search: Sendable, Hashable {
    /// How many.
    public var trials: Int
    /// The method whose parameters are moved; nil where none are.
    public var tried: Setting<String>?
    /// Whether the models' weights are moved, where a manifest says so.
    public var movesWeights: Setting<Bool>?
    /// Whether trials are scored by the metric that decides for each task.
    public var readsMetric: Bool

    /// Makes a description.
    public init(
      trials: Int, tried: Setting<String>? = nil, movesWeights: Setting<Bool>? = nil, readsMetric: Bool = true
    ) {
      self.trials = trials
      self.readsMetric = readsMetric
      self.tried = tried
      self.movesWeights = movesWeights
    }
  }

  /// Models that are trained for a merge, and what merges them.
  public struct Trained: Sendable, Hashable {
    /// How.
    public var how: MergeTraining
    /// The method that merges what was trained.
    public var rule: String
    /// That method's parameters.
    public var parameters: [String: ParameterValue]
    /// The same for merges from which training goes on: what shapes the result is for the last one alone, for done in every
    /// round it would be done to its own result.
    public var between: [String: ParameterValue]

    /// Makes a description.
    public init(
      _ how: MergeTraining, rule: String, parameters: [String: ParameterValue] = [:],
      between: [String: ParameterValue] = [:]
    ) {
      self.how = how
      self.rule = rule
      self.parameters = parameters
      self.between = between
    }
  }

  /// Whether the order of the models matters.
  public var isOrdered: Bool
  /// The rank to which every layer of the result is cut; nil where it keeps what the method makes.
  public var rank: Int?
  /// What is asked for beside trained models.
  public var need: Need

  /// Makes a description; what is left out is that of a formula of the changes.
  public init(isOrdered: Bool = false, rank: Int? = nil, _ need: Need = .changes) {
    self.isOrdered = isOrdered
    self.rank = rank
    self.need = need
  }

  /// How merges are tried; nil where none are.
  public var tuning: Tuning? {
    guard case .tuned(let tuning) = need else { return nil }
    return tuning
  }

  /// The search that tries them; nil where there is none.
  public var search: Search? {
    guard case .searched(let search) = tuning?.effort else { return nil }
    return search
  }

  /// The models that are trained for the merge; nil where trained ones are merged.
  public var trained: Trained? {
    guard case .trained(let trained) = need else { return nil }
    return trained
  }
}
