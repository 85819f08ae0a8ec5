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

  /// The Frobenius norm of the product; NaN where a factor is not finite.
  public var norm: Double {
    // Rounding may leave a zero below zero; `max` would make a zero of NaN too.
    let square = innerProduct(self)
    return square < 0 ? 0 : square.squareRoot()
  }

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
    if rank > 0 && scale != 0 && spread > 1e-8 { return rank }
    return try CoreSpace(of: [self]).cores[0].singularValues().dropping().values.count
  }

  /// The smallest eigenvalue of a Gram matrix over the largest; 0 where that is 0.
  private static func spread(_ gram: DoubleMatrix) throws(Diagnostic) -> Double {
    let values = try gram.largestEigenvalues(gram.rows).values
    guard let largest = values.first, let smallest = values.last, largest > 0 else { return 0 }
    return smallest / largest
  }

  /// The nearest matrix of the rank that a cut leaves (Eckart and Young 1936), and the share of Σσ² that it keeps.
  ///
  /// Zero directions are dropped always; the result has scale 1 and √σ in both factors.
  public func truncated(_ cut: RankCut) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    try CoreSpace(of: [self]).lowRank(ofSum: [1], cut: cut)
  }

  /// The nearest matrix to a full one of the rank that a cut leaves, and the share of ‖W‖² that it keeps.
  ///
  /// Of a matrix with more than 1024 rows and columns, at a rank below a tenth, almost the nearest (`almostNearest`).
  /// Eigenvectors U of the smaller Gram matrix, then U·(UᵀW), or (WU)·Uᵀ of a tall one: in doubles the squared condition
  /// only touches directions below 1e-7 of the largest, and it costs a third of a full SVD.
  /// Cost: O(out·in·min(out, in)).
  public static func nearest(
    to dense: DoubleMatrix, cut: RankCut
  ) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double) {
    let isTall = dense.rows > dense.columns
    if let rank = cut.rank, min(dense.rows, dense.columns) > 1024, rank * 10 < min(dense.rows, dense.columns),
      let (matrix, energy) = try almostNearest(
        to: isTall ? dense.transposed : dense, rank: rank, energy: cut.energy)
    {
      return (isTall ? LowRank(b: matrix.a.transposed, a: matrix.b.transposed) : matrix, energy)
    }
    let gram = isTall ? dense.gramOfColumns : dense.gramOfRows
    let (values, vectors) = try gram.largestEigenvalues(min(cut.rank ?? gram.rows, gram.rows))
    let least = (values.first ?? 0) * negligible * negligible
    let total = gram.trace
    let nonzero = Array(values.prefix { $0 > least && $0 > 0 })
    let kept = nonzero.prefix(cut.count(of: nonzero, total: total))
    let roots = kept.map { $0.squareRoot().squareRoot() }
    let u = vectors.columns(0..<kept.count)
    let energy = total > 0 ? min(1, kept.reduce(0, +) / total) : 1
    if isTall {
      let b = (dense * u).scalingColumns(by: roots.map { 1 / $0 })
      return (LowRank(b: b, a: u.scalingColumns(by: roots).transposed), energy)
    }
    let a = DoubleMatrix.product(u, dense, transposeA: true).scalingRows(by: roots.map { 1 / $0 })
    return (LowRank(b: u.scalingColumns(by: roots), a: a), energy)
  }
}
