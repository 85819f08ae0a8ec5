public import Adapters
internal import Checkpoints
public import LinearAlgebra
internal import Models
public import Outlines
internal import Specs
public import Tasks

/// Predictions of a model that routes.
///
/// A known task and a hard choice by text fold the change into the weights, as one adapter would be; mixtures and
/// choices by token run the experts beside the weights.
public struct RoutedEvaluator: Sendable {
  private let base: BaseModel
  private let model: RoutedModel

  /// Evaluates a model over a base.
  public init(_ model: RoutedModel, base: BaseModel) {
    self.base = base
    self.model = model
  }

  /// Floating-point operations a token that a model costs beside folded weights: none where one part is folded in.
  public static func flopsPerToken(_ model: RoutedModel, _ outline: ModelOutline) throws -> Double {
    if isFolded(model) { return 0 }
    return try GatedFactors(model, outline: outline).flopsPerToken
  }

  /// Whether every text has one change, which can be folded into the weights.
  private static func isFolded(_ model: RoutedModel) -> Bool {
    switch model.gate {
    case .task: true
    case .token: false
    case .text(let gate): gate.isHard && model.unified == nil && model.full.isEmpty
    }
  }

  /// The lowest block that the model changes.
  public var lowestLayer: Int { model.lowestLayer(base.network.outline) }

  /// Whether its gate reads the pooled vectors of the base alone, which are the same for all such models.
  public var readsBase: Bool { if case .text(let gate) = model.gate { !gate.readsUnified } else { false } }

  /// One prediction for each example, in order.
  ///
  /// - Parameters:
  ///   - states: What enters the model's lowest block, for these examples.
  ///   - embeddings: The pooled vectors of the base for these examples, where they are known and the gate reads them.
  ///   - workspaces: One for each thread; their number changes no result.
  public func predict(
    _ examples: [TokenizedExample], head: TaskHead, states: FrozenStates? = nil, embeddings: Matrix? = nil,
    workspaces: [Workspace] = [Workspace()], progress: (Int) throws -> Void = { _ in }
  ) throws -> [Prediction] {
    switch model.gate {
    case .task:
      let task = head.task.name
      let correction = head.readout.features.isPooled ? model.part(for: task)?.correction : nil
      return try Evaluator(
        network: base.network.folding(model, for: task), pooling: base.pooling, correction: correction
      ).predict(examples, head: head, states: states, workspaces: workspaces, progress: progress)
    case .token(let gate):
      let factors = try GatedFactors(model, outline: base.network.outline)
      return try Evaluator(network: unified, pooling: base.pooling) { _, batch in
        GatedDoor(factors, gates: .tokens(gate), batch: batch)
      }.predict(examples, head: head, states: states, workspaces: workspaces, progress: progress)
    case .text(let gate):
      let known = readsBase ? embeddings : nil
      let gates = gate.gates(
        try known ?? self.embeddings(gate, examples, states: states, workspaces: workspaces),
        experts: model.parts.count)
      if RoutedEvaluator.isFolded(model) {
        return try predictGrouped(examples, gates, head, workspaces, progress)
      }
      let factors = try GatedFactors(model, outline: base.network.outline)
      return try Evaluator(network: unified, pooling: base.pooling) { range, batch in
        GatedDoor(factors, gates: .texts(gates.rows(range)), batch: batch)
      }.predict(examples, head: head, states: states, workspaces: workspaces, progress: progress)
    }
  }

  /// The pooled vectors that a gate reads, (n, C).
  private func embeddings(
    _ gate: TextGate, _ examples: [TokenizedExample], states: FrozenStates?, workspaces: [Workspace]
  ) throws -> Matrix {
    try Evaluator(network: gate.readsUnified ? unified : base.network, pooling: base.pooling)
      .pooled(examples, states: states, workspaces: workspaces)
  }

  private var unified: any Network {
    get throws { try base.network.folding(model, for: nil) }
  }

  /// The examples of each expert by its own folded weights.
  private func predictGrouped(
    _ examples: [TokenizedExample], _ gates: Matrix, _ head: TaskHead, _ workspaces: [Workspace],
    _ progress: (Int) throws -> Void
  ) throws -> [Prediction] {
    var predictions = [Prediction?](repeating: nil, count: examples.count)
    var done = 0
    for (expert, part) in model.parts.enumerated() {
      let own = examples.indices.filter { gates[$0, expert] == 1 }
      guard let change = part.change, !own.isEmpty else { continue }
      let evaluator = Evaluator(network: try base.network.folding(change), pooling: base.pooling)
      let answers = try evaluator.predict(
        own.map { examples[$0] }, head: head, workspaces: workspaces, progress: { try progress(done + $0) })
      for (place, answer) in zip(own, answers) { predictions[place] = answer }
      done += own.count
    }
    precondition(done == examples.count, "\(examples.count - done) texts without an expert")
    return predictions.compactMap { $0 }
  }
}
