internal import ArgumentParser
internal import Basics
internal import Terminal

/// `mixology bench evaluate`.
struct BenchEvaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract:
      "Predictions without gradients, an adapter folded in: rows a second, and the fraction of the peak.")

  @OptionGroup var options: BenchOptions
  @OptionGroup var threading: BenchThreadOptions

  func run() throws {
    try BestKernel.use()
    let workload = try BenchWorkload(options)
    let evaluation = try BenchEvaluation(
      workload, workers: threading.workers, threads: threading.threads)
    _ = try evaluation.seconds(on: Array(workload.examples.prefix(max(1, options.rows / 10))))
    let rounds = try BenchRound.alternating(
      options.repeats, threads: threading.workers * threading.threads,
      [{ try evaluation.seconds() }])
    let line = BenchLine(
      "evaluate", settings: workload.settings.merging(threading.settings) { value, _ in value },
      values: workload.values(rounds[0], passes: threading.workers, flops: evaluation.flops))
    try line.print()
  }
}
