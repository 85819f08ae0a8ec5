public import Basics
public import LinearAlgebra
public import Outlines

/// The weights of one block; linear layers are (out, in) as in the checkpoint, queries, keys and values stacked.
public struct BlockWeights: Sendable {
  /// (3C, C): query, key and value below each other, so that one GEMM makes all three.
  public var qkv: Matrix
  /// (1, 3C).
  public var qkvBias: Matrix
  /// (C, C).
  public var attentionOutput: Matrix
  /// (1, C).
  public var attentionOutputBias: Matrix
  /// (1, C).
  public var attentionGain: Matrix
  /// (1, C).
  public var attentionBias: Matrix
  /// (F, C).
  public var intermediate: Matrix
  /// (1, F).
  public var intermediateBias: Matrix
  /// (C, F).
  public var output: Matrix
  /// (1, C).
  public var outputBias: Matrix
  /// (1, C).
  public var outputGain: Matrix
  /// (1, C).
  public var outputNormBias: Matrix

  /// The weight of a linear layer, (out, in); a view.
  func weight(_ role: LinearRole) -> Matrix {
    let C = qkv.columns
    return switch role {
    case .query: qkv.rows(0..<C)
    case .key: qkv.rows(C..<2 * C)
    case .value: qkv.rows(2 * C..<3 * C)
    case .attentionOutput: attentionOutput
    case .intermediate: intermediate
    case .output: output
    }
  }

  /// The bias of a linear layer, (1, out); a view.
  func bias(_ role: LinearRole) -> Matrix {
    let C = qkv.columns
    return switch role {
    case .query: qkvBias.columns(0..<C)
    case .key: qkvBias.columns(C..<2 * C)
    case .value: qkvBias.columns(2 * C..<3 * C)
    case .attentionOutput: attentionOutputBias
    case .intermediate: intermediateBias
    case .output: outputBias
    }
  }
}

/// All weights of an encoder.
///
/// Gradients of all weights are a value of the same type over another block of storage.
public struct EncoderWeights: Sendable {
  /// The sizes.
  public let shape: EncoderShape
  /// What can be said of the encoder without its weights.
  public let outline: ModelOutline
  /// (V, C).
  public var words: Matrix
  /// (positions, C).
  public var positions: Matrix
  /// (types, C).
  public var types: Matrix
  /// (1, C).
  public var embeddingGain: Matrix
  /// (1, C).
  public var embeddingBias: Matrix
  /// The blocks from below.
  public var blocks: [BlockWeights]

  /// The weight of a linear layer.
  public func weight(_ layer: LinearLayer) -> Matrix { blocks[layer.block].weight(LinearRole(layer)) }

  /// A linear layer of a block.
  func layer(_ block: Int, _ role: LinearRole) -> LinearLayer {
    outline.layers[block * LinearRole.allCases.count + role.rawValue]
  }

  /// Floats of an encoder of these sizes.
  public static func count(_ shape: EncoderShape) -> Int {
    let C = shape.hidden
    let F = shape.intermediate
    let block = 4 * C * C + 2 * C * F + 4 * C + F + C + 4 * C
    return (shape.vocabulary + shape.positions + shape.types + 2) * C + shape.layers * block
  }

  /// Lays the weights of an encoder out over the first floats of a block of storage.
  public init(shape: EncoderShape, over storage: Storage) {
    let flat = Matrix(storage: storage, rows: 1, columns: storage.count)
    var offset = 0
    func take(_ rows: Int, _ columns: Int) -> Matrix {
      defer { offset += rows * columns }
      return flat.columns(offset..<offset + rows * columns).reshaped(rows: rows, columns: columns)
    }
    let C = shape.hidden
    let F = shape.intermediate
    self.shape = shape
    outline = shape.outline
    words = take(shape.vocabulary, C)
    positions = take(shape.positions, C)
    types = take(shape.types, C)
    embeddingGain = take(1, C)
    embeddingBias = take(1, C)
    blocks = (0..<shape.layers).map { _ in
      BlockWeights(
        qkv: take(3 * C, C), qkvBias: take(1, 3 * C), attentionOutput: take(C, C),
        attentionOutputBias: take(1, C),
        attentionGain: take(1, C), attentionBias: take(1, C), intermediate: take(F, C),
        intermediateBias: take(1, F),
        output: take(C, F), outputBias: take(1, C), outputGain: take(1, C), outputNormBias: take(1, C))
    }
  }

  /// Random weights as BERT starts: matrices N(0, 0.02²), norms 1, biases 0.
  public static func random(_ shape: EncoderShape, over storage: Storage, stream: RandomStream)
    -> EncoderWeights
  {
    let weights = EncoderWeights(shape: shape, over: storage)
    for (name, matrix) in weights.named {
      var stream = stream.stream(name)
      if name.hasSuffix("LayerNorm.weight") {
        matrix.fill(1)
      } else if name.hasSuffix("bias") {
        matrix.fill(0)
      } else {
        matrix.withMutableSpan { span in
          for i in 0..<span.count { span[i] = Float(stream.normal() * 0.02) }
        }
      }
    }
    return weights
  }

  /// Every weight under its Hugging Face name, in a fixed order; views.
  public var named: [(name: String, matrix: Matrix)] {
    var all: [(String, Matrix)] = [
      ("embeddings.word_embeddings.weight", words), ("embeddings.position_embeddings.weight", positions),
      ("embeddings.token_type_embeddings.weight", types), ("embeddings.LayerNorm.weight", embeddingGain),
      ("embeddings.LayerNorm.bias", embeddingBias),
    ]
    for (layer, block) in blocks.enumerated() {
      let prefix = "encoder.layer.\(layer)."
      for role in LinearRole.allCases {
        all.append((prefix + role.path + ".weight", block.weight(role)))
        all.append((prefix + role.path + ".bias", block.bias(role)))
      }
      all += [
        (prefix + "attention.output.LayerNorm.weight", block.attentionGain),
        (prefix + "attention.output.LayerNorm.bias", block.attentionBias),
        (prefix + "output.LayerNorm.weight", block.outputGain),
        (prefix + "output.LayerNorm.bias", block.outputNormBias),
      ]
    }
    return all
  }

  /// The same weights, but with matrices of their own at some linear layers, so that they can be written.
  public func owning(_ layers: [LinearLayer]) -> EncoderWeights {
    var copy = self
    for layer in Set(layers.map(\.block)).sorted() {
      let roles = Set(layers.filter { $0.block == layer }.map { LinearRole($0) })
      if !roles.isDisjoint(with: [.query, .key, .value]) {
        copy.blocks[layer].qkv = blocks[layer].qkv.copied()
      }
      if roles.contains(.attentionOutput) {
        copy.blocks[layer].attentionOutput = blocks[layer].attentionOutput.copied()
      }
      if roles.contains(.intermediate) {
        copy.blocks[layer].intermediate = blocks[layer].intermediate.copied()
      }
      if roles.contains(.output) { copy.blocks[layer].output = blocks[layer].output.copied() }
    }
    return copy
  }
}
