internal import Basics
internal import Specs
internal import Tasks

/// A drawn example: its task, its place among the task's training examples, and what it holds.
package typealias Drawn = (task: Int, index: Int, example: TokenizedExample)

/// What a training draws and in which order, until its budget is used up.
///
/// A function of the tasks, the job and how far it has come; that is a value that can be written and read.
struct BatchSource {
  /// How far a source has come.
  struct State: Codable, Sendable, Hashable {
    /// What is used up of the budget.
    var steps = 0
    var tokens = 0
    var rows = 0
    /// Tokens and rows of each task.
    var tokensOfTask: [Int]
    var rowsOfTask: [Int]
    /// One for each sampler.
    var samplers: [MixtureSampler.State]
    /// Rows drawn by turns.
    var turn = 0
    /// A draw that did not fit into its batch and opens the next one: its task and example.
    var heldOver: [Int]?
  }

  /// The shares of the tasks at some share of the budget.
  typealias Rates = @Sendable (_ progress: Double) -> [Double]

  private let tasks: [TrainingTask]
  private let training: TrainingSpec
  private let rates: Rates
  private let sizes: [Int]
  private let drawsByTurns: Bool
  /// One for all tasks; of adapters that are trained together one for each, of which rows are drawn by turns.
  private var samplers: [MixtureSampler]
  private var meter: Meter
  private var counts: State

  /// Starts at the first example, or behind what the rounds before drew.
  ///
  /// - Throws: a `Diagnostic` for a mixture that cannot be.
  init(_ tasks: [TrainingTask], _ job: TrainJob) throws {
    self.tasks = tasks
    training = job.training
    sizes = tasks.map(\.train.count)
    drawsByTurns = job.ends != nil
    let rule = try MixtureRules.all.entry(named: job.sampling.rule)
    var shares = try rule.rates(sizes, tasks.map(\.task.name), job.sampling)
    if drawsByTurns {
      // Passes over all of the data.
      shares = sizes.map { [all = sizes.reduce(0, +)] in Double($0) / Double(all) }
      samplers = tasks.map {
        MixtureSampler(
          sizes: [$0.train.count], rates: [1], concatenate: true, seed: job.orderSeed ?? job.seed,
          name: "order", $0.task.name)
      }
    } else {
      samplers = [
        MixtureSampler(
          sizes: sizes, rates: shares, concatenate: !rule.drawsByRate, seed: job.orderSeed ?? job.seed,
          name: "order")
      ]
    }
    rates = { [shares] _ in shares }
    meter = Meter(job.budget, sizes: sizes, rates: shares)
    counts = State(
      tokensOfTask: tasks.map { _ in 0 }, rowsOfTask: tasks.map { _ in 0 }, samplers: samplers.map(\.state))
    for earlier in job.start?.earlier ?? [] { passOver(earlier, shares) }
  }

  /// Draws what a round before drew and leaves it, so that this one reads on where that one stopped.
  private mutating func passOver(_ earlier: BudgetSpec, _ shares: [Double]) {
    let (own, none) = (meter, counts)
    meter = Meter(earlier, sizes: sizes, rates: shares)
    var batches = [[Drawn]](repeating: [], count: training.accumulation)
    while meter.progress < 1 { next(&batches) }
    meter = own
    (counts.tokensOfTask, counts.rowsOfTask) = (none.tokensOfTask, none.rowsOfTask)
  }

  /// The share of the budget that is used up.
  var progress: Double { meter.progress }
  /// Steps, examples and tokens so far.
  var used: (steps: Int, examples: Int, tokens: Int) { (meter.steps, meter.rows, meter.tokens) }

  /// Where the source stands; a source of the same tasks and job goes on from there.
  var state: State {
    get {
      var state = counts
      (state.steps, state.tokens, state.rows) = (meter.steps, meter.tokens, meter.rows)
      state.samplers = samplers.map(\.state)
      return state
    }
    set {
      precondition(newValue.samplers.count == samplers.count, "the state of another training")
      counts = newValue
      (meter.steps, meter.tokens, meter.rows) = (newValue.steps, newValue.tokens, newValue.rows)
      for (index, state) in newValue.samplers.enumerated() { samplers[index].state = state }
    }
  }

  /// Fills the batches of the next step; the last step of a budget of passes may need fewer.
  mutating func next(_ batches: inout [[Drawn]]) {
    if !drawsByTurns { samplers[0].rates = rates(meter.progress) }
    for batch in batches.indices { draw(&batches[batch]) }
    meter.steps += 1
  }

  /// Fills a batch: `batchRows` rows, or as many as fit into `batchTokens`; empty where all passes are drawn.
  private mutating func draw(_ batch: inout [Drawn]) {
    batch.removeAll(keepingCapacity: true)
    var tokens = 0
    let limit = training.batchTokens
    while limit > 0 || batch.count < training.batchRows {
      if meter.unit == .rows, meter.rows >= meter.total { break }
      let (task, index) = takeHeldOver() ?? drawn()
      let example = tasks[task].train[index]
      if limit > 0, !batch.isEmpty, tokens + example.ids.count > limit {
        counts.heldOver = [task, index]
        break
      }
      batch.append((task, index, example))
      tokens += example.ids.count
      counts.tokensOfTask[task] += example.ids.count
      counts.rowsOfTask[task] += 1
      meter.rows += 1
    }
    meter.tokens += tokens
  }

  private mutating func takeHeldOver() -> (task: Int, example: Int)? {
    guard let held = counts.heldOver else { return nil }
    counts.heldOver = nil
    return (held[0], held[1])
  }

  /// The next row: as the mixture says, or of each task in turn.
  private mutating func drawn() -> (task: Int, example: Int) {
    guard drawsByTurns else { return samplers[0].next() }
    defer { counts.turn += 1 }
    let task = counts.turn % tasks.count
    return (task, samplers[task].next().example)
  }

  /// What was drawn of each task.
  var drawnTasks: [DrawnTask] {
    tasks.enumerated().map { index, task in
      let rows = counts.rowsOfTask[index]
      return DrawnTask(
        task: task.task.name, examples: rows, tokens: counts.tokensOfTask[index],
        epochs: Double(rows) / Double(task.train.count), repeats: max(0, rows - task.train.count))
    }
  }
}
