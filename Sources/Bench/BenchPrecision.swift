internal import ArgumentParser
internal import Basics
internal import Terminal

/// `mixology bench precision`.
struct BenchPrecision: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "precision",
    abstract: "The same training and evaluation in single precision and in bf16, in turn.")

  @OptionGroup var options: BenchOptions
  @OptionGroup var threading: BenchThreadOptions
  @OptionGroup var adapter: BenchAdapterOptions

  func run() throws {
    try BestKernel.use()
    if options.precision != .float32 {
      throw ValidationError("both precisions are measured, without --precision")
    }
    let (workers, threads) = (threading.workers, threading.threads)
    let floats = try BenchWorkload(options).reading(.float32)
    let all = [floats, try floats.reading(.bfloat16)]
    let peak = try BFloatPeak(workers: workers * threads)
    let trainings = try all.map { try BenchTraining($0, adapter, workers: workers, threads: threads) }
    for training in trainings { try training.warmUp() }
    try measure(
      "train", all, trainings.map { training in { try training.seconds() } }, flops: trainings[0].flops,
      peak, adapter.settings)
    let evaluations = try all.map { try BenchEvaluation($0, workers: workers, threads: threads) }
    for (evaluation, workload) in zip(evaluations, all) {
      _ = try evaluation.seconds(on: Array(workload.examples.prefix(max(1, options.rows / 10))))
    }
    try measure(
      "evaluate", all, evaluations.map { evaluation in { try evaluation.seconds() } },
      flops: evaluations[0].flops, peak, [:])
  }

  /// Times both in turn and prints a line for each.
  private func measure(
    _ phase: String, _ workloads: [BenchWorkload], _ pieces: [() throws -> Double], flops: Double,
    _ peak: BFloatPeak, _ settings: [String: ParameterValue]
  ) throws {
    let before = peak.measure()
    let rounds = try BenchRound.alternating(
      options.repeats, threads: threading.workers * threading.threads, pieces)
    let rounded = (before + peak.measure()) / 2
    for (index, workload) in workloads.enumerated() {
      var values = workload.values(rounds[index], passes: threading.workers, flops: flops)
      if index > 0 {
        values["speed_to_float32_ratio"] = .measured(
          median(zip(rounds[0], rounds[index]).map { $0.seconds / $1.seconds }))
        values["peak_bf16_gflops"] = .measured(rounded)
        values["fraction_of_bf16_peak"] = .measured(
          flops * Double(threading.workers) / median(rounds[index].map(\.seconds)) / 1e9 / rounded)
      }
      var all = workload.settings.merging(threading.settings) { value, _ in value }
      all.merge(settings) { value, _ in value }
      all["phase"] = .text(phase)
      try BenchLine("precision", settings: all, values: values).print()
    }
  }
}
