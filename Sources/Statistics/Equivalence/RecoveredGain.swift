public import Basics
internal import Foundation

/// The share of a single's gain over the base that another model has: (model − base) ÷ (single − base), on one task.
///
/// N = model − base and Q = single − base share the items, and where the model was made of the single's trainings their
/// seeds; the base has no seeds. Numbers are turned so that more is better.
public struct RecoveredGain: Sendable {
  /// The model's score by seed; empty for one without seeds.
  let model: [Double]
  /// The single's.
  let single: [Double]
  /// Whether seed s of the model was made of seed s of the single.
  let isPaired: Bool
  /// N and Q.
  let numerator: Double
  let denominator: Double
  /// S_I/n of N and Q, and their covariance.
  private let items: (numerator: Double, denominator: Double, both: Double)
  private let itemDegrees: Double

  /// Scores by seed and item, all on the same items; `base` has one row.
  ///
  /// Traps on unequal items, and where paired on unequal seeds. Cost: O(seeds · items).
  public init(
    model: CrossedScores, hasSeeds: Bool, single: CrossedScores, base: CrossedScores, isPaired: Bool
  ) {
    precondition(model.items == base.items && single.items == base.items, "scores of other items")
    precondition(
      !isPaired || model.seeds == single.seeds, "pairs of \(model.seeds) and \(single.seeds) seeds")
    self.model = hasSeeds ? model.seedMeans : []
    self.single = single.seedMeans
    self.isPaired = isPaired
    numerator = model.mean - base.mean
    denominator = single.mean - base.mean
    let count = Double(base.items)
    let gains = zip(model.itemMeans, base.itemMeans).map { $0 - $1 }
    let whole = zip(single.itemMeans, base.itemMeans).map { $0 - $1 }
    items = (
      RecoveredGain.covariance(gains, gains) / count, RecoveredGain.covariance(whole, whole) / count,
      RecoveredGain.covariance(gains, whole) / count
    )
    itemDegrees = max(1, count - 1)
  }

  /// Seeds of the model; 0 for one without.
  public var seeds: Int { model.count }

  /// N ÷ Q.
  public var ratio: Double { numerator / denominator }

  /// Q over its standard error: with less than four the interval of the ratio is of no use, and not told.
  public var clearance: Double {
    denominator / (RecoveredGain.variance(single) + items.denominator).squareRoot()
  }

  /// Fieller's interval; nil where it is unbounded, or where a side has too few seeds for a variance.
  ///
  /// ν is the smallest of those of N − ρQ at ρ = 0, the ratio and 1.
  public func interval(alpha: Double = 0.05) -> ClosedRange<Double>? {
    guard single.count > 1, model.count != 1 else { return nil }
    let quantile = StudentT.quantile(1 - alpha / 2, degrees: [0, ratio, 1].map(degrees).min() ?? 1)
    let shared = isPaired ? RecoveredGain.covariance(model, single) / Double(model.count) : 0
    return Fieller(
      numerator: numerator, denominator: denominator,
      variances: (
        RecoveredGain.variance(model) + items.numerator, RecoveredGain.variance(single) + items.denominator
      ),
      covariance: items.both + shared, quantile: quantile
    ).interval
  }

  /// Satterthwaite's ν of N − ρQ, not below the seeds' fewest.
  private func degrees(_ ratio: Double) -> Double {
    let item = items.numerator - 2 * ratio * items.both + ratio * ratio * items.denominator
    var parts: [Satterthwaite.Part] = []
    if isPaired {
      let rest = zip(model, single).map { $0 - ratio * $1 }
      parts = [Satterthwaite.Part(RecoveredGain.variance(rest), degrees: Double(rest.count - 1))]
    } else {
      for (values, factor) in [(model, 1), (single, ratio * ratio)] where values.count > 1 {
        parts.append(
          Satterthwaite.Part(factor * RecoveredGain.variance(values), degrees: Double(values.count - 1)))
      }
    }
    let least = parts.map(\.degrees).min() ?? 1
    return max(least, Satterthwaite.degrees(parts + [Satterthwaite.Part(max(0, item), degrees: itemDegrees)]))
  }

