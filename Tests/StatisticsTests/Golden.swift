import Foundation
import TestSupport

/// Golden numbers in `Tests/Golden/statistics/<name>.json`.
protocol GoldenFile: Decodable {}

extension GoldenFile {
  static func read(_ name: String) throws -> Self {
    try JSONDecoder().decode(
      Self.self, from: Data(contentsOf: Reference.golden("statistics/\(name).json")))
  }
}

/// |a − b| relative to |b|, absolute where b is zero.
func error(_ a: Double, _ b: Double) -> Double { b == 0 ? abs(a) : abs(a - b) / abs(b) }

/// The largest relative error of two lists; infinite for unequal lengths.
func error(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { error($0, $1) }.max() ?? 0 : .infinity
}

/// The largest |a − b|; infinite for unequal lengths.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
