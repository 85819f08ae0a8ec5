internal import Basics
internal import Foundation
internal import LinearAlgebra
internal import Machine
public import Outlines

/// How fast this machine multiplies matrices of a model's shape, every worker at the same time.
public struct MachineSpeed: Sendable, Hashable {
  /// FLOP/s of one worker.
  public var flopsPerSecond: Double
  /// FLOP/s of one worker in products that read bf16; nil where none are asked for.
  public var roundedFlopsPerSecond: Double?

  /// Takes speeds as they are.
  public init(flopsPerSecond: Double, roundedFlopsPerSecond: Double? = nil) {
    self.flopsPerSecond = flopsPerSecond
    self.roundedFlopsPerSecond = roundedFlopsPerSecond
  }

  /// Multiplies (512, C) · (C, F) on as many threads as the workers have together, five rounds of some 40 ms; the best counts.
  ///
  /// The process must run with the BLAS kernel that workers get.
  /// - Parameter inBF16: Whether products that read bf16 are measured too.
  public static func measure(
    _ outline: ModelOutline, workers: Int, threads: Int = 1, inBF16: Bool = false
  ) -> MachineSpeed {
    var speed = MachineSpeed(flopsPerSecond: rate(outline, workers: workers, threads: threads, .float32))
    if inBF16, OneDNN.isThere {
      speed.roundedFlopsPerSecond = rate(outline, workers: workers, threads: threads, .bfloat16)
    }
    return speed
  }

  private static func rate(
    _ outline: ModelOutline, workers: Int, threads: Int, _ precision: Precision
  ) -> Double {
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
        let numbers = Matrix(rows: F, columns: C)
        numbers.fill(0.25)
        let weight = FrozenWeight(
          numbers, bfloats: precision == .bfloat16 ? BFloatMatrix(rounding: numbers) : nil)
        let workspace = Workspace()
        let y = Matrix(rows: tokens, columns: F)
        x.fill(0.5)
        let rows = precision == .bfloat16 ? Operand.rounded(BFloatMatrix(rounding: x)) : .floats(x)
        // Touches the pages of the result before the clock runs.
        weight.forward(rows, into: y, workspace: workspace)
        let watch = Stopwatch()
        var products = 0.0
        var seconds = 0.0
        while seconds < 0.04 {
          for _ in 0..<4 { weight.forward(rows, into: y, workspace: workspace) }
          products += 4
          seconds = watch.seconds
        }
        let rate = products * flops / seconds
        best.withLock { $0[thread] = max($0[thread], rate) }
      }
    }
    let mean = best.withLock { $0.reduce(0, +) / Double(count) }
    return mean * share
  }
}
