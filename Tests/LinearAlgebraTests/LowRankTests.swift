import Basics
import LinearAlgebra
import Testing

/// A matrix of standard normal numbers.
func randomMatrix(_ rows: Int, _ columns: Int, _ name: String) -> DoubleMatrix {
  var stream = RandomStream(seed: 3, "matrix", name, "\(rows)x\(columns)")
  return DoubleMatrix(rows: rows, columns: columns, values: (0..<rows * columns).map { _ in stream.normal() })
}

private func distance(_ a: DoubleMatrix, _ b: DoubleMatrix) -> Double {
  (a - b).norm / max(b.norm, 1e-300)
}

private func identity(_ n: Int) -> DoubleMatrix { DoubleMatrix(diagonal: Array(repeating: 1, count: n)) }

@Suite struct DoubleMatrixTests {
  @Test(arguments: [(3, 5, 4), (1, 1, 1), (7, 2, 9), (4, 0, 3)])
  func `a product equals the triple loop, with all transposes`(m: Int, k: Int, n: Int) {
    let a = randomMatrix(m, k, "a")
    let b = randomMatrix(k, n, "b")
    var expected = DoubleMatrix(rows: m, columns: n)
    for i in 0..<m {
      for j in 0..<n {
        for l in 0..<k { expected[i, j] += a[i, l] * b[l, j] }
      }
    }
    #expect(distance(a * b, expected) < 1e-14)
    #expect(distance(.product(a.transposed, b, transposeA: true), expected) < 1e-14)
    #expect(distance(.product(a, b.transposed, transposeB: true), expected) < 1e-14)
    #expect(distance(a.gramOfRows, .product(a, a, transposeB: true)) < 1e-14)
    #expect(distance(a.gramOfColumns, .product(a, a, transposeA: true)) < 1e-14)
  }

