internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Machine
internal import Merging
internal import Models
internal import Outlines
public import Specs
internal import Tasks
internal import Tokenizers
internal import Training

/// Does jobs in this process, one after the other, and keeps what the next one will need again: the base, tokenised
/// examples, label embeddings, states below the lowest adapter, the model that predicted last.
public final class JobPerformer {
  let store: JobStore
  private(set) var locations: [String: String] = [:]
  let workspaces: [Workspace]
  private let weights: SharedWeights
  private let hashes: FileHashes
  private(set) var frozen = FrozenStateCache()
  private var bases: [String: BaseModel] = [:]
  private var tokenized = ByteLimitedCache<TokenizedRows>(limit: WorkLimits.tokenizedBytes)
  /// By the base alone, of sets of examples.
  var pooled = ByteLimitedCache<Matrix>(limit: WorkLimits.pooledBytes)
  private var heads: [String: TaskHead] = [:]
  /// Hash → folder of the bases of files that the present job read.
  private var readBases: [String: String] = [:]
  /// Jobs whose files were found to be as they were written.
  private var intact: Set<JobID> = []
  /// The model that predicted last: an adapter belongs to one base.
  var model: (adapter: JobID, network: any Network, lowestLayer: Int)?
  /// The model of several parts that was read last.
  var readModel: (merge: JobID, model: RoutedModel)?
  /// Processor seconds that the present job has spent in arithmetic.
  private var arithmeticSeconds = 0.0

  /// Tells how far a job is: a share of 1 and a word.
  public typealias Progress = (Double, String) throws -> Void

  /// Works for one store.
  ///
  /// - Parameters:
  ///   - threads: Threads that share the arithmetic of a job; their number changes no result.
  ///   - weights: What processes share of bases.
  ///   - facts: Where the hashes of bases are remembered, which are looked at before and after each job.
  public init(
    store: JobStore, threads: Int = 1, weights: SharedWeights = .none,
    facts: FactsCache = FactsCache(folder: nil)
  ) {
    hashes = FileHashes(facts)
    self.store = store
    self.weights = weights
    workspaces = (0..<threads).map { _ in Workspace() }
  }

  /// Learns where files lie: SHA-256 → path of data files and base folders.
  public func add(locations: [String: String]) {
    self.locations.merge(locations) { _, new in new }
  }

  /// Does a job and commits it to the store; where it fails nothing is left but the error.
  ///
  /// - Parameters:
  ///   - attempt: The token of the lease under which it is done.
  ///   - run: Who has the lease; goes into the record of costs as it is, as `predictedSeconds` does.
  ///   - exclusively: Runs the making of the attempt's folder and its commit, for callers whose other threads remove such
  ///     folders: one that is being removed must not become a result.
  public func perform(
    _ spec: JobSpec, id: JobID, attempt token: String = "alone", worker: String, run: String? = nil,
    predictedSeconds: Double? = nil,
    exclusively: (() -> Void) -> Void = { $0() }, progress: Progress
  ) throws -> JobCost {
    let cpu = MachineFacts.cpuSeconds
    arithmeticSeconds = 0
    readBases = [:]
    MachineFacts.forgetPeak()
    let watch = Stopwatch()
    var begun: Result<URL, any Error>?
    exclusively { begun = Result { try store.beginAttempt(id, token) } }
    guard let begun else { preconditionFailure("the attempt was not begun") }
    let attempt: URL
    do { attempt = try begun.get() } catch {
      throw FileProblem.explained(error, attempt: nil, store: store.root)
    }
    do {
      let result = try perform(spec, into: attempt, progress: progress)
      try checkBases()
      let cost = JobCost(
        cpuSeconds: MachineFacts.cpuSeconds - cpu, arithmeticSeconds: arithmeticSeconds,
        wallSeconds: watch.seconds,
        peakResidentMegabytes: MachineFacts.peakResidentMegabytes, worker: worker, run: run,
        machine: MachineFacts.machineAndKernel, libraries: libraries(of: spec),
        predictedSeconds: predictedSeconds)
      var committed: Result<Void, any Error>?
      exclusively {
        committed = Result {
          try store.commit(attempt, as: id, spec: spec, result: result, cost: cost, under: token)
        }
      }
      guard let committed else { preconditionFailure("the attempt was not committed") }
      try committed.get()
      return cost
    } catch {
      try? FileManager.default.removeItem(at: attempt)
      throw FileProblem.explained(error, attempt: attempt, store: store.root)
    }
  }

  private func perform(_ spec: JobSpec, into folder: URL, progress: Progress) throws -> JobResult {
    switch spec {
    case .pretrain(let spec): .pretrain(try pretrain(spec, into: folder, progress: progress))
    case .probe(let job): .probe(try probe(job, into: folder, progress: progress))
    case .train(let job): .train(try train(job, into: folder, progress: progress))
    case .statistics(let job): .statistics(try measure(job, into: folder, progress: progress))
    case .merge(let job): .merge(try merge(job, into: folder, progress: progress))
    case .tune(let job): .tune(try tune(job, into: folder, progress: progress))
    case .guess(let job): .guess(try guess(job, into: folder))
    case .predict(let job): .predict(try predict(job, into: folder, progress: progress))
    }
  }

