internal import ArgumentParser
internal import Basics
internal import Terminal

/// `mixology bench train`.
struct BenchTrain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "LoRA fine-tuning: rows a second, and the fraction of the GEMM peak of the same run.")

  @OptionGroup var options: BenchOptions
  @OptionGroup var threading: BenchThreadOptions
  @OptionGroup var adapter: BenchAdapterOptions

  func run() throws {
    try BestKernel.use()
    let workload = try BenchWorkload(options, isLearnt: true)
    let training = try BenchTraining(
      workload, adapter, workers: threading.workers, threads: threading.threads)
    try training.warmUp()
    let rounds = try BenchRound.alternating(
      options.repeats, threads: threading.workers * threading.threads,
      [{ try training.seconds() }])
    let settings = workload.settings.merging(threading.settings) { value, _ in value }
      .merging(adapter.settings) { value, _ in value }
    let values = workload.values(rounds[0], passes: threading.workers, flops: training.flops)
    try BenchLine("train", settings: settings, values: values).print()
  }
}
