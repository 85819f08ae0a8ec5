import LinearAlgebra
import TestSupport
import Testing

@Suite struct CholeskyTests {
  /// Numbers without a pattern.
  private func numbers(_ count: Int) -> [Float] {
    (0..<count).map { Float(($0 * 7919 + 31) % 101) / 50 - 1 }
  }

  @Test func `a quotient by a symmetric matrix times that matrix is the dividend`() throws {
    let x = DoubleMatrix(rows: 12, columns: 7, floats: numbers(84))
    let s = x.gramOfColumns
    let m = DoubleMatrix(rows: 3, columns: 7, floats: numbers(21).reversed())
    let quotient = try #require(m.divided(bySymmetric: s))
    #expect(relativeError((quotient * s).floats, m.floats) < 1e-6)
    // Nothing to divide, or nothing to divide by.
    #expect(DoubleMatrix(rows: 0, columns: 7).divided(bySymmetric: s)?.rows == 0)
    #expect(m.divided(bySymmetric: DoubleMatrix(rows: 7, columns: 7)) == nil)
    #expect(m.divided(bySymmetric: s.scaled(by: -1)) == nil)
    #expect(m.divided(bySymmetric: s.scaled(by: .nan)) == nil)
  }

  @Test func `the Gram matrix of columns is added to the upper triangle, then mirrored`() {
    let whole = Matrix(rows: 5, columns: 6, values: numbers(30))
    let x = whole.columns(1..<5)
    let sum = Matrix(rows: 4, columns: 4)
    sum.fill(2)
    x.addGramOfColumns(toUpper: sum)
    #expect(sum[3, 0] == 2)
    sum.mirrorUpper()
    let expected = DoubleMatrix(x).gramOfColumns.floats.map { $0 + 2 }
    #expect(relativeError(sum.values, expected) < 1e-6)
  }
}
