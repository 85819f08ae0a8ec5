public import Basics
public import LinearAlgebra

/// A row of the table of merge methods: what a rule is called, what it takes, and how to make it.
///
/// A name with an `@` is a preset: the row before the `@` with other defaults. A row may also be another one under
/// another program's name (`cat`, `ties_svd`): `base` says which.
public struct MergeMethod: CatalogEntry {
  /// What else must hold of parameters and weights, all of them other than zero, before a merge begins.
  public typealias Requirements = @Sendable (Parameters, [Double]) throws(Diagnostic) -> Void

  /// The word in a manifest.
  public private(set) var name: String
  /// One line on what it does.
  public private(set) var summary: String
  /// The arXiv number of the paper it comes from, where there is one.
  public let paper: String?
  /// Formula, cost and the like, for readers.
  public private(set) var notes: MergeNotes
  /// What it takes, the parameters of `Finish` among them.
  public private(set) var parameters: [ParameterSpec]
  /// Parameters under which one model of weight one is returned as it is; the others have any value.
  public let neutral: [String: ParameterValue]
  /// Whether the order of the models makes no difference.
  public let symmetric: Bool
  /// Whether it draws at random, so that the seed matters.
  public let draws: Bool
  /// Whether changes that are all c times as large, c > 0, merge to one that is c times as large.
  public let isHomogeneous: Bool
  /// Whether changes that are not zero may merge to zero in a whole layer, as where the models have to agree.
  public let mayVanish: Bool
  /// The row of which this one is a preset or another name.
  public private(set) var base: String?
  /// The row that gives the same under equal parameters: itself or, where it only has other defaults, its base.
  public private(set) var rule: String
  /// How many models with a weight other than zero it takes.
  public let models: ClosedRange<Int>
  /// What kind of merge it is, and how to make one with checked parameters.
  public private(set) var form: MergeForm
  private let requirements: Requirements

  /// Makes a row of a formula.
  public init(
    name: String, summary: String, paper: String?, notes: MergeNotes = MergeNotes(),
    parameters: [ParameterSpec] = [], neutral: [String: ParameterValue] = [:], symmetric: Bool = true,
    draws: Bool = false, isHomogeneous: Bool = true, mayVanish: Bool = false,
    models: ClosedRange<Int> = 1...Int.max,
    requirements: @escaping Requirements = { _, _ throws(Diagnostic) in },
    make: @escaping @Sendable (Parameters) -> any Merging
  ) {
    self.init(
      name: name, summary: summary, paper: paper, notes: notes, parameters: parameters, neutral: neutral,
      symmetric: symmetric, draws: draws, isHomogeneous: isHomogeneous, mayVanish: mayVanish, models: models,
      requirements: requirements, form: .rule(make))
  }

  /// Makes a row of any form; what every row of one adapter has, the parameters of `Finish`, is added to its own.
  init(
    name: String, summary: String, paper: String?, notes: MergeNotes = MergeNotes(),
    parameters: [ParameterSpec], neutral: [String: ParameterValue] = [:], symmetric: Bool = true,
    draws: Bool = false, isHomogeneous: Bool = true, mayVanish: Bool = false,
    models: ClosedRange<Int> = 1...Int.max,
    requirements: @escaping Requirements = { _, _ throws(Diagnostic) in }, form: MergeForm
  ) {
    let shared: [ParameterSpec] = if case .routed = form { [] } else { Finish.parameters }
    let unchanged = Dictionary(uniqueKeysWithValues: shared.map { ($0.name, $0.defaultValue) })
    self.name = name
    self.summary = summary
    self.paper = paper
    self.notes = notes
    self.parameters = parameters + shared
    self.neutral = neutral.merging(unchanged) { _, shared in shared }
    self.symmetric = symmetric
    self.draws = draws
    self.isHomogeneous = isHomogeneous
    self.mayVanish = mayVanish
    self.base = nil
    self.rule = name
    self.models = models
    self.requirements = requirements
    self.form = form
  }

  /// A row with all but its name, summary and parameters from another one.
  init(
    of base: MergeMethod, name: String, summary: String, parameters: [ParameterSpec],
    notes: MergeNotes? = nil, form: MergeForm? = nil
  ) {
    self = base
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.base = base.base ?? base.name
    self.rule = form == nil ? base.rule : name
    self.notes = notes ?? base.notes
    self.form = form ?? base.form
  }

