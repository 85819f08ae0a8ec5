import Foundation
import LinearAlgebra
import Testing

/// Fast functions against the C library's in Double, over the range that a network meets.
@Suite struct FastMathTests {
  private let points = stride(from: Float(-12), through: 12, by: 0.0137)

  @Test func `exp is within a few units in the last place`() {
    for x in stride(from: Float(-80), through: 80, by: 0.173) {
      let expected = exp(Double(x))
      #expect(abs(Double(FastMath.exp(x)) - expected) < 4e-7 * expected, "x = \(x)")
    }
  }

  @Test func `the normal distribution function is within 3e-7`() {
    for x in points {
      let expected = 0.5 * erfc(-Double(x) / 2.0.squareRoot())
      #expect(abs(Double(FastMath.normal(x).distribution) - expected) < 3e-7, "x = \(x)")
      #expect(abs(Double(FastMath.normal(x).exponential) - exp(-Double(x * x) / 2)) < 2e-6, "x = \(x)")
    }
  }
}
