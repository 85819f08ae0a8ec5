public import Basics

/// The base model that a job starts from.
public enum BaseSpec: Sendable, Hashable, Codable {
  /// A Hugging Face folder, known by the SHA-256 over its weights, configuration and tokenizer.
  case folder(sha256: String)
  /// The encoder that a pretraining job of the same graph makes.
  case pretrained(JobID)
}

/// Train one adapter on one cocktail.
public struct TrainJob: Sendable, Hashable, Codable {
  /// What the adapter is trained on.
  @Hashed public var base: BaseSpec
  /// The cocktail's tasks sorted by name, so that moving one in the manifest trains nothing again; each as
  /// `TaskSpec.trained` has it.
  @Hashed public var tasks: [TaskSpec]
  /// How the tasks are mixed; the plain rule for a single, where none makes a difference.
  @Hashed public var sampling: SamplingSpec
  /// When the training ends.
  @Hashed public var budget: BudgetSpec
  /// LoRA settings.
  @Hashed public var adapter: AdapterSpec
  /// Optimiser, batches and stopping.
  @Hashed public var training: TrainingSpec
  /// Names the random streams of starts, order and dropout.
  public var seed: Int
  /// Names that of starts instead; nil, and not written, where `seed` does.
  public var startSeed: Int?
  /// Names those of order and dropout instead; nil, and not written, where `seed` does.
  public var orderSeed: Int?
  /// The merge that it goes on from; nil, and not written, for a training that begins at the base.
  public var start: TrainStart?
  /// Trains an adapter for each task and their mixtures; nil, and not written, for one adapter of all tasks.
  public var ends: EndsSpec?

  /// Makes the job.
  public init(
    base: BaseSpec, tasks: [TaskSpec], sampling: SamplingSpec, budget: BudgetSpec, adapter: AdapterSpec,
    training: TrainingSpec, seed: Int, start: TrainStart? = nil, ends: EndsSpec? = nil
  ) {
    self.init(
      base: Hashed(base), tasks: Hashed(tasks), sampling: Hashed(sampling), budget: Hashed(budget),
      adapter: Hashed(adapter), training: Hashed(training), seed: seed, start: start, ends: ends)
  }

  /// Makes the job of parts that are hashed already.
  public init(
    base: Hashed<BaseSpec>, tasks: Hashed<[TaskSpec]>, sampling: Hashed<SamplingSpec>,
    budget: Hashed<BudgetSpec>, adapter: Hashed<AdapterSpec>, training: Hashed<TrainingSpec>, seed: Int,
    start: TrainStart? = nil, ends: EndsSpec? = nil
  ) {
    _base = base
    _tasks = tasks
    _sampling = sampling
    _budget = budget
    _adapter = adapter
    _training = training
    self.seed = seed
    self.start = start
    self.ends = ends
  }
}

/// Merge some adapters into one.
public struct MergeJob: Sendable, Hashable, Codable {
  /// A row of the merge methods.
  public var method: String
  /// All parameters of the method, defaults filled in.
  @Hashed public var parameters: [String: ParameterValue]
  /// The training jobs whose adapters are merged, sorted by the names of their tasks.
  public var inputs: [JobID]
  /// One weight for each input.
  public var weights: [Double]
  /// Names the random streams of methods that draw.
  public var seed: Int
  /// One measurement for each input, where the method needs them; nil is not written.
  public var statistics: [JobID]?
  /// What the merge itself reads, where the method measures while it merges; nil is not written.
  public var data: MergeData?
  /// Which of the adapters that an input trained together is meant, one for each input; nil, and not written, where an
  /// input has one.
  public var ends: [Int]?

  /// Makes the job.
  public init(
    method: String, parameters: [String: ParameterValue], inputs: [JobID], weights: [Double], seed: Int,
    statistics: [JobID]? = nil, data: MergeData? = nil, ends: [Int]? = nil
  ) {
    self.init(
      method: method, parameters: Hashed(parameters), inputs: inputs, weights: weights, seed: seed,
      statistics: statistics, data: data, ends: ends)
  }

  /// Makes the job of parts that are hashed already.
  public init(
    method: String, parameters: Hashed<[String: ParameterValue]>, inputs: [JobID], weights: [Double],
    seed: Int,
    statistics: [JobID]? = nil, data: MergeData? = nil, ends: [Int]? = nil
  ) {
    self.method = method
    _parameters = parameters
    self.inputs = inputs
    self.weights = weights
    self.seed = seed
    self.statistics = statistics
    self.data = data
    self.ends = ends
  }
}