  /// What did the arithmetic of a job.
  private func libraries(of spec: JobSpec) -> [String: String] {
    var libraries = ["blas": BLASRuntime.configuration.trimmingCharacters(in: .whitespaces)]
    if spec.productPrecision == .bfloat16, let library = try? OneDNN.shared.get() {
      libraries["onednn"] = library.version
    }
    return libraries
  }

  /// Does a piece of arithmetic and counts its processor time.
  func counted<Result>(_ arithmetic: () throws -> Result) rethrows -> Result {
    let start = MachineFacts.cpuSeconds
    defer { arithmeticSeconds += MachineFacts.cpuSeconds - start }
    return try arithmetic()
  }

  // MARK: What jobs share

  /// Writes `curve.csv`.
  func write(_ curve: [CurvePoint], to folder: URL) throws {
    var text = "step,loss,learning_rate,gradient_norm,validation\n"
    for point in curve {
      let validation = point.validation.map { "\($0)" } ?? ""
      text += "\(point.step),\(point.loss),\(point.learningRate),\(point.gradientNorm),\(validation)\n"
    }
    try Data(text.utf8).write(to: folder.appendingPathComponent("curve.csv"))
  }

  /// The head of a task: that of a training job, one of label descriptions, or the base's own words.
  ///
  /// - Parameter precision: What products with the matrix that makes logits read.
  func head(
    _ task: Hashed<TaskSpec>, of trained: JobID?, base spec: Hashed<BaseSpec>, labelScale: Double?,
    _ precision: Precision = .float32
  ) throws -> TaskHead {
    let (name, kind) = (task.wrappedValue.name, task.wrappedValue.head)
    switch kind {
    case .linear:
      guard let trained else { throw Diagnostic("no trained head for task '\(name)'") }
      return try reading(trained) { try HeadFile.read($0, task: task.wrappedValue) }
    case .answers:
      return TaskHead(task: task.wrappedValue, head: try base(spec.wrappedValue, precision).answerHead)
    case .labels: break
    }
    guard let labelScale else { throw Diagnostic("no scale for the label head of task '\(name)'") }
    let key = "\(spec.hex) \(task.hex) \(labelScale)"
    if let head = heads[key] { return head }
    let base = try describingBase(spec.wrappedValue)
    let head = TaskHead(
      task: task.wrappedValue,
      head: base.labelHead(task.wrappedValue, scale: labelScale, workspace: workspaces[0]))
    heads[key] = head
    return head
  }

  /// A base as products of some precision read it; kept, one for each.
  func base(_ spec: BaseSpec, _ precision: Precision) throws -> BaseModel {
    let folder = try folder(of: spec)
    let key = "\(precision) \(folder)"
    if let base = bases[key] { return base }
    let base = try opened(spec, precision)
    bases[key] = base
    return base
  }

  /// The base that reads descriptions of labels: where passes read bf16 it is let go at once, as each page of floats that was
  /// read would stay this process's.
  private func describingBase(_ spec: BaseSpec) throws -> BaseModel {
    let isRounded = bases["\(Precision.bfloat16) \(try folder(of: spec))"] != nil
    return isRounded ? try opened(spec, .float32) : try base(spec, .float32)
  }

  private func opened(_ spec: BaseSpec, _ precision: Precision) throws -> BaseModel {
    let folder = try folder(of: spec)
    switch spec {
    case .folder(let sha256):
      // Before, so that nothing is made of a base under the hash of another one; after it, `checkBases` looks again.
      try hashes.check(base: folder, is: sha256)
      return try BaseFolder.open(folder, sha256: sha256, precision, weights)
    case .pretrained(let id):
      // Small, and not known by its bytes.
      return try reading(id) { _ in try BaseFolder.open(folder, sha256: "", precision, .none) }
    }
  }

  /// Where a base lies; one that is known by its bytes is looked at again when the job is done.
  private func folder(of spec: BaseSpec) throws -> String {
    switch spec {
    case .folder(let sha256):
      let folder = try location(sha256, what: "base")
      readBases[sha256] = folder
      return folder
    case .pretrained(let id): return store.folder(id).appendingPathComponent("model").path
    }
  }

  /// The examples of a split of a task, with the row and the text of each, as the base's tokeniser reads them.
  ///
  /// - Parameters:
  ///   - maxTokens: What longer texts are cut to: no more than the base reads, which the plan saw to.
  ///   - isScored: Whether predictions of them are scored, which takes their groups.
  ///   - areLearnt: Whether they teach what is right; otherwise they ask.
  func rows(
    _ task: TaskSpec, _ split: Split, base: Hashed<BaseSpec>, maxTokens: Int, isScored: Bool = false,
    areLearnt: Bool = false
  ) throws -> TokenizedRows {
    let read = isScored ? task.scored(split) : task.reduced(to: [split])
    var key = RowsKey(Hashed(read), split, base: base, maxTokens: maxTokens)
    key.areLearnt = areLearnt
    return try rows(key)
  }