  @Test(arguments: [(8, 3), (3, 8), (5, 5), (1, 6), (0, 4)])
  func `the factors of thin QR are orthonormal and triangular and make the matrix`(rows: Int, columns: Int) {
    let matrix = randomMatrix(rows, columns, "qr")
    let (q, r) = matrix.thinQR
    let k = min(rows, columns)
    #expect(distance(.product(q, q, transposeA: true), identity(k)) < 1e-13)
    #expect(distance(q * r, matrix) < 1e-13)
    for i in 0..<k {
      for j in 0..<min(i, columns) { #expect(r[i, j] == 0) }
    }
  }

  @Test(arguments: [(8, 3), (3, 8), (5, 5), (6, 1), (4, 0)])
  func `the factors of thin LQ are triangular and orthonormal and make the matrix`(rows: Int, columns: Int) {
    let matrix = randomMatrix(rows, columns, "lq")
    let (l, q) = matrix.thinLQ
    #expect(distance(.product(q, q, transposeB: true), identity(min(rows, columns))) < 1e-13)
    #expect(distance(l * q, matrix) < 1e-13)
    for i in 0..<l.rows {
      for j in 0..<l.columns where j > i { #expect(l[i, j] == 0) }
    }
  }

  @Test(arguments: [(9, 4), (4, 9), (6, 6), (1, 3)])
  func `singular values fall and their vectors make the matrix`(rows: Int, columns: Int) throws {
    let matrix = randomMatrix(rows, columns, "svd")
    let svd = try matrix.singularValues()
    let k = min(rows, columns)
    #expect(svd.values == svd.values.sorted(by: >))
    #expect(distance(.product(svd.u, svd.u, transposeA: true), identity(k)) < 1e-13)
    #expect(distance(.product(svd.vt, svd.vt, transposeB: true), identity(k)) < 1e-13)
    #expect(distance(svd.u.scalingColumns(by: svd.values) * svd.vt, matrix) < 1e-13)
  }

  @Test func `the largest eigenvalues of a Gram matrix are squared singular values`() throws {
    let matrix = randomMatrix(7, 20, "eigen")
    let sigma = try matrix.singularValues().values
    for count in [0, 1, 3, 7] {
      let (values, vectors) = try matrix.gramOfRows.largestEigenvalues(count)
      #expect(values.count == count && vectors.columns == count && vectors.rows == 7)
      for (value, s) in zip(values, sigma) { #expect(abs(value / (s * s) - 1) < 1e-12) }
      let image = matrix.gramOfRows * vectors
      #expect(distance(image, vectors.scalingColumns(by: values)) < 1e-12)
    }
  }

  @Test func `eigenvectors are the same bits whatever the memory around them held before`() throws {
    let matrix = randomMatrix(160, 200, "around").gramOfRows
    let expected = try matrix.largestEigenvalues(24).vectors
    for count in 20..<80 {
      // Blocks of NaN are given back just before LAPACK gets blocks of these sizes.
      let waste = (0..<16).map { _ in [Double](repeating: .nan, count: count) }
      #expect(waste.allSatisfy { $0[0].isNaN })
      #expect(try matrix.largestEigenvalues(24).vectors == expected)
    }
  }

  @Test(arguments: ["full", "of rank 20", "close values", "equal values", "diagonal", "zero"])
  func `few eigenvectors of a large matrix are orthonormal and belong to their values`(_ kind: String) throws
  {
    let n = 200
    func symmetric(_ value: (Int) -> Double) -> DoubleMatrix {
      let q = randomMatrix(n, n, "large").thinQR.q
      return .product(q.scalingColumns(by: (0..<n).map(value)), q, transposeB: true)
    }
    let matrix =
      switch kind {
      case "full": randomMatrix(n, 260, "large").gramOfRows
      case "of rank 20": randomMatrix(n, 20, "large").gramOfRows
      case "close values": symmetric { 1 - 1e-9 * Double($0) }
      case "equal values": symmetric { $0 < 30 ? 2 : 1 }
      case "diagonal": DoubleMatrix(diagonal: (0..<n).map { Double($0 % 7) })
      default: DoubleMatrix(rows: n, columns: n)
      }
    let (values, vectors) = try matrix.largestEigenvalues(40)
    let sigma = try matrix.singularValues().values
    let size = max(sigma[0], 1e-300)
    for (value, s) in zip(values, sigma) { #expect(abs(value - s) < 1e-12 * size) }
    #expect(distance(.product(vectors, vectors, transposeA: true), identity(40)) < 1e-10)
    #expect((matrix * vectors - vectors.scalingColumns(by: values)).norm < 1e-11 * size)
  }

  @Test func `a polar factor has orthonormal columns and halves equal ones`() throws {
    let matrix = randomMatrix(9, 4, "polar")
    let polar = try matrix.polarFactor()
    #expect(distance(.product(polar, polar, transposeA: true), identity(4)) < 1e-13)
    let unit = DoubleMatrix(rows: 3, columns: 1, values: [0.6, 0, 0.8])
    let twice = try DoubleMatrix.besideEachOther([unit, unit]).polarFactor()
    #expect(
      distance(.product(twice, twice, transposeB: true), .product(unit, unit, transposeB: true)) < 1e-13)
  }

  @Test func `numbers that are not finite have no decomposition`() {
    var matrix = randomMatrix(2, 3, "nan")
    matrix[1, 2] = .nan
    #expect(throws: Diagnostic("a (2, 3) matrix holds NaN or infinity: no SVD")) {
      try matrix.singularValues()
    }
    let square = matrix.columns(1..<3)
    #expect(throws: Diagnostic("a (2, 2) matrix holds NaN or infinity: no eigenvalues")) {
      try square.largestEigenvalues(1)
    }
  }

  @Test func `pieces and stacks of a matrix are where they belong`() {
    let matrix = DoubleMatrix(rows: 2, columns: 3, floats: [1, 2, 3, 4, 5, 6])
    #expect(matrix.columns(1..<3).values == [2, 3, 5, 6])
    #expect(matrix.rows(1..<2).values == [4, 5, 6])
    #expect(matrix.transposed.values == [1, 4, 2, 5, 3, 6])
    #expect(DoubleMatrix.besideEachOther([matrix.columns(0..<1), matrix.columns(1..<3)]) == matrix)
    #expect(DoubleMatrix.belowEachOther([matrix.rows(0..<1), matrix.rows(1..<2)]) == matrix)
    #expect(matrix.matrix.values == [1, 2, 3, 4, 5, 6] && DoubleMatrix(matrix.matrix) == matrix)
    #expect(matrix.scalingRows(by: [1, 2]).values == [1, 2, 3, 8, 10, 12])
    #expect(DoubleMatrix(diagonal: [2, 3]).trace == 5)
  }
}

@Suite struct LowRankTests {
  private let terms = [3, 1, 4].map { r in
    LowRank(b: randomMatrix(12, r, "b\(r)"), a: randomMatrix(r, 9, "a\(r)"), scale: 0.5 * Double(r))
  }

