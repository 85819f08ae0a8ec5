public import Basics

/// What is measured of a model, layer by layer.
public enum Statistic: Sendable, Hashable, Codable {
  /// The uncentred Gram matrix XᵀX ÷ n of the input of every adapted linear layer over n tokens.
  case inputGrams
  /// The diagonal Fisher information of every entry of the adapted weights, the mean over examples.
  ///
  /// `labelScale` is the factor on the cosines of a label head; linear heads are those of the adapter's own training.
  case fisher(labels: FisherLabels, labelScale: Double)

  /// One word for labels and progress.
  public var word: String {
    switch self {
    case .inputGrams: "inputs"
    case .fisher: "fisher"
    }
  }
}

/// Measure one trained model on examples of its own tasks, for merges that need to know its data.
public struct StatisticsJob: Sendable, Hashable, Codable {
  /// What the adapter sits on.
  @Hashed public var base: BaseSpec
  /// The training job whose adapter, and linear heads, are used.
  public var adapter: JobID
  /// The tasks that the adapter learned from, sorted by name, each as `TaskSpec.reduced` has it.
  @Hashed public var tasks: [TaskSpec]
  /// The split that is read.
  public var split: Split
  /// At most so many examples of each task.
  public var rows: Int
  /// Longer inputs are cut to so many tokens.
  public var maxTokens: Int
  /// What is measured.
  public var what: Statistic
  /// Names the random streams of the choice of examples and of drawn labels.
  public var seed: Int

  /// Makes the job.
  public init(
    base: BaseSpec, adapter: JobID, tasks: [TaskSpec], split: Split = .train, rows: Int, maxTokens: Int,
    what: Statistic, seed: Int
  ) {
    self.init(
      base: Hashed(base), adapter: adapter, tasks: Hashed(tasks), split: split, rows: rows,
      maxTokens: maxTokens,
      what: what, seed: seed)
  }

  /// Makes the job of parts that are hashed already.
  public init(
    base: Hashed<BaseSpec>, adapter: JobID, tasks: Hashed<[TaskSpec]>, split: Split = .train, rows: Int,
    maxTokens: Int, what: Statistic, seed: Int
  ) {
    _base = base
    self.adapter = adapter
    _tasks = tasks
    self.split = split
    self.rows = rows
    self.maxTokens = maxTokens
    self.what = what
    self.seed = seed
  }
}

/// The data of the models of a merge, for methods that measure while they merge.
public struct MergeData: Sendable, Hashable, Codable {
  /// What the adapters sit on.
  @Hashed public var base: BaseSpec
  /// The tasks that each input learned from, sorted by name, each as `TaskSpec.read` has it.
  @Hashed public var tasks: [[TaskSpec]]
  /// The split that is read.
  public var split: Split
  /// At most so many examples of each task.
  public var rows: Int
  /// Longer inputs are cut to so many tokens.
  public var maxTokens: Int

  /// Names the data.
  public init(
    base: BaseSpec, tasks: [[TaskSpec]], split: Split = .train, rows: Int, maxTokens: Int
  ) {
    self.init(base: Hashed(base), tasks: Hashed(tasks), split: split, rows: rows, maxTokens: maxTokens)
  }

  /// Names the data by parts that are hashed already.
  public init(
    base: Hashed<BaseSpec>, tasks: Hashed<[[TaskSpec]]>, split: Split = .train, rows: Int, maxTokens: Int
  ) {
    _base = base
    _tasks = tasks
    self.split = split
    self.rows = rows
    self.maxTokens = maxTokens
  }
}

/// What a measurement read and left.
public struct StatisticsResult: Sendable, Hashable, Codable {
  /// Examples.
  public var examples: Int
  /// Real tokens read.
  public var tokens: Int
  /// Matrices in `statistics.safetensors`.
  public var matrices: Int
  /// Bytes of that file.
  public var bytes: Int

  /// Makes a result.
  public init(examples: Int, tokens: Int, matrices: Int, bytes: Int) {
    self.examples = examples
    self.tokens = tokens
    self.matrices = matrices
    self.bytes = bytes
  }
}
