internal import Basics
public import LinearAlgebra
public import Models
internal import Outlines
public import Specs
internal import Tasks

/// A task as the trainer reads it.
public struct TrainingTask: Sendable {
  /// The task.
  public var task: TaskSpec
  /// Training examples.
  public var train: [TokenizedExample]
  /// Validation examples; may be empty where the training never validates.
  public var validation: [TokenizedExample]
  /// What enters the adapter's lowest block on the training examples; nil where it is computed in every step.
  public var states: FrozenStates?

  /// Joins the parts.
  public init(
    task: TaskSpec, train: [TokenizedExample], validation: [TokenizedExample], states: FrozenStates? = nil
  ) {
    self.task = task
    self.train = train
    self.validation = validation
    self.states = states
  }
}

/// One step of a loss curve.
public struct CurvePoint: Sendable, Hashable {
  /// Optimiser steps taken, this one counted.
  public var step: Int
  /// Mean loss of the step's rows.
  public var loss: Double
  /// The learning rate of the step.
  public var learningRate: Double
  /// The gradients' norm before clipping.
  public var gradientNorm: Double
  /// The mean of the tasks' first metrics on validation (turned so that more is better), where one was made.
  public var validation: Double?
}

/// What a training leaves.
public struct TrainedAdapter {
  /// The factors of the kept step; of adapters that were trained together side by side, task by task.
  public var parameters: LoRAParameters
  /// The heads of the kept step, in the order of the tasks.
  public var heads: [TaskHead]
  /// Counts.
  public var result: TrainResult
  /// One point a step.
  public var curve: [CurvePoint]
}

/// Trains one adapter, and linear heads where tasks want them, on one cocktail.
///
/// The result is a function of the base's bytes, the examples and the job: batches, starts and dropout come from
/// streams named after the seed, and all sums have a fixed order.
public final class Trainer {
  private let base: BaseModel
  private let tasks: [TrainingTask]
  private let job: TrainJob

  /// What the factors are added to: the base's weights, with those of the starting point where there is one.
  private let frozen: any Network
  private let folded: any Network
  private let parameters: LoRAParameters
  /// Mixes the parameters where there is an adapter for each task.
  private let mixer: EndMixer?
  private let headStorage: Storage
  private let heads: [TaskHead]
  private let total: GradientBlock
  private let lanes: [Lane]
  private let optimiser: AdamW

  /// One for all tasks, or of adapters that are trained together one for each, of which rows are drawn by turns.
  private var samplers: [MixtureSampler]
  private var turn = 0
  private var meter: Meter
  private var tokensDrawn: [Int]
  private var rowsDrawn: [Int]
  /// A draw that did not fit into its batch and opens the next one.
  private var heldOver: (task: Int, example: Int)?
  private var curve: [CurvePoint] = []
  /// The rows drawn for a step, a list for each of its batches, and the parts of one; filled anew by every step.
  private var batches: [[Drawn]]
  private var shards = Shards()
  private var shardsDone = 0

