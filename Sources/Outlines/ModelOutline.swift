public import Basics

/// What can be said of a transformer without its weights: its linear layers, sizes, arithmetic and bytes.
///
/// A family of models makes it from a configuration; planner, estimates, adapters, measurements and benches read it, and
/// none of them knows a family.
public struct ModelOutline: Sendable, Hashable {
  /// The row in the table of families.
  public let family: String
  /// Blocks L.
  public let blocks: Int
  /// Channels C of the hidden states.
  public let width: Int
  /// Channels of all attention heads together: each token's scores and context cost twice that many products a token.
  public let attention: Int
  /// Attention heads H.
  public let heads: Int
  /// What it can read.
  public let limits: Limits
  /// Rows of all embedding tables, C wide.
  public let embeddings: Int
  /// Rows of the matrix that makes logits, where it is one of its own; 0 elsewhere.
  public let unembedding: Int
  /// Whether it predicts tokens, so that it can say an answer.
  public let predictsTokens: Bool
  /// Whether the layers that read one input lie below each other in one matrix.
  public let isStacked: Bool
  /// What stands before the number of a block: `encoder.layer`.
  public let prefix: String
  /// All linear layers, in the order of the forward pass.
  public let layers: [LinearLayer]
  /// Where adapters sit if nobody says it: queries and values.
  ///
  /// Source: Hu et al. 2021, arXiv:2106.09685, section 4.2; PEFT chooses so for BERT.
  public let usualTargets: [String]
  /// Linear layers that transformers' class has beside them and no pass runs, as PEFT's short names would find them.
  public let idle: [String]
  /// Element-wise passes of a block over its numbers, in each direction.
  public let passes: BlockCost
  /// Floats that a block keeps for the backward pass, its result included.
  public let saved: BlockCost
  /// Floats' worth that it keeps where products read bf16; what they read takes half the room.
  public let savedRounded: BlockCost

  /// What a model can read.
  public struct Limits: Sendable, Hashable {
    /// The longest row in tokens.
    public var positions: Int
    /// Tokens of the vocabulary: ids are below it.
    public var vocabulary: Int
    /// Token types; nil for a model that does not look at them.
    public var types: Int?

    /// Names limits.
    public init(positions: Int, vocabulary: Int, types: Int? = nil) {
      self.positions = positions
      self.vocabulary = vocabulary
      self.types = types
    }
  }

  /// So much for each token, and so much for each pair of tokens of a row.
  public struct BlockCost: Sendable, Hashable {
    /// For each token.
    public var token: Int
    /// For each pair of tokens of one row.
    public var pair: Int

    /// Names costs.
    public init(token: Int, pair: Int) {
      self.token = token
      self.pair = pair
    }
  }

  /// A linear layer as every block has it.
  public struct Part: Sendable {
    var path: String
    var out: Int
    var `in`: Int
    var input: String?

    /// Names a layer.
    ///
    /// - Parameters:
    ///   - path: Inside the block.
    ///   - input: What layers that read the same share, inside the block; nil for a layer that is alone with its input.
    public init(_ path: String, out: Int, in: Int, input: String? = nil) {
      self.path = path
      self.out = out
      self.in = `in`
      self.input = input
    }
  }

  /// Lays out a model of equal blocks.
  ///
  /// - Parameter parts: The linear layers of a block; those that read the block's own input come first.
  public init(
    family: String, blocks: Int, width: Int, attention: Int, heads: Int, limits: Limits, embeddings: Int,
    unembedding: Int = 0, prefix: String, parts: [Part], predictsTokens: Bool = false, isStacked: Bool = true,
    usualTargets: [String] = [],
    idle: [String] = [], passes: BlockCost, saved: BlockCost,
    savedRounded: BlockCost? = nil
  ) {
    self.family = family
    self.blocks = blocks
    self.width = width
    self.attention = attention
    self.heads = heads
    self.limits = limits
    self.embeddings = embeddings
    self.unembedding = unembedding
    self.predictsTokens = predictsTokens
    self.isStacked = isStacked
    self.prefix = prefix
    self.usualTargets = usualTargets
    self.idle = idle
    self.passes = passes
    self.saved = saved
    self.savedRounded = savedRounded ?? saved
    layers = (0..<blocks).flatMap { block in
      parts.enumerated().map { number, part in
        let path = "\(prefix).\(block).\(part.path)"
        return LinearLayer(
          index: block * parts.count + number, block: block, path: path, out: part.out, in: part.in,
          input: part.input.map { "\(prefix).\(block).\($0)" } ?? path)
      }
    }
  }

  /// The layers that PEFT's words choose, in the order of the forward pass.
  ///
  /// - Throws: a `Diagnostic` for a word that chooses no layer.
  public func chosen(by targets: LayerTargets) throws(Diagnostic) -> [LinearLayer] {
    if let missing = targets.missing(among: layers.map(\.path)).first {
      throw Diagnostic(
        "no linear layer of the base matches the target '\(missing)'",
        hint: "the layers of a block are \(partPaths.joined(separator: ", "))")
    }
    return layers.filter { targets.choose($0.path) }
  }

  /// The widest result of a linear layer: F of the feed-forward layer.
  public var feedForward: Int { layers.reduce(0) { max($0, $1.out) } }

  /// The paths of a block's layers without what stands before them, for messages.
  public var partPaths: [String] {
    layers.prefix { $0.block == 0 }.map { String($0.path.dropFirst("\(prefix).0.".count)) }
  }
}
