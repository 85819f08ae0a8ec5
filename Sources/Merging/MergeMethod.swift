public import Basics
public import LinearAlgebra

/// A row of the table of merge methods: what a rule is called, what it takes, and how to make it.
///
/// A name with an `@` is a preset: the row before the `@` with other defaults.
public struct MergeMethod: CatalogEntry {
  /// The word in a manifest.
  public let name: String
  /// One line on what it does.
  public let summary: String
  /// The arXiv number of the paper it comes from, where there is one.
  public let paper: String?
  /// What it takes, `rank` among them.
  public let parameters: [ParameterSpec]
  /// Parameters under which one model of weight one is returned as it is; the others have any value.
  public let neutral: [String: ParameterValue]
  /// Whether the order of the models makes no difference.
  public let symmetric: Bool
  /// The row of which this one is a preset.
  public let base: String?
  /// How many models with a weight other than zero it takes.
  public let models: ClosedRange<Int>
  /// What kind of merge it is, and how to make one with checked parameters.
  public let form: MergeForm

  /// Makes a row; `rank`, which every rule shares, is added to its parameters.
  public init(
    name: String, summary: String, paper: String?, parameters: [ParameterSpec] = [],
    neutral: [String: ParameterValue] = [:], symmetric: Bool = true, models: ClosedRange<Int> = 1...Int.max,
    make: @escaping @Sendable (Parameters) -> any Merging
  ) {
    self.name = name
    self.summary = summary
    self.paper = paper
    self.parameters = parameters + [Self.rank]
    self.neutral = neutral.merging(["rank": .number(0)]) { _, shared in shared }
    self.symmetric = symmetric
    self.base = nil
    self.models = models
    self.form = .rule(make)
  }

  /// Makes a row that needs to know more of each model than its change; one evidence for each model comes with the
  /// parameters.
  init(
    name: String, summary: String, paper: String?, parameters: [ParameterSpec],
    neutral: [String: ParameterValue] = [:], evidence: MergeEvidence,
    make: @escaping @Sendable (Parameters, [ModelEvidence]) -> any Merging
  ) {
    self.name = name
    self.summary = summary
    self.paper = paper
    self.parameters = parameters + [Self.rank]
    self.neutral = neutral.merging(["rank": .number(0)]) { _, shared in shared }
    (symmetric, base, models) = (true, nil, 1...Int.max)
    form = .measured(evidence, make)
  }

  /// A row with all but its name, summary and parameters from another one.
  init(presetOf base: MergeMethod, name: String, summary: String, parameters: [ParameterSpec]) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.base = base.name
    (paper, neutral, symmetric) = (base.paper, base.neutral, base.symmetric)
    (models, form) = (base.models, base.form)
  }

  /// The rank to which the merged change of every layer is cut.
  private static let rank = ParameterSpec(
    "rank", .integer(0...65_536), default: .number(0),
    "rank of the merged adapter; 0: all of a low-rank result, the sum of the inputs' ranks of a dense one, "
      + "the largest of the inputs' ranks for svd")
}

/// The kinds of merge methods.
public enum MergeForm: Sendable {
  /// A formula of the models' changes.
  case rule(@Sendable (Parameters) -> any Merging)
  /// A formula of the models' changes and of what was measured of each on its own data.
  case measured(MergeEvidence, @Sendable (Parameters, [ModelEvidence]) -> any Merging)
}

/// One configured merge rule on the changes ΔW of the weights, site by site.
///
/// The models it sees all have weights other than zero; their changes are finite and of one shape at a site.
public protocol Merging: Sendable {
  /// A look at all sites before the first merge, for rules that need the whole model.
  ///
  /// - Parameters:
  ///   - sites: All sites in their order.
  ///   - deltas: The changes at a site, nil where a model lacks it.
  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws

  /// The same with the weights, for rules whose look ahead depends on them; the merge calls this one.
  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?], weights: [Double]) throws

  /// Merges one site.
  ///
  /// - Parameters:
  ///   - deltas: ΔW_t (out, in) per model, nil where it lacks the site: there it counts as zero.
  ///   - weights: w_t per model.
  ///   - site: The path of the linear layer.
  ///   - random: A stream of this site; rules that draw take one below it per model.
  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
}

extension Merging {
  /// Most rules need no look ahead.
  public mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {}

  /// Most of those that look ahead do so without the weights.
  public mutating func prepare(
    sites: [String], deltas: (String) -> [LowRank?], weights: [Double]
  ) throws {
    try prepare(sites: sites, deltas: deltas)
  }
}

/// The merged change of one weight.
public struct Merged: Sendable {
  /// A matrix in factors or in full.
  public enum Delta: Sendable {
    /// B·A.
    case lowRank(LowRank)
    /// All numbers, (out, in).
    case dense(DoubleMatrix)
    /// Q_B·U·diag(σ)·Vᵀ·Q_Aᵀ: the decomposition of a core, σ falling; a cut to a rank keeps the first triples.
    case core(CoreSpace, SingularValues)
  }

  /// ΔW before it is cut to a rank.
  public var delta: Delta
  /// The rank to cut to where the manifest gives none; nil keeps all.
  public var defaultRank: Int?

  /// Makes a result.
  public init(_ delta: Delta, defaultRank: Int? = nil) {
    self.delta = delta
    self.defaultRank = defaultRank
  }
}