  /// The same by their name.
  func rows(_ key: RowsKey) throws -> TokenizedRows {
    if let known = tokenized.value(key.text) { return known }
    let base = try base(key.base.wrappedValue, .float32)
    precondition(
      key.maxTokens <= base.network.outline.limits.positions, "the base does not read \(key.maxTokens) tokens"
    )
    let read = try TaskLoader.rows(key.task.wrappedValue, split: key.split) { locations[$0] }
    var seen = read.examples
    if let hidden = key.hides {
      guard let task = key.task.wrappedValue.hiding(hidden) else {
        throw Diagnostic(
          "nothing of task '\(key.task.wrappedValue.name)' is left to read without '\(hidden)'")
      }
      // What is left of a row may be blank.
      seen = try TaskLoader.rows(task, split: key.split, allowsBlank: true) { locations[$0] }.examples
    }
    let ready = TokenizedRows(
      examples: base.rows(
        seen, of: key.task.wrappedValue, maxTokens: key.maxTokens, areLearnt: key.areLearnt),
      numbers: read.numbers, texts: read.examples.map(\.textHash))
    // Ids and types, and what the lists around them take.
    let bytes = ready.examples.reduce(0) {
      $0 + 8 * ($1.ids.count + $1.wordStarts.count) + 16 * ($1.answers?.count ?? 0) + 220
    }
    tokenized.insert(ready, key.text, bytes: bytes)
    return ready
  }

  /// Reads what another job left, which must be as it wrote it; every byte is looked at once for each job.
  ///
  /// - Throws: a `Diagnostic` that says how to get it anew.
  func reading<Value>(_ id: JobID, _ read: (URL) throws -> Value) throws -> Value {
    if !intact.contains(id) {
      if let damage = store.damage(id, .bytes) { throw damage }
      intact.insert(id)
    }
    let folder = store.folder(id)
    do { return try read(folder) } catch var problem as Diagnostic
      where problem.place?.file.hasPrefix(folder.path) ?? false
    {
      // What would mend a file of the user's own does not mend one of the store.
      problem.hint = "remove the folder \(folder.path) and run again, which does the job anew"
      throw problem
    }
  }

  /// Refuses a result for which a base was read that is another one by now: its files are mapped, and what is written over
  /// them is read at once.
  private func checkBases() throws {
    for (sha256, folder) in readBases.sorted(by: { $0.key < $1.key }) {
      do {
        try hashes.check(base: folder, is: sha256)
        try weights.check(sha256)
      } catch {
        // All that was read or made of it may be wrong, in the files that processes share too.
        weights.forget(sha256)
        (bases, heads, model, readModel) = ([:], [:], nil, nil)
        tokenized = ByteLimitedCache(limit: WorkLimits.tokenizedBytes)
        pooled = ByteLimitedCache(limit: WorkLimits.pooledBytes)
        frozen = FrozenStateCache()
        throw error
      }
    }
  }

  private func location(_ sha256: String, what: String) throws -> String {
    guard let path = locations[sha256] else {
      throw Diagnostic("nobody said where the \(what) \(sha256.prefix(12))… lies")
    }
    return path
  }
}

/// The examples of one split of a task as a base's tokeniser reads them, by a name: the same examples have the same one,
/// whatever job asks and whatever else stands in its task.
struct RowsKey {
  /// What is read of the task.
  let task: Hashed<TaskSpec>
  let split: Split
  let base: Hashed<BaseSpec>
  let maxTokens: Int
  /// A column that is taken out of the texts.
  var hides: String?
  /// Whether they teach what is right, where a model learns to say it.
  var areLearnt = false

  /// Names a split.
  init(_ task: TaskSpec, _ split: Split, base: Hashed<BaseSpec>, maxTokens: Int) {
    self.init(Hashed(task.reduced(to: [split])), split, base: base, maxTokens: maxTokens)
  }

  /// The same of a task that holds nothing but what is read of the split.
  init(_ task: Hashed<TaskSpec>, _ split: Split, base: Hashed<BaseSpec>, maxTokens: Int) {
    self.task = task
    self.split = split
    self.base = base
    self.maxTokens = maxTokens
  }

  var text: String {
    "\(base.hex) \(task.hex) \(split.rawValue) \(maxTokens)" + (hides.map { " without \($0)" } ?? "")
      + (areLearnt ? " learnt" : "")
  }

  /// A name for what passes make of them, which depends on what products read.
  func states(_ precision: Precision) -> String { "\(text) \(precision.rawValue)" }
}

/// The rows of a split as a model reads them.
struct TokenizedRows {
  var examples: [TokenizedExample]
  /// The number of each in its file, from one.
  var numbers: [Int]
  /// The hash of the text of each.
  var texts: [UInt64]
}

/// Three decimals, for progress lines.
func rounded(_ value: Double) -> String {
  String(format: "%.3f", value)
}
