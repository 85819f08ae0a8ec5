internal import Statistics

/// The mean over a family's learned tasks: its first answer.
struct FamilyMean {
  /// Those behind the mean.
  let cells: [MeasuredCell]
  /// Whether the seeds of all tasks are the same ones, whatever the models, as where each has a base of its own.
  let sharesSeeds: Bool

  /// Nil for fewer than two tasks whose metrics are in points.
  init?(_ measured: [MeasuredCell], sharesSeeds: Bool) {
    cells = measured.filter { $0.cell.isLearned && $0.cell.isInPoints }
    self.sharesSeeds = sharesSeeds
    if cells.count < 2 { return nil }
  }

  /// Whether on all tasks seeds of both sides belong together.
  var isPaired: Bool { cells.allSatisfy(\.isPaired) }

  var estimate: Double { Estimate.mean(cells.map { $0.estimate ?? 0 }) }

  /// Seeds' parts: tasks that share a model share its seeds, so that their mean is taken before the variance.
  private var seedParts: [Satterthwaite.Part] {
    // A side without seeds adds nothing to what the other one's vary by.
    if sharesSeeds {
      return parts(cells.map { ("", $0.isPaired ? $0.first.above($0.second) : $0.first) })
    }
    let (paired, apart) = (cells.filter(\.isPaired), cells.filter { !$0.isPaired })
    return parts(paired.map { ($0.cell.first.model, $0.first.above($0.second)) })
      + parts(apart.map { ($0.cell.first.model, $0.first) })
      + parts(apart.map { ($0.cell.second.model, $0.second) })
  }

  /// The parts of each model: var over its seeds of Σ w·value ÷ R, with w = 1 ÷ tasks of the mean, but at least what
  /// tasks with seeds of their own would give: a joint variance of few seeds is small by chance too often.
  private func parts(_ scores: [(model: String, scores: SeedScores)]) -> [Satterthwaite.Part] {
    var models: [String] = []
    for entry in scores where !models.contains(entry.model) { models.append(entry.model) }
    let weight = 1 / Double(cells.count)
    return models.flatMap { model -> [Satterthwaite.Part] in
      let own = scores.filter { $0.model == model }.map(\.scores)
      guard own[0].hasSeeds else { return [] }
      let common = own[0].seeds.filter { seed in own.allSatisfy { $0.seeds.contains(seed) } }
      let shared = own.map { $0.of(common).values }
      let sums = common.indices.map { index in shared.reduce(0.0) { $0 + $1[index] } * weight }
      guard let joint = FamilyMean.part(sums, 1) else { return [Satterthwaite.Part(.infinity, degrees: 1)] }
      let apart = shared.compactMap { FamilyMean.part($0, weight) }
      return apart.reduce(0) { $0 + $1.variance } > joint.variance ? apart : [joint]
    }
  }

  /// weight²·S/R of some values; nil for one.
  private static func part(_ values: [Double], _ weight: Double) -> Satterthwaite.Part? {
    Estimate.variance(values).map {
      Satterthwaite.Part(weight * weight * $0 / Double(values.count), degrees: Double(values.count - 1))
    }
  }

  /// Items of different tasks are different texts: Σ w²·S_I/n.
  private var itemParts: [Satterthwaite.Part]? {
    let weight = 1 / Double(cells.count)
    let parts = cells.compactMap { cell in
      cell.contrast.map {
        Satterthwaite.Part(weight * weight * $0.itemPart.variance, degrees: $0.itemPart.degrees)
      }
    }
    return parts.count == cells.count ? parts : nil
  }

  /// The standard error that seeds give the first side.
  var firstSeedError: Double {
    parts(cells.map { (sharesSeeds ? "" : $0.cell.first.model, $0.first) }).reduce(0) { $0 + $1.variance }
      .squareRoot()
  }
  var seedError: Double { seedParts.reduce(0) { $0 + $1.variance }.squareRoot() }
  var itemError: Double? { itemParts.map { $0.reduce(0) { $0 + $1.variance }.squareRoot() } }
  var items: Int? {
    let counts = cells.compactMap { $0.contrast?.items }
    return counts.count == cells.count ? counts.reduce(0, +) : nil
  }

  /// V and ν; nil without predictions, or where a side has one seed.
  var variance: Satterthwaite.Part? {
    guard let itemParts else { return nil }
    let seeds = seedParts
    let total = (seeds + itemParts).reduce(0) { $0 + $1.variance }
    guard total.isFinite else { return nil }
    let least = seeds.map(\.degrees).min() ?? 1
    return Satterthwaite.Part(total, degrees: max(least, Satterthwaite.degrees(seeds + itemParts)))
  }

  /// Why no verdict can be given.
  var obstacle: String? {
    let collapsed = cells.filter { $0.collapsed > 0 }.map(\.cell.task)
    if !collapsed.isEmpty { return "collapsed: " + collapsed.joined(separator: ", ") }
    if cells.contains(where: { $0.contrast == nil }) { return "no predictions" }
    if cells.contains(where: { $0.first.isConstant || $0.second.isConstant }) {
      return "constant predictions"
    }
    return nil
  }
}
