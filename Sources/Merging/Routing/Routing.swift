public import Adapters
public import Basics
public import LinearAlgebra

/// One of the models that a routed one is made of.
public struct RoutedExpert: Sendable {
  /// What messages call it.
  public var name: String
  /// What it learned.
  public var tasks: [String]
  /// Its change.
  public var adapter: Adapter
  /// A factor on its change; not 0.
  public var weight: Double

  /// Makes an expert.
  public init(name: String, tasks: [String], adapter: Adapter, weight: Double) {
    self.name = name
    self.tasks = tasks
    self.adapter = adapter
    self.weight = weight
  }

  /// w·ΔW in the same factors.
  var change: Adapter {
    var change = adapter
    change.name = name
    change.sites = adapter.sites.map { path, delta in
      (path, AdapterSite(a: delta.a, b: delta.b, alpha: weight * delta.alpha))
    }
    return change
  }

  /// ΔW at a layer, without the weight.
  func delta(_ path: String) -> LowRank? { adapter.site(path).map { adapter.lowRank($0) } }
}

/// Texts that a routed model wants to know before it is ready; of training data only.
public struct RoutingTexts: Sendable {
  /// At most so many of each task of each expert.
  public var rows: Int
  /// Whether their embeddings are those of the base with the unified change, else of the base alone.
  public var readsUnified: Bool
  /// Whether the experts' own embeddings are wanted beside them.
  public var wantsExperts: Bool
  /// Whether the mean inputs of the linear layers are wanted too, by the base alone.
  public var wantsInputs = false
}

/// The embeddings of the texts of one task of one expert.
public struct ExpertTexts: Sendable {
  /// The number of the expert.
  public var expert: Int
  /// The task.
  public var task: String
  /// Whether the task predicts from pooled vectors.
  public var isPooled: Bool
  /// Pooled vectors of the model that is asked for, (n, C).
  public var embeddings: Matrix
  /// Those of the expert itself, where they are wanted.
  public var ofExpert: Matrix?
  /// The mean input of every linear layer over the tokens, (1, in), by its path, where it is wanted.
  public var inputs: [String: Matrix]

  /// Joins embeddings.
  public init(
    expert: Int, task: String, isPooled: Bool, embeddings: Matrix, ofExpert: Matrix? = nil,
    inputs: [String: Matrix] = [:]
  ) {
    self.expert = expert
    self.task = task
    self.isPooled = isPooled
    self.embeddings = embeddings
    self.ofExpert = ofExpert
    self.inputs = inputs
  }
}

/// A model of several parts, and what a cut to a rank kept of them.
public struct Routed: Sendable {
  /// The model.
  public var model: RoutedModel
  /// By layer ‖parts‖² ÷ ‖parts before a cut‖², together; layers that are not listed kept all.
  public var retained: [String: Double]

  /// Makes a result.
  public init(_ model: RoutedModel, retained: [String: Double] = [:]) {
    self.model = model
    self.retained = retained
  }
}

/// One configured way to make a model that routes.
public protocol Routing: Sendable {
  /// Who decides among the parts.
  var serving: ServedBy { get }
  /// The texts that it has to see; nil: none.
  var texts: RoutingTexts? { get }
  /// The parts, with a gate as far as it needs no texts.
  ///
  /// - Parameter seed: The seed of what draws.
  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed
  /// Finishes the gate, or what depends on texts otherwise.
  func fit(_ model: inout RoutedModel, to texts: [ExpertTexts], random: RandomStream) throws
}

extension Routing {
  /// Most need no texts.
  public var texts: RoutingTexts? { nil }
  /// Most are ready without.
  public func fit(_ model: inout RoutedModel, to texts: [ExpertTexts], random: RandomStream) throws {}
}

/// Who decides among the parts of a model.
public enum ServedBy: String, Sendable {
  /// Whoever asks has to say which task it is.
  case task = "task known"
  /// The text.
  case text = "routed by text"
  /// Every token at every layer.
  case token = "routed by token"
}

extension MergeMethod {
  /// Who decides among the parts of its model; nil where it is one adapter.
  public var servedBy: ServedBy? {
    guard case .routed(let make) = form, let defaults = try? Parameters([:], for: parameters, of: name) else {
      return nil
    }
    return make(defaults).serving
  }
}

/// Makes models that route.
public enum RoutedMerger {
  /// A way with checked parameters; nil for methods whose result is one adapter.
  public static func routing(_ method: MergeMethod, _ parameters: Parameters) -> (any Routing)? {
    guard case .routed(let make) = method.form else { return nil }
    return make(parameters)
  }

  /// The parts of experts of one base, and what became of each layer; an expert of weight zero is left out.
  ///
  /// - Parameter seed: The seed of what draws.
  /// - Throws: a `Diagnostic` where there is nothing to join, a factor is not finite or shapes differ.
  public static func model(
    of experts: [RoutedExpert], by routing: any Routing, method: String, seed: Int = 0
  ) throws -> (model: RoutedModel, sites: [MergedSite]) {
    try AdapterMerger.check(experts.map(\.adapter), experts.map(\.weight))
    guard experts.contains(where: { $0.weight != 0 }) else {
      throw Diagnostic("all weights of the merge are zero")
    }
    var routed = try routing.model(of: experts.filter { $0.weight != 0 }, seed: seed)
    routed.model.method = method
    let model = routed.model
    let adapters = model.parts.compactMap(\.change) + [model.unified].compactMap { $0 }
    let sites = paths(of: experts).map { path in
      var (rank, square) = (0, 0.0)
      for adapter in adapters {
        guard let delta = adapter.site(path) else { continue }
        let norm = adapter.lowRank(delta).norm
        rank += delta.rank
        square += norm * norm
      }
      if let full = model.full.first(where: { $0.path == path })?.change {
        rank += min(full.rows, full.columns)
        square += full.values.reduce(0) { $0 + Double($1) * Double($1) }
      }
      return MergedSite(
        site: path, rank: rank, retainedEnergy: routed.retained[path] ?? 1, norm: square.squareRoot())
    }
    return (model, sites)
  }

  /// The layers that any expert changes, sorted.
  static func paths(of experts: [RoutedExpert]) -> [String] {
    Set(experts.flatMap { $0.adapter.sites.map(\.path) }).sorted()
  }
}

extension Adapter {
  /// An adapter from changes in factors.
  init(name: String, _ changes: [(path: String, change: LowRank)]) {
    self.init(name: name, sites: changes.map { ($0.path, AdapterSite($0.change)) })
  }
}

extension AdapterSite {
  /// Factors as floats with scale 1; rank 0 becomes a zero of rank 1, which every reader of adapters takes.
  init(_ change: LowRank) {
    if change.rank == 0 {
      self.init(
        a: Matrix(rows: 1, columns: change.columns), b: Matrix(rows: change.rows, columns: 1), alpha: 1)
    } else {
      self.init(
        a: change.a.matrix, b: change.b.scaled(by: change.scale).matrix, alpha: Double(change.rank))
    }
  }
}
