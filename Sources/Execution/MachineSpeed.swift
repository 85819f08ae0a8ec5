internal import Basics
internal import Foundation
internal import LinearAlgebra
internal import Machine
public import Outlines

/// How fast this machine multiplies matrices of a model's shape, every worker at the same time.
public struct MachineSpeed: Sendable, Hashable {
  /// FLOP/s of one worker.
  public var flopsPerSecond: Double

  /// Takes a speed as it is.
  public init(flopsPerSecond: Double) {
    self.flopsPerSecond = flopsPerSecond
  }

  /// Multiplies (512, C) · (C, F) on as many threads as the workers have together, five rounds of some 40 ms; the best counts.
  ///
  /// The process must run with the BLAS kernel that workers get.
  public static func measure(_ outline: ModelOutline, workers: Int, threads: Int = 1) -> MachineSpeed {
    let usual = BLASRuntime.threads
    BLASRuntime.threads = 1
    defer { BLASRuntime.threads = usual }
    let tokens = 512
    let (C, F) = (outline.width, outline.layers.map(\.out).max() ?? outline.width)
    let flops = 2 * Double(tokens * C * F)
    let count = max(1, min(workers * threads, MachineFacts.cores))
    // Threads beyond the cores share the cores.
    let share = Double(count) / Double(max(1, workers))
    // The best rate of each thread.
    let best = Lock([Double](repeating: 0, count: count))
    for _ in 0..<5 {
      DispatchQueue.concurrentPerform(iterations: count) { thread in
        let x = Matrix(rows: tokens, columns: C)
        let weight = Matrix(rows: F, columns: C)
        let y = Matrix(rows: tokens, columns: F)
        x.fill(0.5)
        weight.fill(0.25)
        // Touches the pages of the result before the clock runs.
        gemm(x, weight, into: y, transposeB: true)
        let watch = Stopwatch()
        var products = 0.0
        var seconds = 0.0
        while seconds < 0.04 {
          for _ in 0..<4 { gemm(x, weight, into: y, transposeB: true) }
          products += 4
          seconds = watch.seconds
        }
        let rate = products * flops / seconds
        best.withLock { $0[thread] = max($0[thread], rate) }
      }
    }
    let mean = best.withLock { $0.reduce(0, +) / Double(count) }
    return MachineSpeed(flopsPerSecond: mean * share)
  }
}
