internal import ArgumentParser
internal import Basics
internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines
internal import Terminal
internal import Training

/// `mixology bench merge`.
struct BenchMerge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Seconds that each merge method takes for some adapters of the base.")

  @OptionGroup var options: BenchOptions
  @OptionGroup var adapter: BenchAdapterOptions

  @Option(help: "Adapters that are merged into one.")
  var adapters = 6

  @Option(help: "Only methods whose name holds this.")
  var only = ""

  func run() throws {
    try BestKernel.use()
    let workload = try BenchWorkload(options)
    let layers = try workload.model.network.outline.chosen(by: LayerTargets(adapter.targetNames))
    let inputs = (0..<adapters).map { number in
      BenchAdapter.random(
        layers, rank: adapter.rank, stream: RandomStream(seed: number, "bench", "merge"))
    }
    for method in MergeMethods.all.entries where method.isRule && (only.isEmpty || method.name.contains(only))
    {
      let parameters = try Parameters([:], for: method.parameters, of: "merge method '\(method.name)'")
      let inputs = inputs.prefix(method.models.upperBound)
      // The same of all adapters, which makes no difference to the time.
      let evidence = method.evidence.map { BenchAdapter.evidence(layers, $0) }
      let rounds = try BenchRound.alternating(
        options.repeats, threads: 1,
        [
          {
            try timed(threads: 1) { _ in
              _ = try AdapterMerger.merge(
                Array(inputs), weights: inputs.map { _ in 1 }, method: method, parameters: parameters,
                seed: 0,
                evidence: inputs.compactMap { _ in evidence })
            }
          }
        ])
      let settings: [String: ParameterValue] = [
        "method": .text(method.name), "adapters": .count(inputs.count), "rank": .count(adapter.rank),
        "targets": .text(adapter.targets), "shape": workload.settings["shape"] ?? .text(""),
      ]
      let gemms = rounds[0].map { GEMMPeak.flops / ($0.peak * 1e9) / $0.seconds }
      try BenchLine(
        "merge", settings: settings,
        values: [
          "seconds": .measured(median(rounds[0].map(\.seconds))),
          "peak_gflops": .measured(median(rounds[0].map(\.peak))),
          // The reference product's time beside it stands for the machine.
          "gemm_to_merge_ratio": .measured(median(gemms)), "repeats": .count(options.repeats),
        ]
      ).print()
    }
  }
}
