public import Adapters
internal import Basics
public import LinearAlgebra

/// Some adapters with the numbers that learning changes: coefficients, and logits of a mask where there is one.
///
/// At every site ΔW(θ) = L·M(θ)·R with M(θ) = Σ_j c_j·C_j, so that a gradient by ΔW is only needed as the small matrix
/// G = Lᵀ·(∂L/∂ΔW)·Rᵀ = Σ_tokens (Lᵀ·∂L/∂y)(R·x)ᵀ, and ∂L/∂c_j = ⟨G, C_j⟩. L and R are the orthonormal bases of the
/// models' factors (`CoreSpace`), exact and small; where single entries are treated apart (TIES, masks) they are missing
/// and M is ΔW itself. Cost of G: 2·T·r·(in + out + r) FLOPs for T tokens, r = Σ ranks.
public struct LearnableMerge: Sendable {
  /// C_j with the place of its coefficient.
  public struct Term: Sendable {
    /// The matrix that the coefficient multiplies, in the space of its site.
    public let core: Matrix
    /// The coefficient's place among the parameters.
    public let coefficient: Int
  }

  /// One linear layer.
  public struct Site: Sendable {
    /// Its path.
    public let path: String
    /// L, (out, r); nil for the identity.
    public let left: Matrix?
    /// R, (r, in); nil for the identity.
    public let right: Matrix?
    /// The sum's terms, model by model.
    public let terms: [Term]
    /// Where the logits of its mask lie among the parameters; nil without a mask.
    public let mask: Range<Int>?

    /// Rows and columns of M.
    public var shape: (rows: Int, columns: Int) { (terms[0].core.rows, terms[0].core.columns) }
  }

  /// What one coefficient belongs to.
  public struct Coefficient: Sendable, Hashable {
    /// The place of the model among the adapters.
    public let model: Int
    /// The linear layer or the block; empty where the model has one coefficient.
    public let place: String
    /// The group of singular directions, from 0.
    public let group: Int
  }

  /// The sites that any model has, sorted by path.
  public let sites: [Site]
  /// What each of the first parameters belongs to.
  public let coefficients: [Coefficient]
  /// Logits of masks behind them.
  public let logits: Int
  /// The value that every coefficient starts at; logits start at 0.
  public let start: Double
  let learning: CoefficientLearning

  /// Numbers that are learned.
  public var count: Int { coefficients.count + logits }

  /// Prepares adapters; models of weight zero are left out, and the others' changes count w_t times.
  ///
  /// - Throws: a `Diagnostic` where a decomposition fails.
  public init(_ adapters: [Adapter], weights: [Double], learning: CoefficientLearning) throws {
    let models = zip(adapters.indices, zip(adapters, weights)).filter { $0.1.1 != 0 }
      .map { (index: $0, adapter: $1.0, weight: $1.1) }
    precondition(!models.isEmpty, "nothing to learn a merge of")
    let tables = models.map { model in
      Dictionary(model.adapter.sites.map { ($0.path, $0.delta) }) { first, _ in first }
    }
    func deltas(_ path: String) -> [LowRank?] {
      zip(models, tables).map { model, table in
        table[path].map { model.adapter.lowRank($0).scaled(by: model.weight) }
      }
    }
    let paths = Set(models.flatMap { $0.adapter.sites.map(\.path) }).sorted()
    var numbering = Numbering(granularity: learning.granularity, models: models.map(\.index))
    var trim = ElectedChanges(learning.preparation)
    trim?.prepare(paths.map(deltas))
    var drafts: [(path: String, left: Matrix?, right: Matrix?, terms: [Term])] = []
    for path in paths {
      if let trim {
        let changes = trim.changes(deltas(path))
        drafts.append((path, nil, nil, numbering.terms(changes.map { [$0] }, at: path)))
      } else if learning.mask != nil {
        let changes = LearnableMerge.dense(deltas(path))
        drafts.append((path, nil, nil, numbering.terms(changes.map { [$0] }, at: path)))
      } else {
        let space = LearnableMerge.space(deltas(path))
        let cores = try learning.groups(of: space.cores)
        let terms = numbering.terms(cores, at: path)
        drafts.append((path, space.leftFactor, space.rightFactor, terms))
      }
    }
    coefficients = numbering.coefficients
    var next = coefficients.count
    sites = drafts.map { draft in
      var mask: Range<Int>?
      if learning.mask != nil, let core = draft.terms.first?.core { mask = next..<next + core.count }
      next = mask?.upperBound ?? next
      return Site(path: draft.path, left: draft.left, right: draft.right, terms: draft.terms, mask: mask)
    }
    logits = next - coefficients.count
    start = learning.start ?? 1 / Double(models.count)
    self.learning = learning
  }

