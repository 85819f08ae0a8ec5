internal import ArgumentParser
internal import Basics
internal import Execution
internal import Machine
internal import Tasks
internal import Terminal
internal import Training

/// `mixology bench lengths`.
struct BenchLengths: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lengths",
    abstract: "The same rows sorted by length, shuffled and as they come: what padding costs (nothing).")

  @OptionGroup var options: BenchOptions
  @OptionGroup var adapter: BenchAdapterOptions

  /// An order of the rows.
  private enum Order: String, CaseIterable {
    case sorted
    case shuffled
    case given

    func arranged(_ rows: [TokenizedExample]) -> [TokenizedExample] {
      switch self {
      case .sorted: return rows.sorted { $0.ids.count < $1.ids.count }
      case .given: return rows
      case .shuffled:
        var stream = RandomStream(seed: 0, "bench", "order")
        return stream.permutation(rows.count).map { rows[$0] }
      }
    }
  }

  func run() throws {
    try BestKernel.use()
    let workload = try BenchWorkload(options)
    let workers = MachineFacts.cores
    let orders = Order.allCases.map { (order: $0, rows: $0.arranged(workload.examples)) }
    let training = try BenchTraining(workload, adapter, workers: workers, threads: 1)
    try training.warmUp()
    let trained = try BenchRound.alternating(
      options.repeats, threads: workers,
      orders.map { order in
        let rows = laidOut(order.rows)
        return { try training.seconds(on: rows) }
      })
    let evaluation = try BenchEvaluation(workload, workers: workers, threads: 1)
    let evaluated = try BenchRound.alternating(
      options.repeats, threads: workers,
      orders.map { order in { try evaluation.seconds(on: order.rows) } })
    for (phase, rounds, flops) in [
      ("train", trained, training.flops), ("evaluate", evaluated, evaluation.flops),
    ] {
      for (index, order) in orders.enumerated() {
        var values = workload.values(rounds[index], passes: workers, flops: flops)
        values["padded_tokens_per_token"] = .measured(padding(order.rows))
        if order.order != .sorted {
          let speeds = zip(rounds[0], rounds[index]).map { $0.work / $1.work }
          values["speed_to_sorted_ratio"] = .measured(median(speeds))
        }
        var settings = workload.settings.merging(adapter.settings) { value, _ in value }
        settings.merge([
          "workers": .count(workers), "threads": .count(1), "phase": .text(phase),
          "order": .text(order.order.rawValue),
        ]) { _, own in own }
        try BenchLine("lengths", settings: settings, values: values).print()
      }
    }
  }

  /// The rows laid so that the trainer, which draws them in an order of its own, draws them in this one.
  private func laidOut(_ rows: [TokenizedExample]) -> [TokenizedExample] {
    var sampler = MixtureSampler(
      sizes: [rows.count], rates: [1], concatenate: false, seed: 0, name: "order")
    var laid = rows
    for row in rows { laid[sampler.next().example] = row }
    return laid
  }

  /// Tokens that batches padded to their longest row would hold, for each real one.
  private func padding(_ rows: [TokenizedExample]) -> Double {
    var padded = 0
    for first in stride(from: 0, to: rows.count, by: adapter.batch) {
      let lengths = rows[first..<min(first + adapter.batch, rows.count)].map(\.ids.count)
      padded += (lengths.max() ?? 0) * lengths.count
    }
    return Double(padded) / Double(rows.reduce(0) { $0 + $1.ids.count })
  }
}