  /// Its parameters without those that every method of adapters has.
  var ownParameters: [ParameterSpec] {
    parameters.filter { !Finish.parameters.contains($0) }
  }

  /// Checks what can be known without the models: how many there are, and what parameters and weights say together.
  ///
  /// - Parameter weights: One per model; models of weight zero do not count.
  /// - Throws: a `Diagnostic` that says what to change, as a refusal.
  public func check(_ parameters: Parameters, weights: [Double]) throws(Diagnostic) {
    do throws(Diagnostic) { try refuse(parameters, weights) } catch { throw error.asRefusal }
  }

  private func refuse(_ parameters: Parameters, _ weights: [Double]) throws(Diagnostic) {
    guard weights.allSatisfy(\.isFinite) else { throw Diagnostic("a weight of the merge is not finite") }
    let used = weights.filter { $0 != 0 }
    guard !used.isEmpty else { throw Diagnostic("all weights of the merge are zero") }
    guard models.contains(used.count) else {
      let bound =
        used.count > models.upperBound ? "at most \(models.upperBound)" : "at least \(models.lowerBound)"
      throw Diagnostic(
        "merge method '\(name)' takes \(bound) models, not \(used.count)",
        hint: "models of weight zero do not count")
    }
    try requirements(parameters, used)
  }

  /// Its parameters where nobody sets any.
  var defaults: Parameters {
    get throws(Diagnostic) { try Parameters([:], for: parameters, of: "merge method '\(name)'") }
  }

  /// Whether the order of the models matters under some parameters: a row that is symmetric may count one by its place.
  func isOrdered(_ given: [String: ParameterValue]) -> Bool {
    !symmetric || given["task"].map { $0 != .number(0) } ?? false
  }

  /// What a merge was made with, defaults included, but what means that a parameter is not there.
  ///
  /// - Parameter parameters: Its own, or those of a row that takes more.
  public func shown(_ parameters: Parameters) -> [String: ParameterValue] {
    parameters.values.filter { name, value in
      self.parameters.contains { $0.name == name && !$0.isOff(value) }
    }
  }

  /// What a row requires that begins with another one's defaults: what that one requires.
  static func checkDefaults(of name: String, _ weights: [Double]) throws(Diagnostic) {
    let method = try MergeMethods.all.entry(named: name)
    try method.check(method.defaults, weights: weights)
  }

  /// What averages require: weights that do not cancel out.
  static let average: Requirements = { _, weights throws(Diagnostic) in _ = try normalized(weights) }
}

/// The kinds of merge methods.
public enum MergeForm: Sendable {
  /// A formula of the models' changes.
  case rule(@Sendable (Parameters) -> any Merging)
  /// A sum of the changes whose coefficients are learned from examples by gradients.
  case learned(@Sendable (Parameters) -> CoefficientLearning)
  /// Another method whose parameters or weights are searched for on examples, without gradients.
  case searched(@Sendable (Parameters) -> MergeSearch)
  /// A model of several parts, one of which is chosen when it is used.
  case routed(@Sendable (Parameters) -> any Routing)
  /// A recipe of trainings whose models another row merges.
  indirect case trained(by: MergeMethod, @Sendable (Parameters) -> MergeTraining)
  /// A formula of the models' changes and of what was measured of each on its own data.
  case measured(
    @Sendable (Parameters) -> MergeDemands.Measured,
    @Sendable (Parameters, [ModelEvidence]) -> any Merging)
}

extension MergeMethod {
  /// Whether the row needs nothing but the changes.
  public var isRule: Bool {
    if case .rule = form { true } else { false }
  }
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
  ///   - random: A stream of this site; rules that draw take one below it per model, by its `DrawName`.
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

    /// Whether all numbers are finite; of a core its singular values stand for it.
    var isFinite: Bool {
      switch self {
      case .lowRank(let matrix): matrix.isFinite
      case .dense(let matrix): matrix.isFinite
      case .core(_, let svd): svd.values.allSatisfy(\.isFinite)
      }
    }

    /// The same, multiplied.
    func scaled(by factor: Double) -> Delta {
      switch self {
      case .lowRank(let matrix): .lowRank(matrix.scaled(by: factor))
      case .dense(let matrix): .dense(matrix.scaled(by: factor))
      case .core(let space, let svd): .core(space, svd.scaled(by: factor))
      }
    }
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
