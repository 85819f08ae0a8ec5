internal import LinearAlgebra

/// The machine's peak in products of bf16 numbers: that of `GEMMPeak`, the right side as a frozen weight lies.
package struct BFloatPeak: Sendable {
  private let lanes: [Lane]

  private struct Lane: Sendable {
    let x = BFloatMatrix(rounding: Lane.filled(1024, 384))
    let weight = BFloatMatrix(rounding: Lane.filled(1536, 384))
    let result = Matrix(rows: 1024, columns: 1536)

    static func filled(_ rows: Int, _ columns: Int) -> Matrix {
      let matrix = Matrix(rows: rows, columns: columns)
      matrix.fill(0.5)
      return matrix
    }
  }

  /// Prepares products of some threads at once.
  ///
  /// - Throws: a `Diagnostic` where products in bf16 cannot be had here.
  package init(workers: Int) throws {
    _ = try OneDNN.shared.get()
    lanes = (0..<workers).map { _ in Lane() }
  }

  /// GFLOP/s of all threads together: best of some rounds.
  package func measure(rounds: Int = 5) -> Double {
    var best = 0.0
    for round in 0...rounds {
      let repeats = round == 0 ? 2 : 40
      let lanes = lanes
      let seconds = timed(threads: lanes.count) { worker in
        let products = Workspace().products
        let lane = lanes[worker]
        for _ in 0..<repeats { products.gemm(lane.x, lane.weight, into: lane.result, transposeB: true) }
      }
      if round > 0 { best = max(best, Double(lanes.count * repeats) * GEMMPeak.flops / seconds / 1e9) }
    }
    return best
  }
}
