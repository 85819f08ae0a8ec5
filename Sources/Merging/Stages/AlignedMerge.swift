internal import Basics
internal import LinearAlgebra

/// TIES, or DARE before its last two steps, on the coordinates of an `AlignedSite`.
///
/// Per model: its largest coordinates, or coordinates drawn with probability `density` and divided by it. Per
/// coordinate: the sign s of Σ C_t, then Σ w_t·C_t over the t of sign s, divided by their number (or Σ |w_t|, or not at
/// all); a sum of exactly zero stays zero, so that turning a basis vector round changes nothing.
/// Memory: k·n floats a model and site; of all sites at once where the trim is over whole models.
struct AlignedMerge: Merging {
  /// What becomes of a model's coordinates first.
  enum Pruning { case largest, random }
  /// How they are put together.
  enum Combination: String, CaseIterable {
    case weightedMean = "weighted_mean"
    case mean, sum
  }

  let align: @Sendable ([LowRank?]) throws -> AlignedSite
  let pruning: Pruning
  let density: Double
  let trimsWholeModel: Bool
  let elects: Bool
  let combination: Combination
  let scale: Double
  /// What is kept of each model and the sites, where the trim is over whole models.
  private var limits: [Cutoff] = []
  private var sites: [String: AlignedSite] = [:]

  init(
    _ align: @escaping @Sendable ([LowRank?]) throws -> AlignedSite, pruning: Pruning, density: Double,
    trimsWholeModel: Bool = false, elects: Bool = true, combination: Combination, scale: Double
  ) {
    self.align = align
    self.pruning = pruning
    self.density = density
    self.trimsWholeModel = trimsWholeModel
    self.elects = elects
    self.combination = combination
    self.scale = scale
  }

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    guard trimsWholeModel, density < 1 else { return }
    let aligned = try sites.map { try align(deltas($0)) }
    self.sites = Dictionary(zip(sites, aligned)) { first, _ in first }
    let count = aligned.reduce(0) { $0 + $1.shape.rows * $1.shape.columns }
    guard count > 0 else { return }
    limits = (aligned.first?.coordinates ?? []).indices.map { model in
      Cutoff(MagnitudeBand.kept(density: density, of: count), of: count, keepsEqual: true) { visit in
        for site in aligned {
          let values = site.coordinates[model]
          visit(values.span)
        }
      }
    }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let aligned = try sites[site] ?? align(deltas)
    var pruned = aligned.coordinates
    if density < 1 {
      for model in pruned.indices {
        prune(&pruned[model], model, random.stream(DrawName.of(deltas[model])))
      }
    }
    return Merged(.lowRank(aligned.lifted(combined(pruned, weights))))
  }

  private func prune(_ values: inout [Float], _ model: Int, _ random: RandomStream) {
    switch pruning {
    case .largest:
      let cutoff =
        trimsWholeModel
        ? (limits.isEmpty ? .all : limits[model])
        : Cutoff(MagnitudeBand.kept(density: density, of: values.count), of: values.count) { visit in
          visit(values.span)
        }
      var mask = BandMask(inside: cutoff)
      let columns = values.count
      var span = values.mutableSpan
      mask.apply(to: &span, columns: columns)
    case .random:
      var random = random
      for i in values.indices {
        values[i] = random.uniform() < density ? values[i] / Float(density) : 0
      }
    }
  }

  private func combined(_ coordinates: [[Float]], _ weights: [Double]) -> [Double] {
    let count = coordinates.first?.count ?? 0
    var totals = [Double](repeating: 0, count: count)
    var sum = totals
    var parts = totals
    for values in coordinates {
      var span = totals.mutableSpan
      for i in 0..<count { span[i] += Double(values[i]) }
    }
    for (values, weight) in zip(coordinates, weights) {
      let part = combination == .mean ? 1 : abs(weight)
      add(values.span, weight, part, where: totals.span, to: &sum, &parts)
    }
    if combination == .sum { return sum.map { $0 * scale } }
    return zip(sum, parts).map { $1 > 0 ? $0 / $1 * scale : 0 }
  }

  /// Adds w·c to `sum` and `part` to `parts` where c has the sign of the total, or everywhere without election.
  private func add(
    _ values: Span<Float>, _ weight: Double, _ part: Double, where totals: Span<Double>,
    to sum: inout [Double], _ parts: inout [Double]
  ) {
    var sum = sum.mutableSpan
    var parts = parts.mutableSpan
    for i in 0..<values.count {
      let value = Double(values[i])
      let agrees: Double = !elects || value * totals[i] > 0 ? 1 : 0
      sum[i] += agrees * weight * value
      parts[i] += agrees * part
    }
  }
}

extension AlignedMerge {
  /// The parameters `density` (kept by size), `scale`, `trim_scope` and `combine`.
  static func tiesParameters(density: Double, scope: TrimScope) -> [ParameterSpec] {
    [
      ParameterSpec(
        "density", .number(0.0001...1), default: .number(density), "share of the coordinates kept per model"),
      .scale(1, in: 0...100),
      .choice(
        "trim_scope", among: [.tensor, .model], default: scope,
        "whether the largest coordinates are those of each matrix or of the whole model"),
      combine(default: .mean),
    ]
  }

  /// The parameters `density` (kept at random), `scale` and `combine`.
  static func dareParameters() -> [ParameterSpec] {
    [
      ParameterSpec(
        "density", .number(0.0001...1), default: .number(0.5),
        "probability with which a coordinate is kept and divided by it"),
      .scale(1, in: 0...100),
      combine(default: .mean),
    ]
  }

  private static func combine(default combination: Combination) -> ParameterSpec {
    .choice(
      "combine", default: combination,
      "weighted agreeing coordinates divided by their weights, by their number, or not at all")
  }

  /// The rule of these parameters; without `trim_scope` it draws.
  static func make(
    _ align: @escaping @Sendable ([LowRank?]) throws -> AlignedSite, _ parameters: Parameters, draws: Bool
  ) -> AlignedMerge {
    AlignedMerge(
      align, pruning: draws ? .random : .largest, density: parameters.number("density"),
      trimsWholeModel: !draws && parameters.trimScope == .model,
      combination: parameters.choice(Combination.self, "combine"),
      scale: parameters.number("scale"))
  }
}
