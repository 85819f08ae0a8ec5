/// The sizes of a BERT encoder, as far as estimates need them.
public struct EncoderSizes: Sendable, Hashable {
  /// Blocks, L.
  public var layers: Int
  /// Width, C.
  public var hidden: Int
  /// Width of the feed-forward layer, F.
  public var intermediate: Int
  /// Attention heads, H.
  public var heads: Int
  /// Rows of all embedding tables: tokens, positions and types.
  public var embeddings: Int

  /// Makes sizes.
  public init(layers: Int, hidden: Int, intermediate: Int, heads: Int, embeddings: Int) {
    self.layers = layers
    self.hidden = hidden
    self.intermediate = intermediate
    self.heads = heads
    self.embeddings = embeddings
  }

  /// The linear layers of a block in the order of the forward pass.
  private var roles: [(path: String, out: Int, in: Int)] {
    [
      ("attention.self.query", hidden, hidden), ("attention.self.key", hidden, hidden),
      ("attention.self.value", hidden, hidden), ("attention.output.dense", hidden, hidden),
      ("intermediate.dense", intermediate, hidden), ("output.dense", hidden, intermediate),
    ]
  }

  /// A linear layer that an adapter can sit on.
  struct Layer {
    var block: Int
    /// Query, key and value, which lie in one matrix.
    var isStacked: Bool
    var path: String
    var out: Int
    var `in`: Int
    /// out · in.
    var weights: Double { Double(out) * Double(`in`) }
  }

  /// All linear layers with their module paths.
  var linearLayers: [Layer] {
    (0..<layers).flatMap { block in
      roles.enumerated().map { index, role in
        Layer(
          block: block, isStacked: index < 3, path: "encoder.layer.\(block).\(role.path)", out: role.out,
          in: role.in)
      }
    }
  }

  /// The layers that PEFT targets name: a whole path, the end of one, or `all-linear`.
  func linearLayers(targets: [String]) -> [Layer] {
    linearLayers.filter { layer in
      targets.contains { $0 == "all-linear" || layer.path == $0 || layer.path.hasSuffix("." + $0) }
    }
  }

  /// Weights of one block that a token passes through: 4C² + 2CF.
  var blockWeights: Double { Double(hidden) * Double(4 * hidden + 2 * intermediate) }
}
