import ArgumentParser
import Basics
import Execution
import Foundation
import LinearAlgebra

/// Measurements, one JSON line each.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures this machine and this program; one JSON line a measurement.",
    subcommands: [BenchGEMM.self, BenchTrain.self])

  /// Starts this program again with the BLAS kernel that suits the processor, where OpenBLAS chose a lesser one.
  static func useBestKernel() {
    guard let kernel = MachineFacts.betterKernel(environment: ProcessInfo.processInfo.environment) else {
      return
    }
    BLASRuntime.restart(settingKernel: kernel, arguments: CommandLine.arguments)
  }
}

/// One JSON line with sorted keys.
func printLine(_ value: some Encodable) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  encoder.keyEncodingStrategy = .convertToSnakeCase
  Console.print(String(decoding: try encoder.encode(value), as: UTF8.self))
}

/// Runs a piece of work on some threads at once and returns the seconds until the last one was done.
func timed(threads: Int, _ work: @escaping @Sendable (Int) -> Void) -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  DispatchQueue.concurrentPerform(iterations: threads, execute: work)
  return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
}

/// The machine's peak in single-precision matrix products.
enum GEMMPeak {
  /// GFLOP/s of C(1024, 1536) = A(1024, 384) · B(384, 1536), summed over threads that work at once: best of some rounds.
  static func measure(workers: Int, rounds: Int = 5) -> Double {
    var best = 0.0
    for _ in 0..<rounds {
      let repeats = 20
      let seconds = timed(threads: workers) { _ in
        let a = Matrix(rows: 1024, columns: 384)
        let b = Matrix(rows: 384, columns: 1536)
        let c = Matrix(rows: 1024, columns: 1536)
        a.fill(0.5)
        b.fill(0.25)
        for _ in 0..<repeats { gemm(a, b, into: c) }
      }
      best = max(best, Double(workers * repeats) * 2 * 1024 * 1536 * 384 / seconds / 1e9)
    }
    return best
  }
}

/// `mixology bench gemm`.
struct BenchGEMM: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "gemm", abstract: "The machine's SGEMM peak.")

  @Option(help: "Threads that multiply at once, one BLAS thread each.")
  var workers = MachineFacts.cores

  private struct Line: Encodable {
    let bench = "gemm"
    let gflops: Double
    let workers: Int
    let kernel: String
    let machine: String
  }

  func run() throws {
    Bench.useBestKernel()
    BLASRuntime.threads = 1
    try printLine(
      Line(
        gflops: GEMMPeak.measure(workers: workers), workers: workers, kernel: BLASRuntime.kernel,
        machine: MachineFacts.description))
  }
}
