public import Basics

/// A matrix that is kept as the product s·B·A of its factors: B (out, r), A (r, in).
///
/// For an adapter it is the change ΔW of a weight. Cost of everything here: O((out + in)·r²), never out·in, but `dense`.
public struct LowRank: Sendable, Hashable {
  /// The share of the largest singular value below which a direction counts as zero.
  ///
  /// Factors are floats, so directions that are zero in exact arithmetic come out near 1e-7.
  public static let negligible = 1e-6

  /// (out, r).
  public var b: DoubleMatrix
  /// (r, in).
  public var a: DoubleMatrix
  /// The factor s.
  public var scale: Double

  /// Joins two factors.
  public init(b: DoubleMatrix, a: DoubleMatrix, scale: Double = 1) {
    precondition(b.columns == a.rows, "B (\(b.rows), \(b.columns)) · A (\(a.rows), \(a.columns))")
    self.b = b
    self.a = a
    self.scale = scale
  }

  /// Zero: rank 0.
  public init(zeroOfRows rows: Int, columns: Int) {
    self.init(b: DoubleMatrix(rows: rows, columns: 0), a: DoubleMatrix(rows: 0, columns: columns))
  }

  /// Rows of the product.
  public var rows: Int { b.rows }
  /// Columns of the product.
  public var columns: Int { a.columns }
  /// The width r of the factors; the matrix may have a smaller rank.
  public var rank: Int { a.rows }
  /// Whether factors and scale are finite.
  public var isFinite: Bool { scale.isFinite && b.isFinite && a.isFinite }

  /// The product as a full matrix.
  ///
  /// Cost: 2·out·r·in FLOPs.
  public var dense: DoubleMatrix { (b.scaled(by: scale) * a) }

  /// c·ΔW, exactly, in the same factors.
  public func scaled(by factor: Double) -> LowRank { LowRank(b: b, a: a, scale: scale * factor) }

  /// The sum, exactly, of rank r₁ + r₂ + …: the factors side by side; at least one term.
  public static func sum(_ terms: [LowRank]) -> LowRank {
    LowRank(
      b: .besideEachOther(terms.map { $0.b.scaled(by: $0.scale) }), a: .belowEachOther(terms.map(\.a)))
  }

  /// ⟨ΔW₁, ΔW₂⟩ = s₁s₂·tr((B₁ᵀB₂)(A₂A₁ᵀ)): only r × r matrices.
  public func innerProduct(_ other: LowRank) -> Double {
    precondition(
      rows == other.rows && columns == other.columns,
      "⟨(\(rows), \(columns)), (\(other.rows), \(other.columns))⟩")
    let left = DoubleMatrix.product(b, other.b, transposeA: true)
    let right = DoubleMatrix.product(a, other.a, transposeB: true)
    return scale * other.scale * left.innerProduct(right)
  }

  /// The Frobenius norm of the product.
  public var norm: Double { max(0, innerProduct(self)).squareRoot() }

  /// U, σ, Vᵀ of the product without its zero directions, through thin QR of both factors and an r × r core.
  public func singularValues() throws(Diagnostic) -> SingularValues {
    try CoreSpace(of: [self]).singularValues(ofSum: [1])
  }

  /// How many directions are not zero (σ > `negligible`·σ₁): the same for every way to factor the matrix.
  ///
  /// σ_r(BA) ≥ σ_r(B)·σ_r(A) and σ₁(BA) ≤ σ₁(B)·σ₁(A), so factors of good condition are known by their r × r Gram
  /// matrices to have rank r; only others need an SVD. Cost: O((out + in)·r²).
  public func numericalRank() throws(Diagnostic) -> Int {
    // Of squares, and with room for their rounding: far above what would be negligible.
    let spread = try LowRank.spread(b.gramOfColumns) * LowRank.spread(a.gramOfRows)
    return rank > 0 && scale != 0 && spread > 1e-8 ? rank : try singularValues().values.count
  }

  /// The smallest eigenvalue of a Gram matrix over the largest; 0 where that is 0.
  private static func spread(_ gram: DoubleMatrix) throws(Diagnostic) -> Double {
    let values = try gram.largestEigenvalues(gram.rows).values
    guard let largest = values.first, let smallest = values.last, largest > 0 else { return 0 }
    return smallest / largest
  }

