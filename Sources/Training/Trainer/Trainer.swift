internal import Basics
public import LinearAlgebra
internal import Models
internal import Outlines
public import Specs
internal import Tasks

/// Trains one adapter, and linear heads where tasks want them, on one cocktail.
///
/// Three parts: what is drawn (`BatchSource`), what a step makes of it (`StepRule`, the lanes, the optimiser), and the loop
/// that validates, keeps the best and stops. The result is a function of the base's bytes, the examples and the job:
/// batches, starts and dropout come from streams named after the seed, and all sums have a fixed order.
public final class Trainer {
  private let base: BaseModel
  private let tasks: [TrainingTask]
  private let job: TrainJob

  /// What the factors are added to: the base's weights, with those of the starting point where there is one.
  private let frozen: any Network
  private let adapted: AdaptedNetwork
  private let parameters: LoRAParameters
  private let headStorage: Storage
  private let heads: [TaskHead]
  private let rule: any StepRule
  private let lanes: [Lane]
  private let total: GradientBlock
  /// Those by the factors of each task, where the rule sees tasks.
  private let totalOfTask: [LoRAParameters]
  private let optimiser: AdamW

  private var source: BatchSource
  private var progress = LoopState()
  /// The rows drawn for a step, a list for each of its batches, and the parts of one; filled anew by every step.
  private var batches: [[Drawn]]
  private var shards = Shards()

  /// How far the loop has come.
  package struct LoopState: Codable, Sendable {
    var curve: [CurvePoint] = []
    /// Parts that were run, which name the dropout masks.
    var parts = 0
    /// The best validation, with what was trained then.
    var best: Best?
    /// Validations since then.
    var worse = 0

    struct Best: Codable, Sendable {
      var value: Double
      var step: Int
      var adapter: [Float]
      var heads: [Float]
    }
  }

  /// All that decides how a training goes on.
  package struct State: Codable, Sendable {
    var adapter: [Float]
    var heads: [Float]
    var optimiser: AdamW.State
    var source: BatchSource.State
    var loop: LoopState
  }

  /// Prepares a training.
  ///
  /// - Parameters:
  ///   - start: What the job's `start` names, where it has one.
  ///   - workspaces: One for each thread that shares a step; their number changes the time and nothing else.
  /// - Throws: a `Diagnostic` for targets that match nothing, a task without examples, a starting point of another base, or
  ///   a mixture that cannot be.
  public convenience init(
    base: BaseModel, tasks: [TrainingTask], job: TrainJob, start: StartingPoint? = nil,
    workspaces: [Workspace] = [Workspace()]
  ) throws {
    try self.init(
      base: base, tasks: tasks, job: job, start: start, workspaces: workspaces, rule: StepRules.row(of: job))
  }