  /// Prepares a training.
  ///
  /// - Parameters:
  ///   - start: What the job's `start` names, where it has one.
  ///   - workspaces: One for each thread that shares a step; their number changes the time and nothing else.
  /// - Throws: a `Diagnostic` for targets that match nothing, a task without examples, a starting point of another base, or
  ///   a mixture that cannot be.
  public init(
    base: BaseModel, tasks: [TrainingTask], job: TrainJob, start: StartingPoint? = nil,
    workspaces: [Workspace] = [Workspace()]
  ) throws {
    precondition((start == nil) == (job.start == nil), "a job and its starting point")
    try Trainer.check(tasks, job)
    self.base = base
    self.tasks = tasks
    self.job = job
    var stream = RandomStream(seed: job.seed, "train")
    // Fresh factors look in other directions than those of the rounds before.
    if let start = job.start { stream = stream.stream("round \(start.earlier.count + 1)") }
    let outline = base.network.outline
    let sites = try outline.chosen(by: job.adapter.layerTargets)
    frozen = try start.map { try base.network.folding($0.adapter) } ?? base.network
    folded = frozen.owning(sites)
    let scale = Float(job.adapter.scale)
    let adapters = job.ends == nil ? 1 : tasks.count
    let trained = LoRAParameters(
      sites: sites, rank: adapters * job.adapter.rank, scale: scale)
    parameters = trained
    parameters.initialise(stream.stream("adapter"))
    (heads, headStorage) = Trainer.makeHeads(base, tasks, job, start?.heads ?? [], stream, workspaces[0])
    total = GradientBlock(like: parameters, heads: heads)
    optimiser = AdamW(
      [(parameters.storage, total.adapter.storage)]
        + (headStorage.count > 0 ? [(headStorage, total.heads)] : []), spec: job.training)
    let mixer = job.ends.map {
      EndMixer($0, ends: trained, count: adapters, stream: stream.stream("ends"))
    }
    self.mixer = mixer
    let (parameters, heads, dropout) = (mixer?.mixed ?? trained, heads, stream.stream("dropout"))
    let known = tasks.compactMap(\.states).filter { $0.block == parameters.lowestLayer }
    let states = known.count == tasks.count ? known : []
    for (task, states) in zip(tasks, states) {
      precondition(states.count == task.train.count, "states of \(states.count) examples")
    }
    lanes = workspaces.map {
      Lane(
        outline: outline, parameters: parameters, heads: heads,
        dropout: job.adapter.dropout, stream: dropout, states: states, workspace: $0)
    }
    let sizes = tasks.map(\.train.count)
    let rule = try MixtureRules.all.entry(named: job.sampling.rule)
    var rates = try rule.rates(sizes, tasks.map(\.task.name), job.sampling)
    if job.ends == nil {
      samplers = [
        MixtureSampler(
          sizes: sizes, rates: rates, concatenate: !rule.drawsByRate, seed: job.seed,
          name: "order")
      ]
    } else {
      // Passes over all of the data.
      rates = sizes.map { Double($0) / Double(sizes.reduce(0, +)) }
      samplers = tasks.map {
        MixtureSampler(
          sizes: [$0.train.count], rates: [1], concatenate: true, seed: job.seed, name: "order", $0.task.name)
      }
    }
    meter = Meter(job.budget, sizes: sizes, rates: rates)
    tokensDrawn = tasks.map { _ in 0 }
    rowsDrawn = tokensDrawn
    batches = Array(repeating: [], count: job.training.accumulation)
    for earlier in job.start?.earlier ?? [] { passOver(Meter(earlier, sizes: sizes, rates: rates)) }
  }

  /// Draws what a round before drew and leaves it, so that this one reads on where that one stopped.
  private func passOver(_ earlier: Meter) {
    let own = meter
    meter = earlier
    while meter.progress < 1 {
      for batch in batches.indices { draw(&batches[batch]) }
      meter.steps += 1
    }
    meter = own
    tokensDrawn = tasks.map { _ in 0 }
    rowsDrawn = tokensDrawn
  }

  private static func check(_ tasks: [TrainingTask], _ job: TrainJob) throws(Diagnostic) {
    for task in tasks {
      let name = task.task.name
      if task.train.isEmpty { throw Diagnostic("task '\(name)' has no training examples") }
      if job.training.validateEvery > 0, task.validation.isEmpty {
        throw Diagnostic(
          "task '\(name)' has no validation examples, but training.validate_every is \(job.training.validateEvery)",
          hint:
            "give it validation data, set its validation_fraction above 0, or set training.validate_every to 0"
        )
      }
    }
  }

