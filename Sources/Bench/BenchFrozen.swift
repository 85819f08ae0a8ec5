internal import ArgumentParser
internal import Basics
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Terminal
internal import Training

/// `mixology bench frozen-layers`.
struct BenchFrozen: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frozen-layers",
    abstract: "Adapters in the upper blocks only: what keeping the states below them gains.",
    discussion: """
      Trains some passes and evaluates some models over the same rows, once with the frozen blocks computed in every \
      step and once with their states kept. The time to compute what is kept counts.
      """)

  @OptionGroup var options: BenchOptions
  @OptionGroup var adapter: BenchAdapterOptions

  @Option(help: "Blocks with adapters, from the top.")
  var layers = 2

  @Option(help: "Passes over the rows, and models that are evaluated.")
  var passes = 3

  func validate() throws {
    try atLeastOne(layers, "layers")
    try atLeastOne(passes, "passes")
  }

  func run() throws {
    try BestKernel.use()
    let workload = try BenchWorkload(options)
    let base = workload.model.network
    let lowest = base.outline.blocks - layers
    guard lowest > 0 else {
      throw ValidationError(
        "--layers must be below the base's \(base.outline.blocks) blocks: one must be frozen")
    }
    let job = job(workload.task, blocks: lowest..<base.outline.blocks)
    let workspace = Workspace()
    let head = BenchEvaluation.head(workload)
    let evaluator = Evaluator(network: base, pooling: workload.model.pooling)

    func states(_ wanted: Bool) -> FrozenStates? {
      wanted
        ? FrozenStates(base, below: lowest, examples: workload.examples, workspaces: [workspace]) : nil
    }
    func train(kept: Bool) throws -> Double {
      try timed {
        let task = TrainingTask(
          task: workload.task, train: workload.examples, validation: [], states: states(kept))
        _ = try Trainer(base: workload.model, tasks: [task], job: job, workspaces: [workspace]).run()
      }
    }
    func evaluate(kept: Bool) throws -> Double {
      try timed {
        let states = states(kept)
        for _ in 0..<passes {
          _ = try evaluator.predict(workload.examples, head: head, states: states, workspaces: [workspace])
        }
      }
    }
    for (phase, work) in [("train", train), ("evaluate", evaluate)] {
      _ = try work(true)
      let rounds = try BenchRound.alternating(
        options.repeats, threads: 1, [{ try work(false) }, { try work(true) }])
      let gains = zip(rounds[0], rounds[1]).map { $0.work / $1.work }
      let rows = Double(workload.examples.count * passes)
      let values: [String: ParameterValue] = [
        "rows_per_s": .measured(median(rounds[0].map { rows / $0.seconds })),
        "rows_per_s_kept": .measured(median(rounds[1].map { rows / $0.seconds })),
        "kept_to_computed_ratio": .measured(median(gains)), "repeats": .count(rounds[0].count),
        "kept_mb": .measured(
          Double(FrozenStates.bytes(workload.examples, channels: base.outline.width)) / 1e6),
      ]
      let settings = workload.settings.merging(adapter.settings) { value, _ in value }
        .merging(["phase": .text(phase), "layers": .count(layers), "passes": .count(passes)]) { $1 }
      try BenchLine("frozen_layers", settings: settings, values: workload.facts.merging(values) { $1 })
        .print()
    }
  }

  /// LoRA on the wanted layers of some blocks.
  private func job(_ task: TaskSpec, blocks: Range<Int>) -> TrainJob {
    TrainJob(
      base: .folder(sha256: ""), tasks: [task], sampling: SamplingSpec(), budget: .passes(Double(passes)),
      adapter: AdapterSpec(
        rank: adapter.rank, alpha: Double(2 * adapter.rank), targets: adapter.targetNames,
        layersToTransform: Array(blocks)),
      training: TrainingSpec(clip: 0, batchRows: adapter.batch, maxTokens: 512), seed: 0)
  }
}
