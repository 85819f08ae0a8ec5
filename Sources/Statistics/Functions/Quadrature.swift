internal import Foundation

/// Integrals of smooth functions.
public enum Quadrature {
  /// ∫ from a to b by Gauss and Legendre's rule with 32 points in each of some panels of equal width.
  ///
  /// Exact for polynomials up to degree 63 in a panel. Cost: 32 evaluations a panel.
  public static func integral(from a: Double, to b: Double, panels: Int = 1, _ function: (Double) -> Double)
    -> Double
  {
    let half = (b - a) / Double(2 * panels)
    var sum = 0.0
    for panel in 0..<panels {
      let middle = a + half * Double(2 * panel + 1)
      for node in nodes {
        sum += node.weight * (function(middle - half * node.place) + function(middle + half * node.place))
      }
    }
    return sum * half
  }

  /// The positive half of the 32 points: roots of the Legendre polynomial, by Newton's method from DLMF 18.16's estimate.
  private static let nodes: [(place: Double, weight: Double)] = {
    let count = 32
    return (1...count / 2).map { index in
      var x = cos(Double.pi * (Double(index) - 0.25) / (Double(count) + 0.5))
      var slope = 0.0
      for _ in 0..<100 {
        var value = 1.0
        var before = 0.0
        for degree in 1...count {
          let n = Double(degree)
          (value, before) = (((2 * n - 1) * x * value - (n - 1) * before) / n, value)
        }
        slope = Double(count) * (x * value - before) / (x * x - 1)
        let step = value / slope
        x -= step
        if abs(step) < 1e-16 { break }
      }
      return (x, 2 / ((1 - x * x) * slope * slope))
    }
  }()
}
