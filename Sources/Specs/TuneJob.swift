public import Basics

/// Learn how to merge: coefficients by gradients, or parameters and weights by search, on validation or training data.
///
/// It has no way to name test data: what it reads is a `TuningSplit`, which its method's demands say, and its tasks come without
/// their test files.
public struct TuneJob: Sendable, Hashable, Codable {
  /// What the merged adapter sits on while it is tried.
  @Hashed public var base: BaseSpec
  /// A row of the merge methods that learns or searches.
  public var method: String
  /// All parameters of the method, defaults filled in.
  @Hashed public var parameters: [String: ParameterValue]
  /// The training jobs whose adapters are merged, sorted by the names of their tasks.
  public var inputs: [JobID]
  /// One weight for each input.
  public var weights: [Double]
  /// The tasks that the inputs learned, sorted by name.
  @Hashed public var tasks: [TuneTask]
  /// What a search tries, in the manifest's order; empty for the method's own ranges.
  @Hashed public var over: [SearchRange]
  /// Longer inputs are cut to so many tokens.
  public var maxTokens: Int
  /// The factor on the cosines of label heads; nil, and not written, where all heads are linear.
  public var labelScale: Double?
  /// Names the random streams.
  public var seed: Int

  /// Makes the job.
  public init(
    base: BaseSpec, method: String, parameters: [String: ParameterValue], inputs: [JobID], weights: [Double],
    tasks: [TuneTask], over: [SearchRange] = [], maxTokens: Int, labelScale: Double?, seed: Int
  ) {
    self.init(
      base: Hashed(base), method: method, parameters: Hashed(parameters), inputs: inputs, weights: weights,
      tasks: Hashed(tasks), over: Hashed(over), maxTokens: maxTokens, labelScale: labelScale, seed: seed)
  }

  /// Makes the job of parts that are hashed already.
  public init(
    base: Hashed<BaseSpec>, method: String, parameters: Hashed<[String: ParameterValue]>, inputs: [JobID],
    weights: [Double], tasks: Hashed<[TuneTask]>, over: Hashed<[SearchRange]>, maxTokens: Int,
    labelScale: Double?, seed: Int
  ) {
    _base = base
    self.method = method
    _parameters = parameters
    self.inputs = inputs
    self.weights = weights
    _tasks = tasks
    _over = over
    self.maxTokens = maxTokens
    self.labelScale = labelScale
    self.seed = seed
  }
}

extension TuningSplit {
  /// The same among all splits.
  public var split: Split {
    switch self {
    case .validation: .validation
    case .train: .train
    }
  }
}

/// A task on which a merge is tuned.
public struct TuneTask: Sendable, Hashable, Codable {
  /// The task as `TaskSpec.reduced` has it: without its test data.
  public var task: TaskSpec
  /// The place among the job's inputs of the model that is taken as the task's expert: its single where there is one.
  public var expert: Int
  /// The training job whose linear head is used; nil for label heads.
  public var head: JobID?

  /// Makes a task.
  public init(task: TaskSpec, expert: Int, head: JobID?) {
    self.task = task
    self.expert = expert
    self.head = head
  }
}

/// A parameter that a search moves.
public struct SearchRange: Sendable, Hashable, Codable {
  /// The parameter's name.
  public var name: String
  /// The least value.
  public var from: Double
  /// The largest value.
  public var to: Double

  /// Makes a range.
  public init(name: String, from: Double, to: Double) {
    self.name = name
    self.from = from
    self.to = to
  }
}

/// What a tuning did.
public struct TuneResult: Sendable, Hashable, Codable {
  /// What the merge that it ended with kept.
  public var merged: MergeResult
  /// Steps of the optimiser, or trials of the search.
  public var rounds: Int
  /// Numbers that were learned or searched.
  public var trainable: Int
  /// Rows that it may read, over all tasks.
  public var examples: Int
  /// What `start` and `end` measure: `entropy`, `jensen_shannon`, `cross_entropy` or `normalised_score`.
  public var measure: String
  /// The measure over all those rows before the first round; of a search that of its first trial that was not refused.
  public var start: Double
  /// The same at the end: of what was learned before it is cut to a rank, or of the trial that is kept.
  public var end: Double

  /// Makes a result.
  public init(
    merged: MergeResult, rounds: Int, trainable: Int, examples: Int, measure: String, start: Double,
    end: Double
  ) {
    self.merged = merged
    self.rounds = rounds
    self.trainable = trainable
    self.examples = examples
    self.measure = measure
    self.start = start
    self.end = end
  }
}
