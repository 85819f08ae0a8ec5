internal import Basics
internal import Foundation
internal import Specs

extension MixtureRule {
  /// By size, flattened: p ∝ min(n, K)^(1/T).
  ///
  /// T = 1 is proportional, T → ∞ is equal; K is optional.
  ///
  /// Source: Raffel et al. 2019, arXiv:1910.10683, section 3.5.2, temperature-scaled mixing. The cap comes
  /// before the temperature and the sum to 1 last, as in SeqIO.
  static let temperature = MixtureRule(
    "temperature", "by size flattened with a temperature, cap first", parameters: ["temperature", "cap"],
    needs: ["temperature"]
  ) { sizes, _, spec in
    let temperature = try needed(spec.temperature, "temperature", of: "temperature")
    guard temperature > 0, temperature.isFinite else {
      throw Diagnostic("'temperature' is \(temperature), but must be above 0")
    }
    let amounts = try capped(sizes, at: spec.cap)
    // Divided by the largest first: a power of a big number near T = 0 would leave the range of Double.
    let largest = amounts.max() ?? 1
    return amounts.map { pow($0 / largest, 1 / temperature) }
  }
}
