internal import Adapters
internal import ArgumentParser
internal import Basics
internal import Checkpoints
internal import Execution
internal import LinearAlgebra
internal import Machine
internal import Merging
internal import Models
internal import Outlines
internal import Terminal
internal import Training

/// `mixology bench merges`.
struct BenchMerges: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merges",
    abstract: "Seconds for many merges one after the other, spread over all methods with a closed form.",
    discussion: """
      The adapters are random ones on the linear layers of all-MiniLM-L6-v2; nothing is read, written or evaluated. \
      A method that is asked again has the next value of its usual grids and other weights. `cut_seconds` is what one \
      merge by single entries spends on LAPACK alone: the full matrix of every layer is cut to the sum of the ranks.
      """)

  @Option(help: "Merges.")
  var merges = 200

  @Option(help: "Adapters that are merged into one; fewer where a method takes no more.")
  var adapters = 6

  @Option(help: "LoRA rank.")
  var rank = 8

  @Option(help: "LoRA targets, separated by commas; `all-linear` for all.")
  var targets = "all-linear"

  @Flag(help: "One line for each method too.")
  var each = false

  @Option(help: "Layers that are merged at once.")
  var threads = MachineFacts.cores

  func validate() throws {
    try atLeastOne(merges, "merges")
    try atLeastOne(adapters, "adapters")
    try atLeastOne(rank, "rank")
    try atLeastOne(threads, "threads")
  }

  func run() throws {
    try BestKernel.use()
    BLASRuntime.threads = 1
    let layers = try BenchWorkload.usualShape.outline.chosen(
      by: LayerTargets(targets.split(separator: ",").map(String.init)))
    let inputs = (0..<adapters).map { number in
      BenchAdapter.random(
        layers, rank: rank, stream: RandomStream(seed: 0, "bench", "merges", "\(number)"))
    }
    let methods = MergeMethods.all.entries.filter { $0.isRule && !Self.iterative.contains($0.name) }
    var seconds: [String: Double] = [:]
    for number in 0..<merges {
      let method = methods[number % methods.count]
      let turn = number / methods.count
      seconds[method.name, default: 0] += try timed {
        try Self.merge(inputs, by: method, turn: turn, threads: threads)
      }
    }
    let cut = try cutSeconds(layers)
    if each { try printEach(seconds) }
    let slowest = seconds.max { ($0.value, $1.key) < ($1.value, $0.key) }
    try BenchLine(
      "merges",
      settings: [
        "merges": .count(merges), "adapters": .count(adapters), "rank": .count(rank),
        "threads": .count(threads), "targets": .text(targets),
      ],
      values: [
        "seconds": .measured(seconds.values.sorted().reduce(0, +)), "methods": .count(seconds.count),
        "cut_seconds": .measured(cut), "slowest": .text(slowest?.key ?? ""),
        "slowest_seconds": .measured(slowest?.value ?? 0),
      ]
    ).print()
  }

  /// Seconds for the exact cut of a full matrix of every size, layers side by side as in a merge.
  private func cutSeconds(_ layers: [LinearLayer]) throws -> Double {
    var stream = RandomStream(seed: 0, "bench", "merges", "full")
    let matrices = layers.map { layer in
      DoubleMatrix(
        rows: layer.out, columns: layer.in, values: (0..<layer.weights).map { _ in stream.normal() })
    }
    let (cut, lanes) = (RankCut(rank: adapters * rank), threads)
    return try timed(threads: lanes) { lane in
      for index in stride(from: lane, to: matrices.count, by: lanes) {
        _ = try LowRank.nearest(to: matrices[index], cut: cut)
      }
    }
  }

  private func printEach(_ seconds: [String: Double]) throws {
    for (name, seconds) in seconds.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
      try BenchLine("merges", settings: ["method": .text(name)], values: ["seconds": .measured(seconds)])
        .print()
    }
  }

  /// Descends by hundreds of steps; the row `wudi_closed_form` beside it solves the same.
  private static let iterative = ["wudi"]

  private static func merge(_ inputs: [Adapter], by method: MergeMethod, turn: Int, threads: Int) throws {
    let inputs = inputs.prefix(method.models.upperBound)
    var given: [String: ParameterValue] = [:]
    for spec in method.parameters where !spec.usual.isEmpty {
      given[spec.name] = spec.usual[turn % spec.usual.count]
    }
    _ = try AdapterMerger.merge(
      Array(inputs), weights: inputs.indices.map { 1 + Double((turn + $0) % inputs.count) / 10 },
      method: method,
      parameters: try Parameters(given, for: method.parameters, of: "merge method '\(method.name)'"),
      seed: turn, threads: threads)
  }
}