  /// Trains until the budget is used up.
  ///
  /// - Parameter progress: Called after each step with the used share of the budget; what it throws ends the training.
  /// - Throws: a `Diagnostic` where the loss or a gradient is no number any more.
  public func run(progress: (_ share: Double, _ point: CurvePoint) throws -> Void = { _, _ in }) throws
    -> TrainedAdapter
  {
    var best: (value: Double, step: Int, adapter: Matrix, heads: Matrix)?
    var worse = 0
    while meter.progress < 1 {
      var point = try step()
      let every = job.training.validateEvery
      if every > 0, meter.steps % every == 0 || meter.progress >= 1 {
        let value = try validate()
        point.validation = value
        if value > best?.value ?? -.infinity {
          best = (value, meter.steps, flat(parameters.storage).copied(), flat(headStorage).copied())
          worse = 0
        } else {
          worse += 1
        }
      }
      curve.append(point)
      try progress(min(1, meter.progress), point)
      if job.training.patience > 0, worse >= job.training.patience { break }
    }
    var kept = meter.steps
    if job.training.keepBest, let best {
      flat(parameters.storage).copy(from: best.adapter)
      flat(headStorage).copy(from: best.heads)
      kept = best.step
    }
    return TrainedAdapter(parameters: parameters, heads: heads, result: result(keptStep: kept), curve: curve)
  }

  /// One optimiser step over `accumulation` batches.
  private func step() throws -> CurvePoint {
    optimiser.zeroGradients()
    let factor = LearningRate.factor(
      job.training.schedule, progress: meter.progress, warmup: job.training.warmup)
    // The last step of a budget of passes may need fewer batches.
    for batch in batches.indices { draw(&batches[batch]) }
    mixer?.draw(step: meter.steps + 1)
    let rows = batches.reduce(0) { $0 + $1.count }
    let dropout = job.adapter.dropout > 0
    if !dropout { foldAll(into: folded) }
    let factors =
      mixer.map { mixer in
        mixer.factors(rows: tasks.indices.map { task in batches.joined().count { $0.task == task } })
      } ?? Array(repeating: 1, count: tasks.count)
    var loss = 0.0
    for batch in batches where !batch.isEmpty {
      loss += accumulate(batch, dropout ? frozen : folded, weight: 1 / Float(rows), factors)
    }
    loss /= Double(rows)
    mixer?.unmix(total.adapter)
    let norm = optimiser.clip(to: job.training.clip)
    meter.steps += 1
    guard loss.isFinite, norm.isFinite else {
      throw Diagnostic(
        // Magnitudes, because the sign of a NaN means nothing and would be printed.
        "the loss is no number any more at step \(meter.steps) "
          + "(loss \(loss.magnitude), gradient norm \(norm.magnitude))",
        hint: "lower training.learning_rate (now \(job.training.learningRate)) or set training.clip")
    }
    optimiser.update(learningRate: factor * job.training.learningRate)
    return CurvePoint(
      step: meter.steps, loss: loss, learningRate: factor * job.training.learningRate, gradientNorm: norm)
  }

  /// Folds the factors into weights, every lane its share of the layers.
  private func foldAll(into owned: any Network) {
    let read = (mixer?.mixed ?? parameters).factors
    // Frozen values are taken anew, so nothing of an earlier fold remains.
    concurrently(read.count, lanes: lanes.count) { fold(read[$0], of: frozen, into: owned) }
  }

  /// Fills the next batch: `batchRows` rows, or as many as fit into `batchTokens`; empty where all passes are drawn.
  private func draw(_ batch: inout [Drawn]) {
    batch.removeAll(keepingCapacity: true)
    var tokens = 0
    let limit = job.training.batchTokens
    while limit > 0 || batch.count < job.training.batchRows {
      if meter.unit == .rows, meter.rows >= meter.total { break }
      let (task, index) = heldOver ?? next()
      heldOver = nil
      let example = tasks[task].train[index]
      if limit > 0, !batch.isEmpty, tokens + example.ids.count > limit {
        heldOver = (task, index)
        break
      }
      batch.append((task, index, example))
      tokens += example.ids.count
      tokensDrawn[task] += example.ids.count
      rowsDrawn[task] += 1
      meter.rows += 1
    }
    meter.tokens += tokens
  }