/// Predict one split of one task with one model.
///
/// What the predictions are worth is no part of it: metrics are computed from what it leaves.
public struct PredictJob: Sendable, Hashable, Codable {
  /// What the adapter sits on.
  @Hashed public var base: BaseSpec
  /// The training, merge or tuning job whose adapter is used; nil takes the base itself.
  public var adapter: JobID?
  /// The task as `TaskSpec.predicted` has it.
  @Hashed public var task: TaskSpec
  /// The split that is read.
  public var split: Split
  /// The training job whose linear head is used; nil for label heads.
  public var head: JobID?
  /// Longer inputs are cut to so many tokens.
  public var maxTokens: Int
  /// The factor on the cosines of a label head; nil, and not written, for a linear head.
  public var labelScale: Double?
  /// What products with frozen weights read; nil, and not written, for floats.
  public var precision: Precision?
  /// A column that is taken out of the texts; nil, and not written, where the model reads all of them.
  public var hides: String?

  /// What products with frozen weights read.
  public var productPrecision: Precision { precision ?? .float32 }

  /// Makes the job.
  public init(
    base: BaseSpec, adapter: JobID?, task: TaskSpec, split: Split, head: JobID?, maxTokens: Int,
    labelScale: Double?, precision: Precision = .float32
  ) {
    self.init(
      base: Hashed(base), adapter: adapter, task: Hashed(task), split: split, head: head,
      maxTokens: maxTokens, labelScale: labelScale, precision: precision)
  }

  /// Makes the job of parts that are hashed already.
  public init(
    base: Hashed<BaseSpec>, adapter: JobID?, task: Hashed<TaskSpec>, split: Split, head: JobID?,
    maxTokens: Int, labelScale: Double?, precision: Precision = .float32, hides: String? = nil
  ) {
    self.precision = precision == .float32 ? nil : precision
    self.hides = hides
    _base = base
    self.adapter = adapter
    _task = task
    self.split = split
    self.head = head
    self.maxTokens = maxTokens
    self.labelScale = labelScale
  }
}

/// One unit of work, with everything that can change its result and nothing else.
public enum JobSpec: Sendable, Hashable, Codable {
  /// Make a tiny base from generated text.
  case pretrain(PretrainSpec)
  /// Fit a head on the base as it is.
  case probe(ProbeJob)
  /// Train one adapter.
  case train(TrainJob)
  /// Measure a trained model on examples of its tasks.
  case statistics(StatisticsJob)
  /// Merge adapters.
  case merge(MergeJob)
  /// Learn or search how to merge adapters.
  case tune(TuneJob)
  /// Answer one split of one task without a model.
  case guess(GuessJob)
  /// Predict one split of one task with one model.
  case predict(PredictJob)

  /// The jobs whose artefacts this one reads, in a fixed order without repeats.
  public var inputs: [JobID] {
    var ids: [JobID] = []
    func add(_ id: JobID?) {
      if let id, !ids.contains(id) { ids.append(id) }
    }
    func add(_ base: BaseSpec) {
      if case .pretrained(let id) = base { add(id) }
    }
    switch self {
    case .pretrain, .guess: break
    case .probe(let job): add(job.base)
    case .train(let job):
      add(job.base)
      add(job.start?.adapter)
      add(job.start?.heads)
    case .statistics(let job):
      add(job.base)
      add(job.adapter)
    case .merge(let job):
      job.inputs.forEach(add)
      job.statistics?.forEach(add)
      if let data = job.data { add(data.base) }
    case .tune(let job):
      add(job.base)
      job.inputs.forEach(add)
      for task in job.tasks { add(task.head) }
    case .predict(let job):
      add(job.base)
      add(job.adapter)
      add(job.head)
    }
    return ids
  }

  /// What products with frozen weights read while the job runs: those that measure, merge and learn merges read floats.
  public var productPrecision: Precision {
    switch self {
    case .train(let job): job.training.productPrecision
    case .predict(let job): job.productPrecision
    case .probe(let job): job.productPrecision
    case .pretrain, .statistics, .merge, .tune, .guess: .float32
    }
  }

  /// The row of the merge methods that the job carries out; nil where it merges nothing.
  public var mergeMethod: String? {
    switch self {
    case .merge(let job): job.method
    case .tune(let job): job.method
    case .pretrain, .probe, .train, .statistics, .guess, .predict: nil
    }
  }

  /// All parameters of that row, defaults filled in; empty where the job merges nothing.
  public var mergeParameters: [String: ParameterValue] {
    switch self {
    case .merge(let job): job.parameters
    case .tune(let job): job.parameters
    case .pretrain, .probe, .train, .statistics, .guess, .predict: [:]
    }
  }

  /// All kinds, in the order in which jobs need each other.
  public static let kinds = ["pretrain", "probe", "train", "statistics", "merge", "tune", "guess", "predict"]

  /// One of `kinds`.
  public var kind: String {
    switch self {
    case .pretrain: "pretrain"
    case .probe: "probe"
    case .train: "train"
    case .statistics: "statistics"
    case .merge: "merge"
    case .tune: "tune"
    case .guess: "guess"
    case .predict: "predict"
    }
  }
}