  /// The nearest matrix of at most that rank (Eckart and Young 1936), and the share of Σσ² that it keeps.
  ///
  /// Zero directions are dropped always; the result has scale 1 and √σ in both factors.
  public func truncated(rank: Int?) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    LowRank.truncated(try singularValues(), rank: rank)
  }

  static func truncated(_ svd: SingularValues, rank: Int?) -> (matrix: LowRank, retainedEnergy: Double) {
    let kept = min(rank ?? svd.values.count, svd.values.count)
    let roots = svd.values.prefix(kept).map { $0.squareRoot() }
    let total = svd.values.reduce(0) { $0 + $1 * $1 }
    let energy = svd.values.prefix(kept).reduce(0) { $0 + $1 * $1 }
    let matrix = LowRank(
      b: svd.u.columns(0..<kept).scalingColumns(by: roots), a: svd.vt.rows(0..<kept).scalingRows(by: roots))
    return (matrix, total > 0 ? energy / total : 1)
  }

  /// The nearest matrix of at most that rank to a full one, and the share of ‖W‖² that it keeps.
  ///
  /// Eigenvectors U of the smaller Gram matrix, then U·(UᵀW), or (WU)·Uᵀ of a tall one: in doubles the squared condition only touches directions
  /// below 1e-7 of the largest, and it costs a third of a full SVD. Cost: O(out·in·min(out, in)).
  public static func nearest(
    to dense: DoubleMatrix, rank: Int?
  ) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    let isTall = dense.rows > dense.columns
    let gram = isTall ? dense.gramOfColumns : dense.gramOfRows
    let (values, vectors) = try gram.largestEigenvalues(min(rank ?? gram.rows, gram.rows))
    let least = (values.first ?? 0) * negligible * negligible
    let kept = values.prefix { $0 > least && $0 > 0 }
    let roots = kept.map { $0.squareRoot().squareRoot() }
    let u = vectors.columns(0..<kept.count)
    let total = gram.trace
    let energy = total > 0 ? min(1, kept.reduce(0, +) / total) : 1
    if isTall {
      let b = (dense * u).scalingColumns(by: roots.map { 1 / $0 })
      return (LowRank(b: b, a: u.scalingColumns(by: roots).transposed), energy)
    }
    let a = DoubleMatrix.product(u, dense, transposeA: true).scalingRows(by: roots.map { 1 / $0 })
    return (LowRank(b: u.scalingColumns(by: roots), a: a), energy)
  }
}

/// The common small space of some low-rank matrices: ΔW_t = Q_B·M_t·Q_Aᵀ, exactly, with cores M_t of Σr × Σr at most.
///
/// Thin QR of the stacked factors, [B₁ … B_T] = Q_B·R_B and [A₁; …; A_T]ᵀ = Q_A·R_A, then
/// M_t = s_t·R_B[:, t]·R_A[:, t]ᵀ. What depends on singular values, norms and inner products can be computed on the
/// cores. Cost: O((out + in)·R²) with R = Σr. Source: Core Space merging, arXiv:2509.17786 (with QR instead of SVD).
public struct CoreSpace: Sendable {
  /// Q_B, (out, min(out, R)).
  public let left: DoubleMatrix
  /// Q_A, (in, min(in, R)).
  public let right: DoubleMatrix
  /// M_t, one per matrix.
  public let cores: [DoubleMatrix]

  /// The common space of matrices of one shape; at least one.
  public init(of terms: [LowRank]) {
    precondition(!terms.isEmpty, "the core space of nothing")
    let (q, r) = DoubleMatrix.besideEachOther(terms.map(\.b)).thinQR
    let (qA, rA) = DoubleMatrix.belowEachOther(terms.map(\.a)).transposed.thinQR
    left = q
    right = qA
    var start = 0
    var cores: [DoubleMatrix] = []
    for term in terms {
      let block = start..<start + term.rank
      let core = DoubleMatrix.product(r.columns(block), rA.columns(block), transposeB: true)
      cores.append(core.scaled(by: term.scale))
      start = block.upperBound
    }
    self.cores = cores
  }

  /// Σ c_t·M_t.
  public func weightedSum(_ coefficients: [Double]) -> DoubleMatrix {
    precondition(
      coefficients.count == cores.count, "\(coefficients.count) coefficients for \(cores.count) cores")
    return zip(cores, coefficients).reduce(DoubleMatrix(rows: left.columns, columns: right.columns)) {
      $0 + $1.0.scaled(by: $1.1)
    }
  }

  /// U, σ, Vᵀ of Q_B·M·Q_Aᵀ, without the directions with σ ≤ `LowRank.negligible`·σ₁.
  public func singularValues(of core: DoubleMatrix) throws(Diagnostic) -> SingularValues {
    let svd = try core.singularValues()
    let kept = svd.values.prefix { $0 > LowRank.negligible * svd.values[0] }.count
    return SingularValues(
      u: left * svd.u.columns(0..<kept), values: Array(svd.values.prefix(kept)),
      vt: DoubleMatrix.product(svd.vt.rows(0..<kept), right, transposeB: true))
  }

  /// U, σ, Vᵀ of Σ c_t·ΔW_t.
  public func singularValues(ofSum coefficients: [Double]) throws(Diagnostic) -> SingularValues {
    try singularValues(of: weightedSum(coefficients))
  }

  /// Q_B·M·Q_Aᵀ in factors, cut to a rank, and the share of Σσ² kept.
  public func lowRank(
    of core: DoubleMatrix, rank: Int?
  ) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    LowRank.truncated(try singularValues(of: core), rank: rank)
  }
}
