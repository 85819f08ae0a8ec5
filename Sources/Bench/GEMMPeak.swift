internal import LinearAlgebra

/// The machine's peak in single-precision matrix products.
package enum GEMMPeak {
  /// FLOPs of one product: C(1024, 1536) = A(1024, 384) · B(384, 1536).
  static let flops = 2.0 * 1024 * 1536 * 384

  /// GFLOP/s of that product, summed over threads that work at once, one BLAS thread each: best of some rounds.
  package static func measure(workers: Int, rounds: Int = 5) -> Double {
    let threads = BLASRuntime.threads
    BLASRuntime.threads = 1
    defer { BLASRuntime.threads = threads }
    let products = (0..<workers).map { _ in Product() }
    let repeats = 20
    var best = 0.0
    // The first round brings caches and clocks up and is not counted.
    for round in 0...rounds {
      let seconds = timed(threads: workers) { worker in
        for _ in 0..<(round == 0 ? 2 : repeats) { products[worker].multiply() }
      }
      if round > 0 { best = max(best, Double(workers * repeats) * flops / seconds / 1e9) }
    }
    return best
  }

  /// The matrices of one thread, made and touched before the clock runs.
  private struct Product: Sendable {
    let a = Matrix(rows: 1024, columns: 384)
    let b = Matrix(rows: 384, columns: 1536)
    let c = Matrix(rows: 1024, columns: 1536)

    init() {
      a.fill(0.5)
      b.fill(0.25)
    }

    func multiply() { gemm(a, b, into: c) }
  }
}