  @Test(arguments: [Double.nan, .infinity])
  func `the norm of factors that are not finite is none`(number: Double) {
    let b = DoubleMatrix(rows: 2, columns: 1, values: [number, 1])
    #expect(!LowRank(b: b, a: DoubleMatrix(rows: 1, columns: 2, values: [1, 0])).norm.isFinite)
    #expect(LowRank(zeroOfRows: 2, columns: 2).norm == 0)
  }

  @Test func `sum, scale, norm and inner product are those of the full matrices`() {
    let expected = terms[0].dense + terms[1].dense + terms[2].dense
    #expect(distance(LowRank.sum(terms).dense, expected) < 1e-13)
    #expect(distance(terms[2].scaled(by: -2).dense, terms[2].dense.scaled(by: -2)) < 1e-13)
    #expect(abs(terms[0].norm - terms[0].dense.norm) < 1e-12 * terms[0].norm)
    #expect(abs(terms[0].innerProduct(terms[2]) - terms[0].dense.innerProduct(terms[2].dense)) < 1e-11)
  }

  @Test func `the core space gives every matrix back, also where the ranks pass the size`() throws {
    for space in [terms, terms + terms + terms] {
      let core = CoreSpace(of: space)
      for (term, m) in zip(space, core.cores) {
        #expect(distance(.product(core.left * m, core.right, transposeB: true), term.dense) < 1e-12)
      }
      let full = try LowRank.sum(space).dense.singularValues().values
      let small = try core.singularValues(ofSum: space.map { _ in 1 }).values
      for (s, f) in zip(small, full) { #expect(abs(s - f) < 1e-12 * full[0]) }
    }
  }

  @Test func `the core space of factors that depend on each other or differ in size is exact too`() throws {
    let tiny = LowRank(b: terms[1].b.scaled(by: 1e-9), a: terms[1].a.scaled(by: 1e9))
    let sets = [
      [terms[0], terms[0]], [terms[0], tiny], [terms[1], LowRank(zeroOfRows: 12, columns: 9), terms[2]],
    ]
    for set in sets {
      let space = CoreSpace(of: set)
      for (term, core) in zip(set, space.cores) {
        let svd = space.lifted(try core.singularValues())
        #expect((svd.matrix - term.dense).norm <= 1e-10 * term.norm)
        #expect(
          distance(.product(space.left, space.left, transposeA: true), identity(space.left.columns)) < 1e-9)
        #expect(
          distance(.product(space.right, space.right, transposeA: true), identity(space.right.columns)) < 1e-9
        )
      }
    }
  }

  @Test func `triples are cut and dropped from the end`() throws {
    let svd = SingularValues(u: identity(3), values: [2, 1, 1e-9], vt: identity(3))
    #expect(svd.dropping().values == [2, 1] && svd.dropping(upTo: 1).values == [2])
    #expect(svd.prefix(1).matrix == DoubleMatrix(diagonal: [2, 0, 0]) && svd.prefix(9).values.count == 3)
    #expect(svd.replacing([1, 1, 1]).matrix == identity(3))
  }

