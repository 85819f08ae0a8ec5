public import LinearAlgebra

/// A model of several parts over one base: which of them change the weights is decided when it is used, by the task,
/// by the text or by the token.
public struct RoutedModel: Sendable {
  /// What belongs to one expert.
  public struct Part: Sendable {
    /// What messages call it.
    public var name: String
    /// The tasks that it is used for where the task is known.
    public var tasks: [String]
    /// Its own change; nil where it has none, and then the unified change is used.
    public var change: Adapter?
    /// Where its mask is set, and nowhere else, the unified change is used; empty: everywhere.
    public var masks: [(path: String, mask: BitMask)]
    /// A factor on the masked unified change.
    public var scale: Double
    /// What the pooled vectors of its tasks are corrected by.
    public var correction: Correction?

    /// Makes a part.
    public init(
      name: String, tasks: [String], change: Adapter? = nil, masks: [(path: String, mask: BitMask)] = [],
      scale: Double = 1, correction: Correction? = nil
    ) {
      self.name = name
      self.tasks = tasks
      self.change = change
      self.masks = masks
      self.scale = scale
      self.correction = correction
    }
  }

  /// A residual of rank k on pooled vectors: ẑ = z − W_up·ReLU(W_down·z).
  public struct Correction: Sendable {
    /// W_down, (k, C).
    public var down: Matrix
    /// W_up, (C, k).
    public var up: Matrix

    /// Joins two matrices.
    public init(down: Matrix, up: Matrix) {
      precondition(
        down.rows == up.columns && down.columns == up.rows,
        "W_up (\(up.rows), \(up.columns)) · W_down (\(down.rows), \(down.columns))")
      self.down = down
      self.up = up
    }
  }

  /// Who decides.
  public enum Gate: Sendable {
    /// The task, which somebody has to tell.
    case task
    /// The text, once for each of them.
    case text(TextGate)
    /// Every token at every layer.
    case token(TokenGate)
  }

  /// A row of the merge methods.
  public var method: String
  /// The change that all parts share, in factors.
  public var unified: Adapter?
  /// The change that all parts share at layers where it has no factors, all numbers (out, in), sorted by path.
  public var full: [(path: String, change: Matrix)]
  /// One for each expert.
  public var parts: [Part]
  /// Who decides among the parts.
  public var gate: Gate

  /// Makes a model.
  public init(
    method: String, unified: Adapter? = nil, full: [(path: String, change: Matrix)] = [], parts: [Part],
    gate: Gate
  ) {
    self.method = method
    self.unified = unified
    self.full = full.sorted { $0.path < $1.path }
    self.parts = parts
    self.gate = gate
  }

  /// The part for a task: one of this task alone before one of several, and the first of equals.
  public func part(for task: String) -> Part? {
    parts.first { $0.tasks == [task] } ?? parts.first { $0.tasks.contains(task) }
  }
}

/// Chooses experts for a whole text by its pooled embedding.
public struct TextGate: Sendable {
  /// How an embedding becomes gates.
  public enum Rule: Sendable {
    /// The nearest of some known texts vote: `index` has their embeddings as unit rows (n, C), `owners` whose they are.
    ///
    /// The `experts` with the most of the `neighbours` nearest by cosine share the gate equally; with `together` all
    /// texts of a set vote once for all of them.
    case neighbours(index: Matrix, owners: [Int], neighbours: Int, experts: Int, together: Bool)
    /// softmax(W·z√C ÷ ‖z‖ + b) over the `experts` largest; W (experts, C), b (1, experts).
    case linear(weight: Matrix, bias: Matrix, experts: Int)
  }

  /// Whether the embedding is that of the base with the unified change, else of the base alone.
  public var readsUnified: Bool
  /// How it decides.
  public var rule: Rule

  /// Makes a gate.
  public init(readsUnified: Bool, rule: Rule) {
    self.readsUnified = readsUnified
    self.rule = rule
  }
}

/// Chooses experts for every token x at every layer: softmax(logits ÷ temperature) over the largest.
public struct TokenGate: Sendable {
  /// What the logit of an expert with directions V (g, in) is.
  public enum Measure: String, Sendable, Codable {
    /// ‖V·x‖: for one direction |v·x|.
    case magnitude
    /// v·x ÷ ‖x‖: the sign counts and the length does not.
    case cosine
  }

  /// What a logit is.
  public var measure: Measure
  /// What logits are divided by.
  public var temperature: Double
  /// How many experts get a gate other than zero; those that lack a layer never do.
  public var experts: Int
  /// g, directions of an expert at a layer; zeros where its change has fewer.
  public var width: Int
  /// By layer, sorted: the directions of the experts that have the layer below each other, in their order.
  public var directions: [(path: String, rows: Matrix)]

  /// Makes a gate.
  public init(
    measure: Measure, temperature: Double, experts: Int, width: Int,
    directions: [(path: String, rows: Matrix)]
  ) {
    self.measure = measure
    self.temperature = temperature
    self.experts = experts
    self.width = width
    self.directions = directions.sorted { $0.path < $1.path }
  }
}
