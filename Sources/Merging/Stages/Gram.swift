internal import LinearAlgebra

/// Inner products ⟨ΔW_i, ΔW_j⟩ of all models: all that a rule of the form Σ c_t·ΔW_t needs to choose its c_t.
///
/// In Double. A model that lacks the site counts as zero. A norm that comes out of a difference of products
/// is good to 1e-8 of its terms, not better.
struct Gram: Sendable {
  /// G (T, T), symmetric.
  let products: DoubleMatrix

  /// Of one site, ⟨ΔW_i, ΔW_j⟩ = s_i·s_j·tr((B_iᵀB_j)·(A_jA_iᵀ)), through the Gram matrices of the stacked
  /// factors.
  ///
  /// Cost: O((out + in)·R²) with R = Σr.
  init(of deltas: [LowRank?]) {
    let present = deltas.indices.compactMap { model in deltas[model].map { (model, $0) } }
    var products = DoubleMatrix(rows: deltas.count, columns: deltas.count)
    guard !present.isEmpty else {
      self.products = products
      return
    }
    let b = DoubleMatrix.besideEachOther(present.map(\.1.b)).transposed.gramOfRows
    let a = DoubleMatrix.belowEachOther(present.map(\.1.a)).gramOfRows
    var startI = 0
    for (i, left) in present {
      var startJ = 0
      for (j, right) in present {
        var sum = 0.0
        for k in startI..<startI + left.rank {
          for l in startJ..<startJ + right.rank { sum += b[k, l] * a[k, l] }
        }
        products[i, j] = left.scale * right.scale * sum
        startJ += right.rank
      }
      startI += left.rank
    }
    self.products = products
  }

  /// Of whole models: the sum over all sites.
  init(sites: [String], deltas: (String) -> [LowRank?]) {
    let grams = sites.map { Gram(of: deltas($0)).products }
    products = grams.dropFirst().reduce(grams.first ?? DoubleMatrix(rows: 0, columns: 0), +)
  }

  init(products: DoubleMatrix) { self.products = products }

  /// One table per row of a site: ⟨row of ΔW_i, row of ΔW_j⟩ = s_i·s_j·B_i[row]·(A_iA_jᵀ)·B_j[row]ᵀ.
  ///
  /// Cost: O((out + in)·R²).
  static func ofRows(_ deltas: [LowRank?]) -> [Gram] {
    let rows = deltas.lazy.compactMap { $0?.rows }.first ?? 0
    var tables = Array(repeating: DoubleMatrix(rows: deltas.count, columns: deltas.count), count: rows)
    for (i, left) in deltas.enumerated() {
      for (j, right) in deltas.enumerated().prefix(i + 1) {
        guard let left, let right else { continue }
        let inner = DoubleMatrix.product(left.a, right.a, transposeB: true)
        let through = left.b * inner.scaled(by: left.scale * right.scale)
        for row in 0..<rows {
          var sum = 0.0
          for k in 0..<right.rank { sum += through[row, k] * right.b[row, k] }
          tables[row][i, j] = sum
          tables[row][j, i] = sum
        }
      }
    }
    return tables.map { Gram(products: $0) }
  }

  /// ‖ΔW_t‖².
  var squaredNorms: [Double] { (0..<products.rows).map { max(0, products[$0, $0]) } }

  /// ‖ΔW_t‖.
  var norms: [Double] { squaredNorms.map { $0.squareRoot() } }

  /// ‖Σ c_t·ΔW_t‖.
  func norm(_ coefficients: [Double]) -> Double {
    max(0, zip(coefficients, dots(coefficients)).reduce(0) { $0 + $1.0 * $1.1 }).squareRoot()
  }

  /// ⟨ΔW_i, Σ c_t·ΔW_t⟩ per model.
  func dots(_ coefficients: [Double]) -> [Double] {
    (0..<products.rows).map { i in
      coefficients.enumerated().reduce(0) { $0 + products[i, $1.offset] * $1.element }
    }
  }

  /// The table of the unit vectors: cosines, −1…1; a change of zero has cosine 0 with everything.
  var ofDirections: Gram {
    let norms = norms
    var cosines = products
    for i in norms.indices {
      for j in norms.indices {
        let scale = norms[i] * norms[j]
        cosines[i, j] = scale > 0 ? min(1, max(-1, products[i, j] / scale)) : 0
      }
    }
    return Gram(products: cosines)
  }
}