  /// S/R; 0 for no seeds.
  private static func variance(_ values: [Double]) -> Double {
    (Estimate.variance(values) ?? 0) / Double(max(1, values.count))
  }

  private static func covariance(_ x: [Double], _ y: [Double]) -> Double {
    guard x.count > 1 else { return 0 }
    let (a, b) = (Estimate.mean(x), Estimate.mean(y))
    return zip(x, y).reduce(0) { $0 + ($1.0 - a) * ($1.1 - b) } / Double(x.count - 1)
  }
}

extension RecoveredGain {
  /// The interval of the mean over tasks of one model's ratios, by a parametric bootstrap; nil where a side has too few
  /// seeds for a variance.
  ///
  /// The model's seeds stand in one order on all tasks: a seed is one model, whose deviations on all tasks are drawn
  /// together, as those of the singles that it was made of are. A mean over R seeds is drawn from its t distribution with
  /// R − 1 degrees of freedom, not from the seeds themselves, of which so few say too little; items, which are many, from
  /// their normal limit. Percentiles of `draws`. Cost: O(draws · tasks · seeds).
  public static func interval(
    ofMean gains: [RecoveredGain], alpha: Double = 0.05, draws: Int = 2000, using stream: inout RandomStream
  ) -> ClosedRange<Double>? {
    guard !gains.isEmpty, gains.allSatisfy({ $0.single.count > 1 && $0.model.count != 1 }) else { return nil }
    precondition(Set(gains.map(\.model.count)).count == 1, "other seeds on other tasks")
    let models = gains.map { weighted($0.model) }
    let singles = gains.map { weighted($0.single) }
    let roots = gains.map(\.itemRoot)
    var means: [Double] = []
    means.reserveCapacity(draws)
    for _ in 0..<draws {
      let seeds = direction(gains[0].model.count, &stream)
      var sum = 0.0
      for (index, gain) in gains.enumerated() {
        let own = gain.isPaired ? seeds : direction(gain.single.count, &stream)
        let (x, y) = (stream.normal(), stream.normal())
        let root = roots[index]
        let top = gain.numerator + dot(models[index], seeds) + root.a * x
        let bottom = gain.denominator + dot(singles[index], own) + root.b * x + root.c * y
        sum += top / bottom
      }
      means.append(sum / Double(gains.count))
    }
    means.sort()
    let cut = Int(alpha / 2 * Double(draws))
    return means[cut]...means[draws - 1 - cut]
  }

  /// The lower triangle of the items' covariance.
  private var itemRoot: (a: Double, b: Double, c: Double) {
    let a = items.numerator.squareRoot()
    let b = a > 0 ? items.both / a : 0
    return (a, b, max(0, items.denominator - b * b).squareRoot())
  }

  /// (x − x̄)/√(R(R − 1)): with normal weights a draw of the mean's error.
  private static func weighted(_ values: [Double]) -> [Double] {
    guard values.count > 1 else { return [] }
    let mean = Estimate.mean(values)
    let scale = Double(values.count * (values.count - 1)).squareRoot()
    return values.map { ($0 - mean) / scale }
  }

  /// Normal numbers over √(χ²/(R − 1)), by which each mean has its t distribution.
  private static func direction(_ count: Int, _ stream: inout RandomStream) -> [Double] {
    guard count > 1 else { return [] }
    var squares = 0.0
    for _ in 1..<count {
      let x = stream.normal()
      squares += x * x
    }
    let scale = (squares / Double(count - 1)).squareRoot()
    return (0..<count).map { _ in stream.normal() / scale }
  }

  private static func dot(_ x: [Double], _ y: [Double]) -> Double {
    zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
