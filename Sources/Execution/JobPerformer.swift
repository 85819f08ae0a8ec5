internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging
internal import Models
public import Specs
internal import Tasks
internal import Tokenizers
internal import Training

/// Does jobs in this process, one after the other, and keeps what the next one will need again: the base, tokenised
/// examples, label embeddings, states below the lowest adapter, the model that was evaluated last.
public final class JobPerformer {
  private let store: JobStore
  private var locations: [String: String] = [:]
  private let workspaces: [Workspace]
  private let frozen = FrozenStateCache()
  private var bases: [String: BaseModel] = [:]
  private var tokenized = ByteLimitedCache<[TokenizedExample]>(limit: WorkLimits.tokenizedBytes)
  private var heads: [String: TaskHead] = [:]
  /// The model that was evaluated last: an adapter belongs to one base.
  private var model: (adapter: JobID, weights: EncoderWeights, lowestLayer: Int)?
  /// Processor seconds that the present job has spent in arithmetic.
  private var arithmeticSeconds = 0.0

  /// Tells how far a job is: a share of 1 and a word.
  public typealias Progress = (Double, String) throws -> Void

  /// Works for one store.
  ///
  /// - Parameter threads: Threads that share the arithmetic of a job; their number changes no result.
  public init(store: JobStore, threads: Int = 1) {
    self.store = store
    workspaces = (0..<threads).map { _ in Workspace() }
  }

  /// Learns where files lie: SHA-256 → path of data files and base folders.
  public func add(locations: [String: String]) {
    self.locations.merge(locations) { _, new in new }
  }

  /// Does a job and commits it to the store; where it fails nothing is left but the error.
  ///
  /// - Parameters:
  ///   - predictedSeconds: Goes into the record of costs as it is.
  ///   - exclusively: Runs the making of the attempt's folder, for callers whose other threads remove such folders.
  public func perform(
    _ spec: JobSpec, id: JobID, worker: String, predictedSeconds: Double? = nil,
    exclusively: (() -> Void) -> Void = { $0() }, progress: Progress
  ) throws -> JobCost {
    let cpu = MachineFacts.cpuSeconds
    arithmeticSeconds = 0
    MachineFacts.forgetPeak()
    let wall = DispatchTime.now().uptimeNanoseconds
    var begun: Result<URL, any Error>?
    exclusively { begun = Result { try store.beginAttempt(id) } }
    guard let begun else { preconditionFailure("the attempt was not begun") }
    let attempt: URL
    do { attempt = try begun.get() } catch {
      throw FileProblem.explained(error, attempt: nil, store: store.root)
    }
    do {
      let result = try perform(spec, into: attempt, progress: progress)
      let cost = JobCost(
        cpuSeconds: MachineFacts.cpuSeconds - cpu, arithmeticSeconds: arithmeticSeconds,
        wallSeconds: Double(DispatchTime.now().uptimeNanoseconds - wall) / 1e9,
        peakResidentMegabytes: MachineFacts.peakResidentMegabytes, worker: worker,
        machine: MachineFacts.machineAndKernel, predictedSeconds: predictedSeconds)
      try store.commit(attempt, as: id, spec: spec, result: result, cost: cost)
      return cost
    } catch {
      try? FileManager.default.removeItem(at: attempt)
      throw FileProblem.explained(error, attempt: attempt, store: store.root)
    }
  }

  private func perform(_ spec: JobSpec, into folder: URL, progress: Progress) throws -> JobResult {
    switch spec {
    case .pretrain(let spec): .pretrain(try pretrain(spec, into: folder, progress: progress))
    case .train(let job): .train(try train(job, into: folder, progress: progress))
    case .merge(let job): .merge(try merge(job, into: folder))
    case .evaluate(let job): .evaluate(try evaluate(job, into: folder, progress: progress))
    }
  }

  /// Does a piece of arithmetic and counts its processor time.
  private func counted<Result>(_ arithmetic: () throws -> Result) rethrows -> Result {
    let start = MachineFacts.cpuSeconds
    defer { arithmeticSeconds += MachineFacts.cpuSeconds - start }
    return try arithmetic()
  }

  // MARK: Pretraining