  /// The next row: as the mixture says, or of each task in turn.
  private func next() -> (task: Int, example: Int) {
    guard mixer != nil else { return samplers[0].next() }
    defer { turn += 1 }
    let task = turn % tasks.count
    return (task, samplers[task].next().example)
  }

  /// Gradients and loss of a batch.
  ///
  /// Its parts run side by side, but their sums are added in order, whatever the number of lanes.
  private func accumulate(
    _ drawn: [Drawn], _ network: any Network, weight: Float, _ factors: [Double]
  ) -> Double {
    shards.split(drawn.lazy.map(\.example.ids.count))
    let reader = base.reader(network)
    var loss = 0.0
    inRounds(shards.count, lanes: lanes.count) { lane, part in
      lanes[lane].accumulate(
        drawn, part: shards[part], reader, weight: weight, factors, mask: shardsDone + part)
    } joined: { lane, _ in
      total.add(lanes[lane].gradients)
      loss += lanes[lane].loss
    }
    shardsDone += shards.count
    return loss
  }

  /// The mean of the tasks' first metrics on validation, turned so that more is better.
  private func validate() throws -> Double {
    mixer?.centre()
    foldAll(into: folded)
    let evaluator = Evaluator(network: folded, pooling: base.pooling)
    let workspaces = lanes.map(\.workspace)
    var sum = 0.0
    for (task, head) in zip(tasks, heads) {
      let predictions = try evaluator.predict(task.validation, head: head, workspaces: workspaces)
      let (metric, value) = try task.task.decidingScore(predictions, task.validation.map(\.target))
      sum += metric.merit(value)
    }
    return sum / Double(tasks.count)
  }

  private func result(keptStep: Int) -> TrainResult {
    let drawn = tasks.enumerated().map { index, task in
      DrawnTask(
        task: task.task.name, examples: rowsDrawn[index], tokens: tokensDrawn[index],
        epochs: Double(rowsDrawn[index]) / Double(task.train.count),
        repeats: max(0, rowsDrawn[index] - task.train.count))
    }
    let tail = curve.suffix(max(1, curve.count / 10))
    return TrainResult(
      steps: meter.steps, examples: meter.rows, tokens: meter.tokens, drawn: drawn, keptStep: keptStep,
      finalLoss: tail.map(\.loss).reduce(0, +) / Double(max(1, tail.count)),
      trainable: parameters.storage.count + headStorage.count)
  }

  private func flat(_ storage: Storage) -> Matrix {
    Matrix(storage: storage, rows: 1, columns: storage.count)
  }

  /// Heads in the order of the tasks; linear ones lie end to end in one block.
  private static func makeHeads(
    _ base: BaseModel, _ tasks: [TrainingTask], _ job: TrainJob, _ trained: [TaskHead],
    _ stream: RandomStream, _ workspace: Workspace
  ) -> ([TaskHead], Storage) {
    let C = base.network.outline.width
    func size(_ task: TaskSpec) -> Int { task.head == .linear ? TaskHead.outputs(task) * (C + 1) : 0 }
    let storage = Storage(count: tasks.reduce(0) { $0 + size($1.task) })
    let flat = Matrix(storage: storage, rows: 1, columns: storage.count)
    var offset = 0
    let heads = tasks.map { task -> TaskHead in
      guard task.task.head == .linear else {
        let head = base.labelHead(task.task, scale: job.training.labelScale, workspace: workspace)
        return TaskHead(task: task.task, head: head)
      }
      let range = offset..<offset + size(task.task)
      offset = range.upperBound
      let head = Head.linear(
        outputs: TaskHead.outputs(task.task), channels: C, over: flat.columns(range),
        stream: stream.stream("head", task.task.name))
      if let before = trained.first(where: { $0.task.name == task.task.name }) {
        head.copy(from: before.head)
      }
      return TaskHead(task: task.task, head: head)
    }
    return (heads, storage)
  }
}
