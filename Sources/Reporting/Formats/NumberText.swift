internal import Foundation
package import Statistics

/// Numbers as people read them; files hold full precision.
package enum NumberText {
  /// A number with so many digits after the point, `0.812`; `n/a` where there is none.
  package static func fixed(_ value: Double?, digits: Int = 3) -> String {
    guard let value, value.isFinite else { return missing }
    let scale = pow(10, Double(digits))
    guard abs(value) * scale < 1e15 else { return "\(value)" }
    let units = Int((abs(value) * scale).rounded())
    let whole = units / Int(scale)
    let rest = String(units % Int(scale))
    let sign = value < 0 && units > 0 ? "-" : ""
    if digits == 0 { return sign + String(whole) }
    return sign + String(whole) + "." + String(repeating: "0", count: digits - rest.count) + rest
  }

  /// What stands where nothing is known.
  package static let missing = "n/a"

  /// `+0.013`, `-0.002`, `0.000`.
  package static func signed(_ value: Double?, digits: Int = 3) -> String {
    let text = fixed(value, digits: digits)
    guard let value, value > 0, text.contains(where: { "123456789".contains($0) }) else { return text }
    return "+" + text
  }

  /// `0.812 ± 0.010`; without an interval the mean alone.
  ///
  /// - Parameter seeds: As many as the reader expects behind the mean; another number is told: `0.812 ± 0.010 (2 seeds)`.
  package static func estimate(
    _ value: Estimate?, digits: Int = 3, signed: Bool = false, of seeds: Int? = nil
  ) -> String {
    guard let value else { return missing }
    let mean = signed ? NumberText.signed(value.mean, digits: digits) : fixed(value.mean, digits: digits)
    let text = value.halfWidth.map { "\(mean) ± \(fixed($0, digits: digits))" } ?? mean
    return seeds == nil || seeds == value.count ? text : text + " (\(count(value.count, "seed")))"
  }

  /// `0.812 [0.790, 0.834]`: a share with its interval, where one holds.
  package static func share(_ recovered: Recovered?) -> String {
    guard let recovered else { return missing }
    let ends = recovered.interval.map { " [\(fixed($0.lowerBound)), \(fixed($0.upperBound))]" }
    return fixed(recovered.value) + (ends ?? "")
  }

  /// `+0.012 [-0.010, +0.034]`: a gain with its own interval; `…` where an end is open.
  package static func gain(_ contrast: Contrast?) -> String {
    guard let contrast else { return missing }
    let mean = signed(contrast.estimate)
    guard let interval = contrast.interval else { return mean }
    let ends = [interval.lowerBound, interval.upperBound].map { $0.isFinite ? signed($0) : "…" }
    return "\(mean) [\(ends[0]), \(ends[1])]"
  }

  /// `3 seeds`, `2 to 3 seeds`.
  package static func seeds(_ numbers: ClosedRange<Int>) -> String {
    let (fewest, most) = (numbers.lowerBound, numbers.upperBound)
    return fewest == most ? count(most, "seed") : "\(fewest) to \(most) seeds"
  }

  /// `1 seed`, `3 seeds`.
  package static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    number == 1 ? "1 \(one)" : "\(number) \(many ?? one + "s")"
  }
}
