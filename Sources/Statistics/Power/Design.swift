/// The variances behind a contrast, from which the error of other numbers of seeds and items follows.
public struct Design: Sendable, Hashable {
  /// Var a of all seeds' parts together.
  public var seeds: Double
  /// Var g: items' part of the difference.
  public var items: Double
  /// Var e of all seeds' parts together; the rule `sum` counts it twice.
  public var residual: Double
  /// Seeds' parts, each a variance of its own with R − 1 degrees of freedom: 2 for two sides trained apart, 1 where one side
  /// alone has seeds or the difference is taken seed by seed.
  public var seedParts: Int

  /// Variances in squared units of the metric; traps on other seeds' parts than 1 or 2.
  public init(seeds: Double, items: Double, residual: Double, seedParts: Int) {
    precondition(seedParts == 1 || seedParts == 2, "\(seedParts) parts of seeds")
    self.seeds = seeds
    self.items = items
    self.residual = residual
    self.seedParts = seedParts
  }

  /// V and its degrees of freedom with R seeds a side and n items, by the rule `sum`.
  public func variance(seeds r: Int, items n: Int) -> Satterthwaite.Part {
    let own = (seeds + residual / Double(n)) / Double(r)
    let shared = (items + residual / Double(r)) / Double(n)
    // Of two parts both alike.
    let part = Satterthwaite.Part(own / Double(seedParts), degrees: Double(r - 1))
    let parts =
      (r > 1 ? Array(repeating: part, count: seedParts) : [])
      + [Satterthwaite.Part(shared, degrees: Double(max(1, n - 1)))]
    return Satterthwaite.Part(own + shared, degrees: max(Double(max(1, r - 1)), Satterthwaite.degrees(parts)))
  }

  /// What would decide a difference of `size` with 80 % power.
  public enum Need: Sendable, Hashable {
    /// So many seeds a side, with the items as they are.
    case seeds(Int)
    /// So many items, with the seeds as they are: no number of seeds is enough.
    case items(Int)
    /// At least so many seeds and more items too: neither alone is enough.
    case both(seeds: Int)
    /// More than fifty seeds.
    case manySeeds
  }

  /// The smallest R ≤ 50 with λ(ν)·√V ≤ size; else the items needed at this R; else the R from which items can help.
  ///
  /// No number of seeds helps where the items alone leave more than the size: λ(∞)²·g/n ≥ size².
  public func need(size: Double, seeds r: Int, items n: Int, alpha: Double = 0.05, power: Double = 0.8)
    -> Need
  {
    precondition(size > 0 && r > 0 && n > 1, "a difference of \(size), \(r) seeds, \(n) items")
    let limit = Normal.quantile(1 - alpha / 2) + Normal.quantile(power)
    if limit * limit * items / Double(n) < size * size {
      return (max(2, r)...max(50, r)).first { isEnough(size, $0, n, alpha, power) }.map(Need.seeds)
        ?? .manySeeds
    }
    func rest(_ r: Int) -> Double {
      let part = variance(seeds: r, items: 1_000_000_000)
      let factor = DetectableDifference.factor(degrees: part.degrees, alpha: alpha, power: power)
      return size * size / (factor * factor) - seeds / Double(r)
    }
    if rest(r) > 0 {
      var needed = n
      while !isEnough(size, r, needed, alpha, power), needed < 100_000_000 { needed = needed * 5 / 4 + 1 }
      return .items(needed)
    }
    return (r...max(50, r)).first { rest($0) > 0 }.map { .both(seeds: $0) } ?? .manySeeds
  }

  private func isEnough(_ size: Double, _ r: Int, _ n: Int, _ alpha: Double, _ power: Double) -> Bool {
    let part = variance(seeds: r, items: n)
    let factor = DetectableDifference.factor(degrees: part.degrees, alpha: alpha, power: power)
    return factor * part.variance.squareRoot() <= size
  }
}
