internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

/// What one block has beside its linear weights.
struct EncoderBlock: Sendable {
  /// (1, 3C): query's, key's and value's.
  var qkvBias: Matrix
  /// (1, C).
  var attentionOutputBias: Matrix
  /// (1, C).
  var attentionGain: Matrix
  /// (1, C).
  var attentionBias: Matrix
  /// (1, F).
  var intermediateBias: Matrix
  /// (1, C).
  var outputBias: Matrix
  /// (1, C).
  var outputGain: Matrix
  /// (1, C).
  var outputNormBias: Matrix

  /// The bias of a linear layer, (1, out); a view.
  func bias(_ role: EncoderDesign.Role) -> Matrix {
    let C = qkvBias.columns / 3
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

/// An encoder of BERT's kind with its weights.
///
/// Gradients of all weights are a value of the same type over another block of storage.
/// Source: Devlin et al. 2019, arXiv:1810.04805.
/// Cost of a forward pass: 2 · (4C² + 2CF) FLOPs a token and block, and 4·L·C for attention.
struct Encoder: Transformer {
  /// Sizes and names.
  let design: EncoderDesign
  /// What can be said of the encoder without its weights.
  let outline: ModelOutline
  /// (V, C).
  var words: Matrix
  /// (positions, C).
  var positions: Matrix
  /// (types, C).
  var types: Matrix?
  /// Biases by distance, (buckets, H), of all blocks.
  var distances: Matrix?
  /// (1, C).
  var embeddingGain: Matrix
  /// (1, C).
  var embeddingBias: Matrix
  /// The blocks from below.
  var blocks: [EncoderBlock]
  /// The linear weights: queries, keys and values of a block in one matrix, so that one GEMM makes all three.
  var linear: LinearWeights

  /// The matrices of a block's linear layers, in the order of the forward pass.
  enum Stack: Int {
    case qkv, attentionOutput, intermediate, output
  }

  /// A stack of a block.
  func stack(_ block: Int, _ stack: Stack) -> LinearStack { linear[block, stack.rawValue] }

  /// Lays the weights of an encoder out over the first floats of a block of storage.
  init(_ design: EncoderDesign, over storage: Storage) {
    let flat = storage.flat
    var offset = 0
    func take(_ rows: Int, _ columns: Int) -> Matrix {
      defer { offset += rows * columns }
      return flat.columns(offset..<offset + rows * columns).reshaped(rows: rows, columns: columns)
    }
    let C = design.hidden
    let F = design.intermediate
    self.design = design
    outline = design.outline
    words = take(design.vocabulary, C)
    positions = take(design.positionRows, C)
    types = design.types.map { take($0, C) }
    distances = design.readsDistances ? take(RelativeDistances.buckets, design.heads) : nil
    embeddingGain = take(1, C)
    embeddingBias = take(1, C)
    var matrices: [Matrix] = []
    func linear(_ rows: Int, _ columns: Int) -> Matrix {
      matrices.append(take(rows, columns))
      return take(1, rows)
    }
    blocks = (0..<design.layers).map { _ in
      EncoderBlock(
        qkvBias: linear(3 * C, C), attentionOutputBias: linear(C, C), attentionGain: take(1, C),
        attentionBias: take(1, C), intermediateBias: linear(F, C), outputBias: linear(C, F),
        outputGain: take(1, C), outputNormBias: take(1, C))
    }
    self.linear = LinearWeights(outline, matrices)
  }

  /// Every weight under its Hugging Face name; views.
  var tensors: [NamedTensor] {
    zip(design.tensors, matrices).map { NamedTensor($0.name, shape: $0.shape, $1) }
  }

  /// The weights in the order of the design's tensors.
  private var matrices: [Matrix] {
    var all = [words, positions] + [types, distances].compactMap(\.self) + [embeddingGain, embeddingBias]
    for (number, block) in blocks.enumerated() {
      for role in EncoderDesign.Role.allCases {
        let layer = outline.layers[number * EncoderDesign.Role.allCases.count + role.rawValue]
        all += [weight(layer), block.bias(role)]
      }
      all += [block.attentionGain, block.attentionBias, block.outputGain, block.outputNormBias]
    }
    return all
  }
}
