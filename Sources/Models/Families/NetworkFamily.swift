public import Basics
public import Checkpoints
public import LinearAlgebra
public import Outlines

/// A family of models: what `model_type` of a config.json names.
///
/// A row knows how its configuration reads and what its tensors are called; the passes are those of a `Network` that
/// families of one computation share.
public struct NetworkFamily: CatalogEntry {
  /// `model_type`.
  public let name: String
  /// One line on what it is, with its paper.
  public let summary: String
  /// What its classes put before the names of tensors.
  public let prefix: TensorPrefix
  /// Reads a configuration.
  let describe: @Sendable (JSONFile) throws(Diagnostic) -> any NetworkDescription
}

/// A network without its weights, as a config.json describes it.
public protocol NetworkDescription: Sendable {
  /// Blocks, however many a configuration claims.
  var blocks: Int { get }
  /// What it can read.
  var limits: ModelOutline.Limits { get }
  /// Whether it predicts tokens.
  var predictsTokens: Bool { get }
  /// Linear layers that transformers' class has and no pass runs.
  var idle: [String] { get }
  /// Linear layers, sizes, arithmetic and bytes; as long as there are blocks.
  var outline: ModelOutline { get }
  /// What the configuration asks for and the network does not compute: all that changes the family's forward pass.
  var unsupported: [Diagnostic] { get }
  /// Name and shape of every tensor that is read from a checkpoint.
  var tensors: [TensorShape] { get }
  /// What a config.json says of it, as transformers reads it.
  var configuration: [String: JSON] { get }
  /// Reads the weights by their names; what can be stays where the checkpoint maps it.
  ///
  /// - Throws: a `Diagnostic` for a missing tensor or one of another shape.
  func network(_ checkpoint: Checkpoint) throws(Diagnostic) -> any Network
  /// Lays weights out over the first floats of a block of storage, as it is: of `floats` numbers.
  func network(over storage: Storage) -> any Network
}

/// A tensor that a network reads.
public struct TensorShape: Sendable, Hashable {
  /// Its name.
  public let name: String
  /// Its sizes: rows and columns of a matrix, one of a vector.
  public let shape: [Int]
  /// The key of config.json that says how many rows an embedding table has; nil for other tensors.
  public let rowsKey: String?

  /// Names a tensor.
  init(_ name: String, _ shape: [Int], rowsKey: String? = nil) {
    self.name = name
    self.shape = shape
    self.rowsKey = rowsKey
  }
}

extension NetworkDescription {
  /// An encoder does not.
  public var predictsTokens: Bool { false }

  /// Numbers of all weights.
  public var floats: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }

  /// Random weights as BERT starts: matrices N(0, 0.02²), norms 1, biases 0.
  public func random(over storage: Storage, stream: RandomStream) -> any Network {
    let network = network(over: storage)
    for tensor in network.tensors {
      var stream = stream.stream(tensor.name)
      if tensor.name.hasSuffix("bias") {
        tensor.values.fill(0)
      } else if tensor.shape.count == 1 {
        tensor.values.fill(1)
      } else {
        tensor.values.withMutableSpan { span in
          for i in 0..<span.count { span[i] = Float(stream.normal() * 0.02) }
        }
      }
    }
    return network
  }
}
