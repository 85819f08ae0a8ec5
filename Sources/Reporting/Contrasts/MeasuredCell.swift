internal import Statistics

/// A cell with its mean squares.
struct MeasuredCell {
  let cell: ContrastPlan.Cell
  /// Over the seeds that count: those of both sides where paired.
  let first: SeedScores
  let second: SeedScores
  /// Nil without predictions of both on the same items.
  let contrast: CrossedContrast?
  let firstMeans: CrossedScores?
  let secondMeans: CrossedScores?
  /// The residual and seed components of the differences, where paired.
  let differences: CrossedScores?
  let isPaired: Bool

  /// - Parameter isPaired: Whether seeds of both sides belong together; a side without seeds belongs to none.
  init(_ cell: ContrastPlan.Cell, isPaired: Bool) {
    self.cell = cell
    let isPaired = isPaired && cell.firstScores.hasSeeds && cell.secondScores.hasSeeds
    self.isPaired = isPaired
    if isPaired {
      let common = cell.firstScores.seeds.filter(cell.secondScores.seeds.contains)
      first = cell.firstScores.of(common)
      second = cell.secondScores.of(common)
    } else {
      first = cell.firstScores
      second = cell.secondScores
    }
    firstMeans = first.crossed
    secondMeans = second.crossed
    guard let a = firstMeans, let b = secondMeans, a.items == b.items else {
      (contrast, differences) = (nil, nil)
      return
    }
    if isPaired, let rows = first.items, let others = second.items {
      let differences = CrossedScores(zip(rows, others).map { zip($0, $1).map { $0 - $1 } })
      self.differences = differences
      contrast = CrossedContrast(paired: differences)
    } else {
      differences = nil
      contrast = CrossedContrast(a, b)
    }
  }

  var estimate: Double? {
    if let contrast { return contrast.estimate }
    guard !first.values.isEmpty, !second.values.isEmpty else { return nil }
    return Estimate.mean(first.values) - Estimate.mean(second.values)
  }

  /// Degrees of freedom that seeds give.
  var seedDegrees: Int {
    if isPaired { return first.seeds.count - 1 }
    return [first, second].filter(\.hasSeeds).reduce(0) { $0 + $1.seeds.count - 1 }
  }

  /// The fewest seeds of a trained side.
  var fewestSeeds: Int { [first, second].filter(\.hasSeeds).map(\.seeds.count).min() ?? 0 }

  /// Whether one variance of seeds alone is behind it: paired, or a side without seeds.
  var hasOneSeedVariance: Bool { isPaired || !first.hasSeeds || !second.hasSeeds }

  /// Seeds of trained sides that collapsed.
  var collapsed: Int { [first, second].filter(\.hasSeeds).reduce(0) { $0 + $1.isCollapsed.count { $0 } } }

  /// Items on which the two answer differently, or score differently where answers are not known.
  var discordant: Int {
    guard let contrast else { return 0 }
    guard let a = cell.firstScores.answers, let b = cell.secondScores.answers, a.count == b.count else {
      return contrast.discordant
    }
    return zip(a, b).count { abs($0 - $1) > 1e-12 }
  }

  /// The mean over the two recipes of the variance of their item means: the task's own scale.
  var scale: Double {
    let parts = [firstMeans, secondMeans].compactMap { $0.flatMap { Estimate.variance($0.itemMeans) } }
    let mean = parts.isEmpty ? 0 : Estimate.mean(parts)
    return mean > 0 ? mean : 1
  }

  /// The standard error that seeds give the first side.
  var firstSeedError: Double {
    guard first.hasSeeds, let variance = Estimate.variance(first.values) else { return 0 }
    return (variance / Double(first.values.count)).squareRoot()
  }

  /// Seed variances S, one for each seeds' part of the contrast, with their number of seeds.
  var seedVariances: [(variance: Double, seeds: Int)] {
    guard let contrast else { return [] }
    return contrast.seedParts.map { ($0.variance * ($0.degrees + 1), Int($0.degrees) + 1) }
  }

  /// The variances for planning: seeds' at their upper 80 % limit, as few seeds bind little.
  var design: Design? {
    guard let contrast else { return nil }
    let sides = differences.map { [$0] } ?? [firstMeans, secondMeans].compactMap { $0 }
    let seeds = sides.reduce(0.0) { sum, side in
      guard let component = side.seedComponent, side.seeds > 1 else { return sum }
      let degrees = Double(side.seeds - 1)
      return sum + component * degrees / ChiSquared.quantile(0.2, degrees: degrees)
    }
    return Design(
      seeds: seeds, items: contrast.itemComponent, residual: sides.reduce(0) { $0 + ($1.residual ?? 0) },
      seedParts: hasOneSeedVariance ? 1 : 2)
  }

  /// The error that seeds alone give, where there are no predictions; nil for one seed.
  var seedsAlone: Double? {
    let parts =
      isPaired
      ? [zip(first.values, second.values).map { $0 - $1 }] : [first, second].filter(\.hasSeeds).map(\.values)
    let variances = parts.compactMap { values in Estimate.variance(values).map { $0 / Double(values.count) } }
    return variances.count == parts.count ? variances.reduce(0, +).squareRoot() : nil
  }

  /// Why no verdict can be given; nil where one can.
  var obstacle: String? {
    if !cell.isLearned { return "not learned" }
    if collapsed > 0 { return "collapsed" }
    if first.isConstant || second.isConstant { return "constant predictions" }
    if contrast == nil { return "no predictions" }
    if let contrast, contrast.variance().variance <= 0 { return "identical" }
    return discordant < 10 ? "fewer than 10 items differ" : nil
  }
}
