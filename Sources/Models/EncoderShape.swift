/// The sizes of a BERT encoder.
public struct EncoderShape: Sendable, Hashable {
  /// Blocks.
  public var layers: Int
  /// Width C.
  public var hidden: Int
  /// Attention heads H; the head size D is C ÷ H.
  public var heads: Int
  /// Width F of the feed-forward layer.
  public var intermediate: Int
  /// Tokens of the vocabulary V.
  public var vocabulary: Int
  /// The longest sequence.
  public var positions: Int
  /// Token types.
  public var types: Int
  /// ε of the layer norms.
  public var epsilon: Float

  /// Makes sizes.
  public init(
    layers: Int, hidden: Int, heads: Int, intermediate: Int, vocabulary: Int, positions: Int, types: Int = 2,
    epsilon: Float = 1e-12
  ) {
    precondition(hidden % heads == 0, "width \(hidden) does not divide into \(heads) heads")
    self.layers = layers
    self.hidden = hidden
    self.heads = heads
    self.intermediate = intermediate
    self.vocabulary = vocabulary
    self.positions = positions
    self.types = types
    self.epsilon = epsilon
  }
}

/// The linear layers of a block, in the order of the forward pass.
public enum LinearRole: Int, Sendable, CaseIterable {
  case query
  case key
  case value
  case attentionOutput
  case intermediate
  case output

  /// The layer's path inside a block, as Hugging Face names it.
  public var path: String {
    switch self {
    case .query: "attention.self.query"
    case .key: "attention.self.key"
    case .value: "attention.self.value"
    case .attentionOutput: "attention.output.dense"
    case .intermediate: "intermediate.dense"
    case .output: "output.dense"
    }
  }
}

/// One linear layer of an encoder: the place where an adapter sits and where gradients are seen.
public struct LinearSite: Sendable, Hashable {
  /// The block.
  public var layer: Int
  /// Which layer of the block.
  public var role: LinearRole

  /// Names a layer.
  public init(layer: Int, role: LinearRole) {
    self.layer = layer
    self.role = role
  }

  /// The module path, as PEFT writes it: `encoder.layer.0.attention.self.query`.
  public var path: String { "encoder.layer.\(layer).\(role.path)" }

  /// A dense number: 6 · layer + role.
  public var index: Int { layer * LinearRole.allCases.count + role.rawValue }

  /// Whether a PEFT target names this layer: its whole path or the end of it after a dot.
  public func matches(_ target: String) -> Bool {
    path == target || path.hasSuffix("." + target)
  }
}

extension EncoderShape {
  /// All linear layers in the order of the forward pass.
  public var sites: [LinearSite] {
    (0..<layers).flatMap { layer in LinearRole.allCases.map { LinearSite(layer: layer, role: $0) } }
  }

  /// Rows (outputs) and columns (inputs) of a layer's weight.
  public func weightShape(_ role: LinearRole) -> (out: Int, in: Int) {
    switch role {
    case .query, .key, .value, .attentionOutput: (hidden, hidden)
    case .intermediate: (intermediate, hidden)
    case .output: (hidden, intermediate)
    }
  }
}
