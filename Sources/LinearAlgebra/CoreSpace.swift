public import Basics

/// The common small space of some low-rank matrices: ΔW_t = Q_B·M_t·Q_Aᵀ, exactly, with cores M_t of Σr × Σr at most.
///
/// Thin QR of the stacked factors, [B₁ … B_T] = Q_B·R_B and [A₁; …; A_T]ᵀ = Q_A·R_A, then
/// M_t = s_t·R_B[:, t]·R_A[:, t]ᵀ. What depends on singular values, norms and inner products can be computed on the
/// cores. Cost: O((out + in)·R²) with R = Σr. Source: Core Space merging, arXiv:2509.17786 (with QR instead of SVD).
public struct CoreSpace: Sendable {
  /// M_t, one per matrix.
  public let cores: [DoubleMatrix]
  private let leftRows: RowSpace
  private let rightRows: RowSpace

  /// The common space of matrices of one shape; at least one.
  public init(of terms: [LowRank]) {
    precondition(!terms.isEmpty, "the core space of nothing")
    leftRows = RowSpace(of: .belowEachOther(terms.map { $0.b.transposed }))
    rightRows = RowSpace(of: .belowEachOther(terms.map(\.a)))
    var start = 0
    var cores: [DoubleMatrix] = []
    for term in terms {
      let block = start..<start + term.rank
      let core = DoubleMatrix.product(leftRows.l.rows(block), rightRows.l.rows(block), transposeA: true)
      cores.append(core.scaled(by: term.scale))
      start = block.upperBound
    }
    self.cores = cores
  }

  /// Q_B, (out, min(out, R)).
  public var left: DoubleMatrix { leftRows.q.transposed }

  /// Q_A, (in, min(in, R)).
  public var right: DoubleMatrix { rightRows.q.transposed }

  /// Q_B·X of an X (min(out, R), k).
  public func leftTimes(_ x: DoubleMatrix) -> DoubleMatrix { leftRows.transposedTimes(x) }

  /// X·Q_Aᵀ of an X (k, min(in, R)).
  public func timesRight(_ x: DoubleMatrix) -> DoubleMatrix { rightRows.times(x) }

  /// Σ c_t·M_t.
  public func weightedSum(_ coefficients: [Double]) -> DoubleMatrix {
    precondition(
      coefficients.count == cores.count, "\(coefficients.count) coefficients for \(cores.count) cores")
    return zip(cores, coefficients).reduce(
      DoubleMatrix(rows: leftRows.l.columns, columns: rightRows.l.columns)
    ) { $0 + $1.0.scaled(by: $1.1) }
  }

  /// U, σ, Vᵀ of Q_B·M·Q_Aᵀ, without the directions with σ ≤ `LowRank.negligible`·σ₁.
  public func singularValues(of core: DoubleMatrix) throws(Diagnostic) -> SingularValues {
    lifted(try core.singularValues().dropping())
  }

  /// U, σ, Vᵀ of Σ c_t·ΔW_t.
  public func singularValues(ofSum coefficients: [Double]) throws(Diagnostic) -> SingularValues {
    try singularValues(of: weightedSum(coefficients))
  }

  /// The singular values of a core with the vectors of the full matrix: Q_B·U, σ, Vᵀ·Q_Aᵀ.
  public func lifted(_ svd: SingularValues) -> SingularValues {
    SingularValues(u: leftTimes(svd.u), values: svd.values, vt: timesRight(svd.vt))
  }

  /// Q_B·M·Q_Aᵀ in factors, cut, and the share of Σσ² kept.
  public func lowRank(
    of core: DoubleMatrix, cut: RankCut
  ) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    lowRank(of: try core.singularValues(), cut: cut)
  }

  /// Σ c_t·ΔW_t in factors, cut, and the share of Σσ² kept.
  public func lowRank(
    ofSum coefficients: [Double], cut: RankCut
  ) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    try lowRank(of: weightedSum(coefficients), cut: cut)
  }

  /// Factors of Q_B·U·diag(σ)·Vᵀ·Q_Aᵀ from the decomposition of its core, cut, and the share of Σσ² kept.
  ///
  /// Zero directions are dropped always; the result has scale 1 and √σ in both factors.
  public func lowRank(of svd: SingularValues, cut: RankCut) -> (matrix: LowRank, retainedEnergy: Double) {
    let all = svd.dropping()
    let squares = all.values.map { $0 * $0 }
    let total = squares.reduce(0, +)
    let kept = all.prefix(cut.count(of: squares, total: total))
    let roots = kept.values.map { $0.squareRoot() }
    let energy = kept.values.reduce(0) { $0 + $1 * $1 }
    let matrix = LowRank(
      b: leftTimes(kept.u.scalingColumns(by: roots)), a: timesRight(kept.vt.scalingRows(by: roots)))
    return (matrix, total > 0 ? energy / total : 1)
  }
}

/// The span of the rows of a stack of factors S (R, n): S = L·Q, Q (k, n) with orthonormal rows.
///
/// Q is seldom needed as numbers: where L is far from singular, Q·X is L⁻¹ on the small side and a product with S,
/// which is three times cheaper than forming Q from its reflectors.
private struct RowSpace {
  /// (R, k), lower.
  let l: DoubleMatrix
  private let basis: Basis

  private enum Basis {
    /// S; Q = L⁻¹·S.
    case stack(DoubleMatrix)
    /// Q.
    case orthonormal(DoubleMatrix)
  }

  /// Below it a Q by way of L⁻¹ would lose more than the eleventh digit.
  private static let leastCondition = 1e-5

  init(of stack: DoubleMatrix) {
    let reflected = stack.reflected
    l = reflected.l
    let solvable = l.rows == l.columns && l.reciprocalConditionOfLower > RowSpace.leastCondition
    basis = solvable ? .stack(stack) : .orthonormal(reflected.q)
  }

  /// Q.
  var q: DoubleMatrix { times(DoubleMatrix(diagonal: Array(repeating: 1, count: l.columns))) }

  /// X·Q of an X (c, k).
  func times(_ x: DoubleMatrix) -> DoubleMatrix {
    switch basis {
    case .stack(let stack): x.dividedByLower(l) * stack
    case .orthonormal(let q): x * q
    }
  }

  /// Qᵀ·X of an X (k, c).
  func transposedTimes(_ x: DoubleMatrix) -> DoubleMatrix {
    switch basis {
    case .stack(let stack):
      .product(stack, x.transposed.dividedByLower(l), transposeA: true, transposeB: true)
    case .orthonormal(let q): .product(q, x, transposeA: true)
    }
  }
}
