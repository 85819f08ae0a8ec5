internal import Basics
internal import LinearAlgebra

/// The changes at one site as coordinates in bases that they share: ΔW_t = L·C_t·R, for rules on single entries.
struct AlignedSite {
  /// L, (out, k).
  let left: DoubleMatrix
  /// C_t (k, n) of all models, row by row; zeros where a model lacks the site.
  var coordinates: [[Float]]
  /// R, (n, in); nil where the coordinates have the columns of the full matrix.
  let right: DoubleMatrix?
  /// k and n.
  let shape: (rows: Int, columns: Int)

  /// The columns of all changes side by side, [ΔW_1 … ΔW_T] = U·S·Vᵀ: L = U, C_t = Uᵀ·ΔW_t.
  ///
  /// Source: Stoica et al. 2024 (KnOTS), arXiv:2410.19735, section 4, whose C_t = S·V_tᵀ is the same. The published
  /// code drops σ ≤ 1e-5; here it is a share of σ₁. By the SVD of [M_1 … M_T] in the core space.
  static func knots(_ deltas: [LowRank?]) throws -> AlignedSite {
    let terms = deltas.compactMap { $0 }
    let space = CoreSpace(of: terms)
    let left = space.leftTimes(try DoubleMatrix.besideEachOther(space.cores).nonzeroSingularValues().u)
    return AlignedSite(deltas, left: left, right: nil, shape: (left.columns, terms[0].columns)) {
      // By way of A itself, so that an input that no model looks at stays exactly zero.
      DoubleMatrix.product(left, terms[$0].b, transposeA: true).scaled(by: terms[$0].scale) * terms[$0].a
    }
  }

  /// The left singular vectors of [B_1 … B_T] and the right ones of [A_1; …; A_T]; C_t = Uᵀ·ΔW_t·V.
  ///
  /// Source: Core Space merging, arXiv:2509.17786, as its code has it: the scales α/r are not in the stacks. So the
  /// bases depend on how a change is divided into factors: those of B·c and A/c are others. Factors of a change that is
  /// zero are left out.
  static func core(_ deltas: [LowRank?]) throws -> AlignedSite {
    let nonzero = deltas.map { $0.flatMap { $0.norm > 0 ? $0 : nil } }
    // Where all are zero any basis serves.
    let deltas = nonzero.contains { $0 != nil } ? nonzero : deltas
    let terms = deltas.compactMap { $0 }
    let space = CoreSpace(of: terms)
    let stackB = DoubleMatrix.besideEachOther(terms.map(\.b))
    let stackA = DoubleMatrix.belowEachOther(terms.map(\.a))
    let u = try DoubleMatrix.product(space.left, stackB, transposeA: true).nonzeroSingularValues().u
    let vt = try (stackA * space.right).nonzeroSingularValues().vt
    return AlignedSite(
      deltas, left: space.leftTimes(u), right: space.timesRight(vt), shape: (u.columns, vt.rows)
    ) {
      .product(.product(u, space.cores[$0], transposeA: true), vt, transposeB: true)
    }
  }

  private static func columns(_ deltas: [LowRank?]) -> Int {
    deltas.lazy.compactMap { $0?.columns }.first ?? 0
  }

  /// - Parameter coordinates: C of the n-th model that has the site.
  private init(
    _ deltas: [LowRank?], left: DoubleMatrix, right: DoubleMatrix?, shape: (Int, Int),
    coordinates: (Int) -> DoubleMatrix
  ) {
    self.left = left
    self.right = right
    self.shape = shape
    var present = 0
    self.coordinates = []
    for delta in deltas {
      if delta == nil {
        self.coordinates.append([Float](repeating: 0, count: shape.0 * shape.1))
      } else {
        self.coordinates.append(coordinates(present).floats)
        present += 1
      }
    }
  }

  /// L·C·R of merged coordinates.
  func lifted(_ merged: [Double]) -> LowRank {
    let core = DoubleMatrix(rows: shape.rows, columns: shape.columns, values: merged)
    return LowRank(b: left, a: right.map { core * $0 } ?? core)
  }
}
