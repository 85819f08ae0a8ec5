/// One linear layer of a model: where an adapter sits and where gradients are seen.
public struct LinearLayer: Sendable, Hashable {
  /// Its number in the order of the forward pass, from 0.
  public let index: Int
  /// The block that it lies in, from 0.
  public let block: Int
  /// The module path, as PEFT writes it: `encoder.layer.0.attention.self.query`.
  public let path: String
  /// Rows of its weight.
  public let out: Int
  /// Columns of its weight.
  public let `in`: Int
  /// A name for what it reads: layers of one input lie below each other in one matrix, and share what is measured of it.
  public let input: String

  /// out · in.
  public var weights: Int { out * `in` }

  /// Whether two products with factors of a rank and one in bf16 cost as much as one in floats, which takes twice as long.
  public func isWide(rank: Int) -> Bool { 2 * rank * (`in` + out) >= weights }
}

extension Sequence<LinearLayer> {
  /// Numbers of LoRA factors A and B of one rank at these layers.
  public func factors(rank: Int) -> Int { reduce(0) { $0 + rank * ($1.in + $1.out) } }

  /// Numbers of the weights of these layers.
  public var weights: Int { reduce(0) { $0 + $1.weights } }

  /// The first layer that reads each input.
  public var readers: [LinearLayer] {
    var inputs: Set<String> = []
    return filter { inputs.insert($0.input).inserted }
  }

  /// The lowest block among them, 0 where there is none.
  public var lowestBlock: Int { map(\.block).min() ?? 0 }
}