  private func pretrain(_ spec: PretrainSpec, into folder: URL, progress: Progress) throws -> TrainResult {
    let corpus = GeneratedSuite.corpus(world: spec.world, sentences: spec.sentences, seed: spec.seed)
    let vocabulary = WordPieceVocabulary.train(corpus, limit: 4000)
    let json = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: true)
    let tokenizer = try Tokenizer(json: json, path: "tokenizer.json")
    let pretrainer = Pretrainer(spec: spec, tokenizer: tokenizer, corpus: corpus, positions: 64)
    let (result, curve) = try counted {
      try pretrainer.run { share, point in try progress(share, "loss \(rounded(point.loss))") }
    }
    try BaseFolder.write(pretrainer.weights, tokenizerJSON: json, to: folder.appendingPathComponent("model"))
    try write(curve, to: folder)
    return result
  }

  // MARK: Training

  private func train(_ job: TrainJob, into folder: URL, progress: Progress) throws -> TrainResult {
    let base = try base(job.base)
    let maxTokens = base.maxTokens(job.training.maxTokens)
    var tasks = try job.tasks.map { task in
      TrainingTask(
        task: task, train: try examples(task, .train, base: job.base, maxTokens: maxTokens),
        validation: job.training.validateEvery > 0
          ? try examples(task, .validation, base: job.base, maxTokens: maxTokens) : [])
    }
    model = nil
    try keepStates(of: &tasks, job, base, maxTokens: maxTokens)
    let trainer = try Trainer(base: base, tasks: tasks, job: job, workspaces: workspaces)
    let trained = try counted {
      try trainer.run { share, point in try progress(share, "loss \(rounded(point.loss))") }
    }
    try PEFTAdapter.write(
      trained.parameters.adapter(
        name: "adapter", alpha: job.adapter.alpha, dropout: job.adapter.dropout, rslora: job.adapter.rslora,
        targets: job.adapter.targets), to: folder.appendingPathComponent("adapter").path, layers: layers(base)
    )
    try HeadFile.write(trained.heads, to: folder)
    try write(trained.curve, to: folder)
    return trained.result
  }

  /// Gives the tasks what enters the adapter's lowest block, where that pays.
  private func keepStates(
    of tasks: inout [TrainingTask], _ job: TrainJob, _ base: BaseModel, maxTokens: Int
  ) throws {
    let lowest = try base.weights.shape.sites(targets: job.adapter.targets).map(\.layer).min() ?? 0
    let rows = tasks.reduce(0) { $0 + $1.train.count }
    let tokens = tasks.reduce(0) { $0 + $1.train.reduce(0) { $0 + $1.ids.count } }
    guard lowest > 0, job.budget.drawsWholeSets(rows: rows, tokens: tokens, job.training) else { return }
    let sets = try tasks.map { task in
      (try key(task.task, .train, base: job.base, maxTokens: maxTokens), task.train)
    }
    let states = counted {
      frozen.states(sets, below: lowest, of: base.weights, workspaces: workspaces)
    }
    for (index, states) in (states ?? []).enumerated() { tasks[index].states = states }
  }

  /// The base's linear layers as PEFT sees them: with the pooler, which a short target like `dense` would name too.
  private func layers(_ base: BaseModel) -> [String] {
    base.weights.shape.sites.map(\.path) + ["pooler.dense"]
  }

  private func write(_ curve: [CurvePoint], to folder: URL) throws {
    var text = "step,loss,learning_rate,gradient_norm,validation\n"
    for point in curve {
      let validation = point.validation.map { "\($0)" } ?? ""
      text += "\(point.step),\(point.loss),\(point.learningRate),\(point.gradientNorm),\(validation)\n"
    }
    try Data(text.utf8).write(to: folder.appendingPathComponent("curve.csv"))
  }

  // MARK: Merging

  private func merge(_ job: MergeJob, into folder: URL) throws -> MergeResult {
    let adapters = try job.inputs.map {
      try PEFTAdapter.read(store.folder($0).appendingPathComponent("adapter").path)
    }
    let method = try MergeMethods.all.entry(named: job.method)
    let parameters = try Parameters(
      job.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let merged = try counted {
      try AdapterMerger.merge(
        adapters, weights: job.weights, method: method, parameters: parameters, seed: job.seed)
    }
    let target = folder.appendingPathComponent("adapter")
    try PEFTAdapter.write(merged.adapter, to: target.path)
    let file = target.appendingPathComponent("adapter_model.safetensors")
    let bytes = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
    return MergeResult(
      sites: merged.sites.map {
        Specs.MergedSite(site: $0.path, rank: $0.rank, retainedEnergy: $0.retainedEnergy, norm: $0.norm)
      }, bytes: bytes ?? 0)
  }

  // MARK: Evaluation

  private func evaluate(_ job: EvaluateJob, into folder: URL, progress: Progress) throws -> EvaluateResult {
    let base = try base(job.base)
    let maxTokens = base.maxTokens(job.maxTokens)
    let examples = try examples(job.task, job.split, base: job.base, maxTokens: maxTokens)
    let head = try head(job, base)
    let (weights, lowest) = try job.adapter.map { try folded($0, into: base) } ?? (base.weights, 0)
    let evaluator = Evaluator(weights: weights, pooling: base.pooling)
    let set = try key(job.task, job.split, base: job.base, maxTokens: maxTokens)
    let predictions = try counted {
      let states = frozen.states([(set, examples)], below: lowest, of: base.weights, workspaces: workspaces)
      return try evaluator.predict(
        examples, head: head, states: states?.first, workspaces: workspaces
      ) { done in
        try progress(Double(done) / Double(examples.count), "")
      }
    }
    let targets = examples.map(\.target)
    try PredictionFile.write(predictions, targets, task: job.task, split: job.split, to: folder)
    return EvaluateResult(
      n: examples.count, tokens: examples.reduce(0) { $0 + $1.ids.count },
      metrics: try job.task.scores(predictions, targets))
  }

  /// The base's weights with an adapter in them; kept for the next evaluation, which is mostly of the same model.
  private func folded(_ adapter: JobID, into base: BaseModel) throws -> (EncoderWeights, lowestLayer: Int) {
    if let kept = model, kept.adapter == adapter { return (kept.weights, kept.lowestLayer) }
    // The old copy goes before the new one comes.
    model = nil
    let folder = store.folder(adapter).appendingPathComponent("adapter").path
    let read = try PEFTAdapter.read(folder)
    let weights = try base.weights.folding(read)
    let changed = weights.shape.sites.filter { (read.site($0.path)?.rank ?? 0) > 0 }
    let lowest = changed.map(\.layer).min() ?? 0
    model = (adapter, weights, lowest)
    return (weights, lowest)
  }

  // MARK: What jobs share

  private func head(_ job: EvaluateJob, _ base: BaseModel) throws -> TaskHead {
    if job.task.head == .linear {
      guard let id = job.head else { throw Diagnostic("no trained head for task '\(job.task.name)'") }
      return try HeadFile.read(store.folder(id), task: job.task)
    }
    let key = try StableHash.hex(of: [
      try StableHash.hex(of: job.base), try StableHash.hex(of: job.task), "\(job.labelScale)",
    ])
    if let head = heads[key] { return head }
    let head = TaskHead(
      task: job.task, head: base.labelHead(job.task, scale: job.labelScale, workspace: workspaces[0]))
    heads[key] = head
    return head
  }

  private func base(_ spec: BaseSpec) throws -> BaseModel {
    let folder: String
    switch spec {
    case .folder(let sha256): folder = try location(sha256, what: "base")
    case .pretrained(let id): folder = store.folder(id).appendingPathComponent("model").path
    }
    if let base = bases[folder] { return base }
    let base = try BaseFolder.open(folder)
    bases[folder] = base
    return base
  }

  private func examples(
    _ task: TaskSpec, _ split: Split, base spec: BaseSpec, maxTokens: Int
  ) throws -> [TokenizedExample] {
    let key = try key(task, split, base: spec, maxTokens: maxTokens)
    if let known = tokenized.value(key) { return known }
    let tokenizer = try base(spec).tokenizer
    let examples = try TaskLoader.load(task, split: split) { locations[$0] }
    let ready = examples.map { TokenizedExample($0, tokenizer: tokenizer, maxTokens: maxTokens) }
    // Ids and types, and what the lists around them take.
    let bytes = ready.reduce(0) { $0 + 8 * ($1.ids.count + $1.wordStarts.count) + 200 }
    tokenized.insert(ready, key, bytes: bytes)
    return ready
  }

  /// A name for the examples of a task and split as a base reads them.
  private func key(_ task: TaskSpec, _ split: Split, base: BaseSpec, maxTokens: Int) throws -> String {
    try StableHash.hex(
      of: [try StableHash.hex(of: task), split.rawValue, try StableHash.hex(of: base), "\(maxTokens)"])
  }

  private func location(_ sha256: String, what: String) throws -> String {
    guard let path = locations[sha256] else {
      throw Diagnostic("nobody said where the \(what) \(sha256.prefix(12))… lies")
    }
    return path
  }
}

/// Three decimals, for progress lines.
private func rounded(_ value: Double) -> String {
  String(format: "%.3f", value)
}
