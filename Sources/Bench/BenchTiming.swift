internal import Basics
internal import Execution
internal import Foundation
internal import Machine

/// Runs a piece of work some times at once, on as many threads as there are cores at most, and returns the seconds until the last one was done.
///
/// Where the work fails the first error is thrown.
func timed<Failure: Error>(
  threads: Int, _ work: @escaping @Sendable (Int) throws(Failure) -> Void
) throws(Failure) -> Double {
  let failure = Lock<Failure?>(nil)
  let watch = Stopwatch()
  DispatchQueue.concurrentPerform(iterations: threads) { worker in
    do throws(Failure) {
      try work(worker)
    } catch {
      failure.withLock { $0 = $0 ?? error }
    }
  }
  let seconds = watch.seconds
  if let error = failure.withLock({ $0 }) { throw error }
  return seconds
}

/// Runs a piece of work on this thread and returns its seconds.
func timed(_ work: () throws -> Void) rethrows -> Double {
  let watch = Stopwatch()
  try work()
  return watch.seconds
}

/// One timed piece of work, with the GEMM peak around it.
struct BenchRound {
  /// How long it took.
  let seconds: Double
  /// Processor seconds of it, summed over its threads.
  let cpuSeconds: Double
  /// GFLOP/s: the mean of the peaks measured directly before and after.
  let peak: Double

  /// Seconds times the peak around them: what does not change where the machine drifts.
  var work: Double { seconds * peak }

  /// Times some pieces of work in turn, so that a drift of the machine meets all of them alike.
  ///
  /// - Parameters:
  ///   - repeats: Turns.
  ///   - threads: Threads of the peak: as many as the work uses.
  ///   - pieces: Each returns its seconds.
  /// - Returns: For each piece the rounds in order.
  static func alternating(
    _ repeats: Int, threads: Int, _ pieces: [() throws -> Double]
  ) throws -> [[BenchRound]] {
    var rounds = pieces.map { _ in [BenchRound]() }
    var before = GEMMPeak.measure(workers: threads, rounds: 3)
    for _ in 0..<repeats {
      for (index, piece) in pieces.enumerated() {
        let cpu = MachineFacts.cpuSeconds
        let seconds = try piece()
        let used = MachineFacts.cpuSeconds - cpu
        let after = GEMMPeak.measure(workers: threads, rounds: 3)
        rounds[index].append(BenchRound(seconds: seconds, cpuSeconds: used, peak: (before + after) / 2))
        before = after
      }
    }
    return rounds
  }
}

/// The middle one of some numbers, or the mean of the two middle ones; 0 of none.
func median(_ values: [Double]) -> Double {
  if values.isEmpty { return 0 }
  let sorted = values.sorted()
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}
