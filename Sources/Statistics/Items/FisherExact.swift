internal import Foundation

/// Two shares compared exactly: how often one recipe collapsed and how often another.
///
/// Source: Fisher 1934, Statistical methods for research workers, fifth edition.
public enum FisherExact {
  /// The two-sided p value: the chance, with all margins given, of tables no likelier than this one.
  public static func p(_ first: Int, of firstTotal: Int, _ second: Int, of secondTotal: Int) -> Double {
    precondition((0...firstTotal).contains(first) && (0...secondTotal).contains(second), "a share above one")
    let successes = first + second
    let total = firstTotal + secondTotal
    func logWays(_ k: Int, _ n: Int) -> Double {
      GammaFunction.log(Double(n + 1)) - GammaFunction.log(Double(k + 1))
        - GammaFunction.log(Double(n - k + 1))
    }
    func chance(_ k: Int) -> Double {
      exp(logWays(k, firstTotal) + logWays(successes - k, secondTotal) - logWays(successes, total))
    }
    let own = chance(first) * (1 + 1e-7)
    let range = max(0, successes - secondTotal)...min(successes, firstTotal)
    return min(1, range.reduce(0) { chance($1) <= own ? $0 + chance($1) : $0 })
  }
}