  /// The rule that merges with some values of the parameters: an exact sum in stacked factors wherever every model has one
  /// coefficient at a site.
  public func rule(_ parameters: [Double]) -> any Merging {
    precondition(parameters.count == count, "\(parameters.count) values for \(count) parameters")
    return LearnedSum(merge: self, parameters: parameters)
  }

  private static func space(_ deltas: [LowRank?]) -> CoreSpace {
    CoreSpace(of: filled(deltas))
  }

  /// Zero of rank 0 where a model lacks the site.
  private static func filled(_ deltas: [LowRank?]) -> [LowRank] {
    let (rows, columns) = deltas.lazy.compactMap { $0 }.first.map { ($0.rows, $0.columns) } ?? (0, 0)
    return deltas.map { $0 ?? LowRank(zeroOfRows: rows, columns: columns) }
  }

  private static func dense(_ deltas: [LowRank?]) -> [Matrix] {
    filled(deltas).map { $0.rank == 0 ? Matrix(rows: $0.rows, columns: $0.columns) : $0.dense.matrix }
  }
}

extension LearnableMerge.Site {
  /// M ← Σ c_j·C_j, in floats.
  ///
  /// - Parameters:
  ///   - parameters: All parameters.
  ///   - core: (rows, columns) of `shape`, overwritten.
  public func write(_ parameters: [Float], into core: Matrix) {
    core.fill(0)
    for term in terms {
      let c = parameters[term.coefficient]
      term.core.withSpan { term in
        core.withMutableSpan { core in
          precondition(term.count == core.count, "\(term.count) numbers for \(core.count)")
          for i in 0..<core.count { core[i] += c * term[i] }
        }
      }
    }
  }

  /// Adds ⟨G, C_j⟩ to the gradients of the coefficients, in doubles.
  public func addGradient(_ gradient: Matrix, to gradients: inout [Double]) {
    for term in terms {
      var sum = 0.0
      gradient.withSpan { g in
        term.core.withSpan { c in
          precondition(g.count == c.count, "\(g.count) numbers for \(c.count)")
          for i in 0..<g.count { sum += Double(g[i]) * Double(c[i]) }
        }
      }
      gradients[term.coefficient] += sum
    }
  }
}

/// Gives coefficients their places, in the order in which they are met.
private struct Numbering {
  let granularity: CoefficientLearning.Granularity
  /// The models' places among the adapters.
  let models: [Int]
  private(set) var coefficients: [LearnableMerge.Coefficient] = []
  private var places: [LearnableMerge.Coefficient: Int] = [:]

  init(granularity: CoefficientLearning.Granularity, models: [Int]) {
    self.granularity = granularity
    self.models = models
  }

  /// The terms of a site from the matrices of every model.
  mutating func terms(_ cores: [[Matrix]], at path: String) -> [LearnableMerge.Term] {
    let place =
      switch granularity {
      case .model: ""
      case .layer: LayerDepth.block(of: path).map { "\($0.stack).\($0.block)" } ?? path
      case .site, .directions: path
      }
    var terms: [LearnableMerge.Term] = []
    for (model, groups) in zip(models, cores) {
      for (group, core) in groups.enumerated() {
        let coefficient = LearnableMerge.Coefficient(model: model, place: place, group: group)
        if places[coefficient] == nil {
          places[coefficient] = coefficients.count
          coefficients.append(coefficient)
        }
        terms.append(LearnableMerge.Term(core: core, coefficient: places[coefficient] ?? 0))
      }
    }
    return terms
  }
}

extension CoefficientLearning {
  /// The cores of every model, each as one matrix or as one for each group of its singular directions.
  fileprivate func groups(of cores: [DoubleMatrix]) throws -> [[Matrix]] {
    guard case .directions(let groups) = granularity, groups > 1 else { return cores.map { [$0.matrix] } }
    return try cores.map { core in
      let svd = try core.singularValues()
      let count = svd.dropping().values.count
      return (0..<groups).map { group in
        let range = group * count / groups..<(group + 1) * count / groups
        let values = svd.values.enumerated().map { range.contains($0.offset) ? $0.element : 0 }
        return (svd.u.scalingColumns(by: values) * svd.vt).matrix
      }
    }
  }
}

extension CoreSpace {
  /// L, (out, r), in floats.
  fileprivate var leftFactor: Matrix {
    leftTimes(DoubleMatrix(diagonal: Array(repeating: 1, count: cores[0].rows))).matrix
  }

  /// R, (r, in), in floats.
  fileprivate var rightFactor: Matrix {
    timesRight(DoubleMatrix(diagonal: Array(repeating: 1, count: cores[0].columns))).matrix
  }
}
