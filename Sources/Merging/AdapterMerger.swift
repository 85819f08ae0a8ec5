public import Adapters
public import Basics
internal import LinearAlgebra

/// A merged adapter and what became of each of its layers.
public typealias MergeOutcome = (adapter: Adapter, sites: [MergedSite])

/// Merges whole adapters, site by site.
public enum AdapterMerger {
  /// Merges adapters of one base into one; a model of weight zero is left out.
  ///
  /// The result has scale 1 (α = rank at every site). Sites are those that any model has.
  /// - Parameters:
  ///   - weights: One per adapter.
  ///   - parameters: Checked against the method's specs; of `rank` 0 leaves the rank to the method.
  ///   - seed: The seed of rules that draw.
  ///   - threads: Layers that are merged at once; their number changes no result.
  ///   - evidence: What was measured of each adapter, for methods that need it.
  ///   - whole: The whole models, where `adapters` are only some of their layers: how deep a layer lies depends on all.
  /// - Throws: a `Diagnostic` where there is nothing to merge, a factor is not finite, shapes differ or evidence is missing; as a
  ///   refusal where other parameters or weights could do.
  public static func merge(
    _ adapters: [Adapter], weights: [Double], method: MergeMethod, parameters: Parameters, seed: Int,
    evidence: [ModelEvidence] = [], whole: [Adapter]? = nil, threads: Int = 1
  ) throws -> MergeOutcome {
    try check(adapters, weights)
    try method.check(parameters, weights: weights)
    let used = weights.filter { $0 != 0 }.count
    let known = zip(evidence, weights).filter { $0.1 != 0 }.map(\.0)
    return try mergeChecked(
      adapters, weights, method.makeRule(parameters, evidence: known, models: used), method,
      Finish(parameters), whole: whole, seed: seed, threads: threads)
  }

  /// Merges by a rule that somebody made for a row of the table: what learning or a search ended with.
  ///
  /// - Parameter finish: What becomes of every merged change.
  public static func merge(
    _ adapters: [Adapter], weights: [Double], by rule: any Merging, _ method: MergeMethod, _ finish: Finish,
    seed: Int
  ) throws -> MergeOutcome {
    try check(adapters, weights)
    return try mergeChecked(adapters, weights, rule, method, finish, seed: seed, threads: 1)
  }

  private static func mergeChecked(
    _ adapters: [Adapter], _ weights: [Double], _ rule: any Merging, _ method: MergeMethod, _ finish: Finish,
    whole: [Adapter]? = nil, seed: Int, threads: Int
  ) throws -> MergeOutcome {
    var rule = rule
    let models = zip(adapters, weights).filter { $0.1 != 0 }
    let used = models.map(\.1)
    let paths = Set(models.flatMap { $0.0.sites.map(\.path) }).sorted()
    let tables = models.map { adapter, _ in
      Dictionary(adapter.sites.map { ($0.path, $0.delta) }) { first, _ in first }
    }
    func deltas(_ path: String) -> [LowRank?] {
      zip(models, tables).map { model, table in table[path].map { model.0.lowRank($0) } }
    }
    try rule.prepare(sites: paths, deltas: deltas, weights: used)
    let random = RandomStream(seed: seed, "merge", method.base ?? method.name)
    let layers = LayerDepth(
      sites: zip(whole ?? adapters, weights).flatMap { $1 == 0 ? [] : $0.sites.map(\.path) })
    let prepared = rule
    func merged(at path: String) throws -> (site: AdapterSite, report: MergedSite) {
      let merged = try prepared.merge(deltas(path), weights: used, at: path, random: random.stream(path))
      let gain = finish.depthGain * (layers.depth(of: path) ?? 0)
      let delta = gain == 0 ? merged.delta : merged.delta.scaled(by: 1 + gain)
      guard delta.isFinite else { throw notFinite(path) }
      let (matrix, energy, norm) = try cut(delta, finish.cut(defaultRank: merged.defaultRank))
      let factors = AdapterSite(matrix)
      guard isFinite(factors.a), isFinite(factors.b) else { throw notFinite(path) }
      return (
        factors, MergedSite(site: path, rank: max(1, matrix.rank), retainedEnergy: energy, norm: norm)
      )
    }
    let sites = try collected(paths.count, lanes: threads) { try merged(at: paths[$0]) }
    return (
      adapter(of: models.map(\.0), method: method.name, sites: zip(paths, sites).map { ($0, $1.site) }),
      sites.map(\.report)
    )
  }