  /// The same with any step rule.
  package init(
    base: BaseModel, tasks: [TrainingTask], job: TrainJob, start: StartingPoint?, workspaces: [Workspace],
    rule row: StepRuleRow
  ) throws {
    precondition((start == nil) == (job.start == nil), "a job and its starting point")
    try Trainer.check(tasks, job)
    self.base = base
    self.tasks = tasks
    self.job = job
    // Fresh factors look in other directions than those of the rounds before.
    func stream(_ seed: Int) -> RandomStream {
      let stream = RandomStream(seed: seed, "train")
      return job.start.map { stream.stream("round \($0.earlier.count + 1)") } ?? stream
    }
    let (begins, goes) = (stream(job.startSeed ?? job.seed), stream(job.orderSeed ?? job.seed))
    let outline = base.network.outline
    let sites = try outline.chosen(by: job.adapter.layerTargets)
    frozen = try start.map { try base.network.folding($0.adapter) } ?? base.network
    let trained = LoRAParameters(
      sites: sites, rank: row.adapters(tasks.count) * job.adapter.rank, scale: Float(job.adapter.scale))
    trained.initialise(begins.stream("adapter"))
    parameters = trained
    let (heads, headStorage) = Trainer.makeHeads(base, tasks, job, start?.heads ?? [], begins, workspaces[0])
    (self.heads, self.headStorage) = (heads, headStorage)
    let rule = row.make(job, trained, tasks.count, goes)
    self.rule = rule
    adapted = AdaptedNetwork(frozen, factors: rule.factors.factors)
    total = GradientBlock(like: trained, heads: heads)
    totalOfTask = rule.seesTasks ? tasks.map { _ in trained.zeroed() } : []
    optimiser = AdamW(
      [(trained.storage, total.adapter.storage)]
        + (headStorage.count > 0 ? [(headStorage, total.heads)] : []), spec: job.training)
    let known = tasks.compactMap(\.states).filter { $0.block == rule.factors.lowestLayer }
    let states = known.count == tasks.count ? known : []
    for (task, states) in zip(tasks, states) {
      precondition(states.count == task.train.count, "states of \(states.count) examples")
    }
    let dropout = goes.stream("dropout")
    lanes = workspaces.map {
      Lane(
        outline: outline, parameters: rule.factors, heads: heads, dropout: job.adapter.dropout,
        stream: dropout, states: states, workspace: $0, seesTasks: rule.seesTasks)
    }
    source = try BatchSource(tasks, job)
    batches = Array(repeating: [], count: job.training.accumulation)
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

  // MARK: The loop

  /// Where the training stands after a step, as `run` reports it.
  ///
  /// A trainer of the same base, examples and job goes on from there, to the same bytes. Step rules have no state of their
  /// own: they are functions of the step's number.
  package var state: State {
    get {
      State(
        adapter: parameters.storage.flat.values, heads: headStorage.flat.values,
        optimiser: optimiser.state, source: source.state, loop: progress)
    }
    set {
      parameters.storage.flat.copy(from: newValue.adapter)
      headStorage.flat.copy(from: newValue.heads)
      optimiser.state = newValue.optimiser
      source.state = newValue.source
      progress = newValue.loop
    }
  }

  /// Trains until the budget is used up.
  ///
  /// - Parameter progress: Called after each step with the used share of the budget; what it throws ends the training.
  /// - Throws: a `Diagnostic` where the loss or a gradient is no number any more.
  public func run(progress report: (_ share: Double, _ point: CurvePoint) throws -> Void = { _, _ in }) throws
    -> TrainedAdapter
  {
    while source.progress < 1, !isOutOfPatience {
      var point = try step()
      let every = job.training.validateEvery
      if every > 0, point.step % every == 0 || source.progress >= 1 {
        let value = try validate()
        point.validation = value
        keep(value, step: point.step)
      }
      progress.curve.append(point)
      try report(min(1, source.progress), point)
    }
    var kept = source.used.steps
    if job.training.keepBest, let best = progress.best {
      parameters.storage.flat.copy(from: best.adapter)
      headStorage.flat.copy(from: best.heads)
      kept = best.step
    }
    return TrainedAdapter(
      parameters: parameters, heads: heads, result: result(keptStep: kept), curve: progress.curve)
  }

  private var isOutOfPatience: Bool {
    job.training.patience > 0 && progress.worse >= job.training.patience
  }

  private func keep(_ value: Double, step: Int) {
    guard value > progress.best?.value ?? -.infinity else {
      progress.worse += 1
      return
    }
    progress.best = LoopState.Best(
      value: value, step: step, adapter: parameters.storage.flat.values, heads: headStorage.flat.values)
    progress.worse = 0
  }

  /// The mean of the tasks' deciding metrics on validation, turned so that more is better.
  private func validate() throws -> Double {
    rule.settle()
    adapted.update(lanes: lanes.count)
    let evaluator = Evaluator(network: adapted.network, pooling: base.pooling)
    let workspaces = lanes.map(\.workspace)
    var sum = 0.0
    for (task, head) in zip(tasks, heads) {
      let predictions = try evaluator.predict(task.validation, head: head, workspaces: workspaces)
      guard !predictions.contains(where: \.isUnsound) else {
        throw Diagnostic(
          "the model predicts no numbers any more for the validation data of '\(task.task.name)' after step \(source.used.steps)",
          hint: "lower training.learning_rate (now \(job.training.learningRate)) or set training.clip")
      }
      let (metric, value) = try task.task.decidingScore(predictions, task.validation.wanted)
      sum += metric.merit(value)
    }
    return sum / Double(tasks.count)
  }

  private func result(keptStep: Int) -> TrainResult {
    let curve = progress.curve
    let tail = curve.suffix(max(1, curve.count / 10))
    let used = source.used
    return TrainResult(
      steps: used.steps, examples: used.examples, tokens: used.tokens, drawn: source.drawnTasks,
      keptStep: keptStep, finalLoss: tail.map(\.loss).reduce(0, +) / Double(max(1, tail.count)),
      trainable: parameters.storage.count + headStorage.count)
  }

  // MARK: A step

  /// One optimiser step over `accumulation` batches.
  private func step() throws -> CurvePoint {
    optimiser.zeroGradients()
    for gradient in totalOfTask { gradient.storage.flat.fill(0) }
    let rate =
      LearningRate.factor(
        job.training.schedule, progress: source.progress, warmup: job.training.warmup)
      * job.training.learningRate
    source.next(&batches)
    let step = source.used.steps
    rule.begin(step: step)
    let dropout = job.adapter.dropout > 0
    if !dropout { adapted.update(lanes: lanes.count) }
    let rowsOfTask = tasks.indices.map { task in batches.joined().count { $0.task == task } }
    let rows = rowsOfTask.reduce(0, +)
    let weights = zip(rule.weights(rows: rowsOfTask), shares(of: rowsOfTask)).map { $0 * $1 }
    var lossOfTask = tasks.map { _ in 0.0 }
    var loss = 0.0
    for batch in batches where !batch.isEmpty {
      loss += accumulate(
        batch, dropout ? frozen : adapted.network, weight: 1 / Float(rows), weights, &lossOfTask)
    }
    loss /= Double(rows)
    let seen = totalOfTask.enumerated().filter { rowsOfTask[$0.offset] > 0 }
    rule.join(
      total.adapter,
      seen.map { TaskGradient(task: $0, loss: lossOfTask[$0] / Double(rowsOfTask[$0]), gradient: $1) })
    let norm = optimiser.clip(to: job.training.clip)
    guard loss.isFinite, norm.isFinite else {
      throw Diagnostic(
        // Magnitudes, because the sign of a NaN means nothing and would be printed.
        "the loss is no number any more at step \(step) "
          + "(loss \(loss.magnitude), gradient norm \(norm.magnitude))",
        hint: "lower training.learning_rate (now \(job.training.learningRate)) or set training.clip")
    }
    optimiser.update(learningRate: rate)
    return CurvePoint(step: step, loss: loss, learningRate: rate, gradientNorm: norm)
  }

  /// The factor on the losses of each task's rows that makes their sum over rows one over what its rows are counted by.
  ///
  /// Where a loss is a mean over tokens, all such rows of the step have n losses and m tokens together: n ÷ m.
  private func shares(of rowsOfTask: [Int]) -> [Double] {
    var (counted, rows) = ([Bool](repeating: false, count: tasks.count), 0)
    var total = 0
    for drawn in batches.joined() {
      guard let weight = heads[drawn.task].readout.weight(drawn.example) else { continue }
      counted[drawn.task] = true
      total += weight
      rows += 1
    }
    return counted.map { $0 ? Double(rows) / Double(max(1, total)) : 1 }
  }

  /// Gradients and loss of a batch.
  ///
  /// Its parts run side by side, but their sums are added in order, whatever the number of lanes.
  private func accumulate(
    _ drawn: [Drawn], _ network: any Network, weight: Float, _ weights: [Double],
    _ lossOfTask: inout [Double]
  ) -> Double {
    shards.split(drawn.lazy.map(\.example.ids.count))
    let reader = base.reader(network)
    let done = progress.parts
    var loss = 0.0
    inRounds(shards.count, lanes: lanes.count) { lane, part in
      lanes[lane].accumulate(
        drawn, part: shards[part], reader, weight: weight, weights, mask: done + part)
    } joined: { lane, _ in
      let lane = lanes[lane]
      total.add(lane.gradients)
      for (sum, part) in zip(totalOfTask, lane.gradientsOfTask) {
        add(part.storage.flat, to: sum.storage.flat)
      }
      for (task, part) in lane.lossOfTask.enumerated() { lossOfTask[task] += part }
      loss += lane.loss
    }
    progress.parts += shards.count
    return loss
  }

}
