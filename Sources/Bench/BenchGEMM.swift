internal import ArgumentParser
internal import Basics
internal import Execution
internal import LinearAlgebra
internal import Machine
internal import Terminal

/// `mixology bench gemm`.
struct BenchGEMM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm", abstract: "The machine's SGEMM peak, and how well it grows with the cores.")

  @Option(help: "Threads that multiply at once, one BLAS thread each.")
  var workers = MachineFacts.cores

  @Option(help: "Repeats, of which the median counts.")
  var repeats = 5

  func validate() throws {
    if workers < 1 { throw ValidationError("--workers must be at least 1") }
    if repeats < 1 { throw ValidationError("--repeats must be at least 1") }
  }

  func run() throws {
    try BestKernel.use()
    let rounds = (0..<repeats).map { _ in
      (one: GEMMPeak.measure(workers: 1, rounds: 2), all: GEMMPeak.measure(workers: workers, rounds: 2))
    }
    let line = BenchLine(
      "gemm", settings: ["workers": .count(workers)],
      values: [
        "peak_gflops": .measured(median(rounds.map(\.all))),
        "one_thread_gflops": .measured(median(rounds.map(\.one))),
        "scaling_ratio": .measured(median(rounds.map { $0.all / $0.one / Double(workers) })),
        "repeats": .count(repeats),
      ])
    try line.print()
  }
}
