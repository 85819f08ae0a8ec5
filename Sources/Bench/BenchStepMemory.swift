internal import ArgumentParser
internal import Basics
internal import Foundation
internal import LinearAlgebra
internal import Terminal

/// `mixology bench step-memory`.
struct BenchStepMemory: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step-memory",
    abstract: "One training: the most memory, and what a step takes from the system after the first ones.")

  @OptionGroup var options: BenchOptions
  @OptionGroup var adapter: BenchAdapterOptions

  @Option(help: "Threads of the training.")
  var threads = 1

  /// The most memory that fine-tuning the usual base may take: the project's own limit.
  private static let limitMegabytes = 600.0

  func validate() throws { try atLeastOne(threads, "threads") }

  func run() throws {
    try BestKernel.use()
    let workload = try BenchWorkload(options)
    let training = try BenchTraining(workload, adapter, workers: 1, threads: threads)
    let steps = (options.rows + adapter.batch - 1) / adapter.batch
    // The longest batch may come late; by half time memory should have found its size.
    let warm = max(1, steps / 2)
    var step = 0
    var before = ProcessMemory.now
    var start = before
    var end = start
    try training.run { _, _ in
      step += 1
      if step == warm {
        // Read twice, since reading takes memory itself.
        before = .now
        start = .now
      }
      if step == steps { end = .now }
    }
    let peak = ProcessMemory.peakMegabytes
    let counted = Double(max(1, steps - warm))
    var values: [String: ParameterValue] = [
      "steps": .count(steps), "warm_up_steps": .count(warm),
      "minor_faults_per_step": .measured(Double(end.minorFaults - start.minorFaults) / counted),
      "anonymous_kb_per_step": .measured(Double(end.anonymousKilobytes - start.anonymousKilobytes) / counted),
      "anonymous_mb": .measured(Double(end.anonymousKilobytes) / 1024),
      "mapped_mb": .measured(Double(end.mappedKilobytes) / 1024),
      "peak_rss_mb": .measured(peak), "memory_limit_ratio": .measured(Self.limitMegabytes / peak),
      "repeats": .count(1),
    ]
    if let before = before.allocations, let first = start.allocations, let last = end.allocations {
      let calls = last.calls - first.calls - (first.calls - before.calls)
      let bytes = last.bytes - first.bytes - (first.bytes - before.bytes)
      values["mallocs_per_step"] = .measured(Double(calls) / counted)
      values["malloc_kb_per_step"] = .measured(Double(bytes) / counted / 1024)
    }
    let settings = workload.settings.merging(adapter.settings) { value, _ in value }
      .merging(["threads": .count(threads)]) { value, _ in value }
    try BenchLine("step_memory", settings: settings, values: workload.facts.merging(values) { $1 }).print()
  }
}