  @Test func `the numerical rank does not depend on the factors`() throws {
    let term = terms[0]
    let mixed = LowRank(
      b: .besideEachOther([term.b, term.b]),
      a: .belowEachOther([term.a.scaled(by: 0.25), term.a.scaled(by: 0.75)]),
      scale: term.scale)
    #expect(distance(mixed.dense, term.dense) < 1e-13)
    #expect(try mixed.numericalRank() == 3)
    #expect(try LowRank(zeroOfRows: 4, columns: 5).numericalRank() == 0)
    #expect(try term.scaled(by: 0).numericalRank() == 0)
  }

  @Test func `truncation is the best one and says what it keeps`() throws {
    let whole = LowRank.sum(terms)
    let sigma = try whole.dense.singularValues().values
    let total = sigma.reduce(0) { $0 + $1 * $1 }
    for rank in [1, 2, 5, 8, 20] {
      let kept = sigma.prefix(rank).reduce(0) { $0 + $1 * $1 }
      let small = try whole.truncated(RankCut(rank: rank))
      let full = try LowRank.nearest(to: whole.dense, cut: RankCut(rank: rank))
      for (matrix, energy) in [small, full] {
        #expect(matrix.rank == min(rank, 8))
        #expect(abs(energy - kept / total) < 1e-12)
        let lost = (matrix.dense - whole.dense).norm
        #expect(abs(lost * lost - (total - kept)) < 1e-10 * total)
      }
    }
    for share in [0.5, 0.9, 0.999, 1] {
      let rank = (1...8).first { rank in
        sigma.prefix(rank).reduce(0) { $0 + $1 * $1 } >= share * total * (1 - 1e-12)
      }
      for cut in [RankCut(energy: share), RankCut(rank: 2, energy: share)] {
        let expected = min(rank ?? 8, cut.rank ?? 8)
        #expect(try whole.truncated(cut).matrix.rank == expected)
        #expect(try LowRank.nearest(to: whole.dense, cut: cut).matrix.rank == expected)
      }
    }
    let turned = try LowRank.nearest(to: whole.dense.transposed, cut: RankCut(rank: 3)).matrix.dense
      .transposed
    #expect(distance(turned, try whole.truncated(RankCut(rank: 3)).matrix.dense) < 1e-12)
  }

  @Test(arguments: [true, false])
  func `of a large matrix almost the nearest one is found, with a spectrum that falls or is flat`(
    falls: Bool
  ) throws {
    var dense = randomMatrix(1100, 1200, "large").scaled(by: falls ? 0.01 : 1)
    if falls { dense = dense + randomMatrix(1100, 30, "left") * randomMatrix(30, 1200, "right") }
    let (matrix, energy) = try LowRank.nearest(to: dense, cut: RankCut(rank: 20))
    let best = try dense.gramOfRows.largestEigenvalues(20).values.reduce(0, +) / dense.innerProduct(dense)
    #expect(matrix.rank == 20 && energy <= best * (1 + 1e-9))
    #expect(energy > best * (falls ? 1 - 1e-6 : 0.97))
    let lost = (matrix.dense - dense).norm / dense.norm
    #expect(abs(lost * lost - (1 - energy)) < 1e-9)
  }

  @Test func `a large matrix of small rank is cut exactly`() throws {
    let dense = randomMatrix(1100, 15, "left") * randomMatrix(15, 1100, "right")
    let (matrix, energy) = try LowRank.nearest(to: dense, cut: RankCut(rank: 40))
    #expect(matrix.rank == 15 && abs(energy - 1) < 1e-12)
    #expect(distance(matrix.dense, dense) < 1e-10)
  }

  @Test func `zero stays zero of rank zero with all energy kept`() throws {
    let zero = DoubleMatrix(rows: 3, columns: 5)
    let (matrix, energy) = try LowRank.nearest(to: zero, cut: RankCut())
    #expect(matrix.rank == 0 && energy == 1 && matrix.dense == zero)
    let (small, kept) = try LowRank(zeroOfRows: 3, columns: 5).truncated(RankCut(rank: 2))
    #expect(small.rank == 0 && kept == 1 && small.dense == zero)
  }
}