  private static func notFinite(_ path: String) -> Diagnostic {
    .refusal(
      "the merged change of '\(path)' is not finite",
      hint: "a weight, an alpha or a parameter is far too large")
  }

  private static func cut(
    _ delta: Merged.Delta, _ limit: RankCut
  ) throws(Diagnostic) -> (matrix: LowRank, retainedEnergy: Double, norm: Double) {
    switch delta {
    case .lowRank(let matrix):
      let space = CoreSpace(of: [matrix])
      return cut(space, try space.cores[0].singularValues(), limit)
    case .core(let space, let svd): return cut(space, svd, limit)
    case .dense(let dense):
      let (matrix, energy) = try LowRank.nearest(to: dense, cut: limit)
      return (matrix, energy, matrix.norm)
    }
  }

  /// The norm is that of the singular values that stay, which spares products of the factors.
  private static func cut(
    _ space: CoreSpace, _ svd: SingularValues, _ limit: RankCut
  ) -> (matrix: LowRank, retainedEnergy: Double, norm: Double) {
    let (matrix, energy) = space.lowRank(of: svd, cut: limit)
    let kept = svd.values.prefix(matrix.rank)
    return (matrix, energy, kept.reduce(0) { $0 + $1 * $1 }.squareRoot())
  }

  /// The merged adapter keeps what its models agree on.
  private static func adapter(
    of models: [Adapter], method: String, sites: [(path: String, delta: AdapterSite)]
  ) -> Adapter {
    func common<Value: Equatable>(_ value: (Adapter) -> Value) -> Value? {
      models.allSatisfy { value($0) == value(models[0]) } ? value(models[0]) : nil
    }
    // PEFT demands the head of an adapter that names its task.
    let isWhole = models.allSatisfy(\.leftOut.isEmpty)
    return Adapter(
      name: "merge by \(method)", sites: sites, targetModules: common { $0.targetModules.sorted() } ?? [],
      baseModel: common(\.baseModel) ?? nil, taskType: isWhole ? common(\.taskType) ?? nil : nil,
      isFanInFanOut: models.contains(where: \.isFanInFanOut))
  }

  static func check(_ adapters: [Adapter], _ weights: [Double]) throws(Diagnostic) {
    guard !adapters.isEmpty else { throw Diagnostic("there are no adapters to merge") }
    guard weights.count == adapters.count else {
      throw Diagnostic("\(weights.count) weights for \(adapters.count) adapters")
    }
    var first: [String: (adapter: String, rows: Int, columns: Int)] = [:]
    for adapter in adapters {
      for (path, delta) in adapter.sites {
        for (factor, matrix) in [("lora_A", delta.a), ("lora_B", delta.b)]
        where !isFinite(matrix) {
          throw Diagnostic("\(factor) of '\(path)' holds NaN or infinity", at: Place(file: adapter.name))
        }
        let (rows, columns) = (delta.b.rows, delta.a.columns)
        if let other = first[path], other.rows != rows || other.columns != columns {
          throw Diagnostic(
            "'\(path)' is (\(rows), \(columns)) here and (\(other.rows), \(other.columns)) in \(other.adapter)",
            at: Place(file: adapter.name), hint: "only adapters of one base can be merged")
        }
        if first[path] == nil { first[path] = (adapter.name, rows, columns) }
      }
    }
  }

  /// Without an early end, so that the loop is a vector one, and where rows lie end to end without a copy.
  private static func isFinite(_ matrix: Matrix) -> Bool {
    guard matrix.isContiguous else { return matrix.values.allSatisfy(\.isFinite) }
    return matrix.withSpan { numbers in
      let exponent: UInt32 = 0x7f80_0000
      var specials: UInt32 = 0
      for i in 0..<numbers.count { specials |= numbers[i].bitPattern & exponent == exponent ? 1 : 0 }
      return specials == 0
    }
  }
}
