public import Basics
public import Checkpoints
public import LinearAlgebra
public import Outlines

/// The weights of one block; linear layers are (out, in) as in the checkpoint, queries, keys and values stacked.
struct EncoderBlock: Sendable {
  /// (3C, C): query, key and value below each other, so that one GEMM makes all three.
  var qkv: FrozenWeight
  /// (1, 3C).
  var qkvBias: Matrix
  /// (C, C).
  var attentionOutput: FrozenWeight
  /// (1, C).
  var attentionOutputBias: Matrix
  /// (1, C).
  var attentionGain: Matrix
  /// (1, C).
  var attentionBias: Matrix
  /// (F, C).
  var intermediate: FrozenWeight
  /// (1, F).
  var intermediateBias: Matrix
  /// (C, F).
  var output: FrozenWeight
  /// (1, C).
  var outputBias: Matrix
  /// (1, C).
  var outputGain: Matrix
  /// (1, C).
  var outputNormBias: Matrix

  /// The weight of a linear layer, (out, in); a view.
  func weight(_ role: EncoderDesign.Role) -> Matrix {
    let C = qkv.floats.columns
    return switch role {
    case .query: qkv.floats.rows(0..<C)
    case .key: qkv.floats.rows(C..<2 * C)
    case .value: qkv.floats.rows(2 * C..<3 * C)
    case .attentionOutput: attentionOutput.floats
    case .intermediate: intermediate.floats
    case .output: output.floats
    }
  }

  /// The bias of a linear layer, (1, out); a view.
  func bias(_ role: EncoderDesign.Role) -> Matrix {
    let C = qkv.floats.columns
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
public struct Encoder: Transformer {
  /// Sizes and names.
  let design: EncoderDesign
  /// What can be said of the encoder without its weights.
  public let outline: ModelOutline
  /// (V, C).
  public var words: Matrix
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
  /// What products with the linear weights read.
  public private(set) var precision = Precision.float32
  /// Factors beside the linear weights, by the index of the layer; empty where no layer has any.
  private(set) var beside: [[LoRAFactors]] = []

  /// The weight of a linear layer.
  public func weight(_ layer: LinearLayer) -> Matrix { blocks[layer.block].weight(EncoderDesign.Role(layer)) }

  /// A linear layer of a block.
  func layer(_ block: Int, _ role: EncoderDesign.Role) -> LinearLayer {
    outline.layers[block * EncoderDesign.Role.allCases.count + role.rawValue]
  }

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
    blocks = (0..<design.layers).map { _ in
      EncoderBlock(
        qkv: FrozenWeight(take(3 * C, C)), qkvBias: take(1, 3 * C), attentionOutput: FrozenWeight(take(C, C)),
        attentionOutputBias: take(1, C),
        attentionGain: take(1, C), attentionBias: take(1, C), intermediate: FrozenWeight(take(F, C)),
        intermediateBias: take(1, F),
        output: FrozenWeight(take(C, F)), outputBias: take(1, C), outputGain: take(1, C),
        outputNormBias: take(1, C))
    }
  }

  /// Every weight under its Hugging Face name; views.
  public var tensors: [NamedTensor] {
    zip(design.tensors, matrices).map { NamedTensor($0.name, shape: $0.shape, $1) }
  }

  /// The weights in the order of the design's tensors.
  private var matrices: [Matrix] {
    var all = [words, positions] + [types, distances].compactMap(\.self) + [embeddingGain, embeddingBias]
    for block in blocks {
      for role in EncoderDesign.Role.allCases { all += [block.weight(role), block.bias(role)] }
      all += [block.attentionGain, block.attentionBias, block.outputGain, block.outputNormBias]
    }
    return all
  }

  /// Copies the matrices in which some layers lie; query, key and value lie in one.
  public func owning(_ layers: [LinearLayer]) -> Encoder {
    var copy = self
    for number in Set(layers.map(\.block)).sorted() {
      let roles = Set(layers.filter { $0.block == number }.map { EncoderDesign.Role($0) })
      if !roles.isDisjoint(with: [.query, .key, .value]) {
        copy.blocks[number].qkv = blocks[number].qkv.copied()
      }
      if roles.contains(.attentionOutput) {
        copy.blocks[number].attentionOutput = blocks[number].attentionOutput.copied()
      }
      if roles.contains(.intermediate) {
        copy.blocks[number].intermediate = blocks[number].intermediate.copied()
      }
      if roles.contains(.output) { copy.blocks[number].output = blocks[number].output.copied() }
    }
    return copy
  }

  /// The same encoder with products in bf16; query, key and value are stacked under the name of the query.
  public func rounded(_ rounded: (NamedTensor) throws(Diagnostic) -> BFloatMatrix) throws(Diagnostic)
    -> Encoder
  {
    var copy = self
    copy.precision = .bfloat16
    for number in blocks.indices {
      func round(_ weight: inout FrozenWeight, _ role: EncoderDesign.Role) throws(Diagnostic) {
        weight.bfloats = try rounded(NamedTensor(layer(number, role).path, weight.floats))
      }
      try round(&copy.blocks[number].qkv, .query)
      try round(&copy.blocks[number].attentionOutput, .attentionOutput)
      try round(&copy.blocks[number].intermediate, .intermediate)
      try round(&copy.blocks[number].output, .output)
    }
    return copy
  }

  /// The same encoder with products in single precision.
  public var exact: Encoder {
    var copy = self
    copy.precision = .float32
    for number in blocks.indices {
      copy.blocks[number].qkv.bfloats = nil
      copy.blocks[number].attentionOutput.bfloats = nil
      copy.blocks[number].intermediate.bfloats = nil
      copy.blocks[number].output.bfloats = nil
    }
    return copy
  }

  /// The same encoder with more factors beside its weights.
  public func placing(_ factors: [LoRAFactors]) -> Encoder {
    var copy = self
    if copy.beside.isEmpty { copy.beside = Array(repeating: [], count: outline.layers.count) }
    for factor in factors { copy.beside[factor.site.index].append(factor) }
    return copy
  }

  /// The factors beside a layer's weight.
  func factors(beside layer: LinearLayer) -> [LoRAFactors] { beside.isEmpty ? [] : beside[layer.index] }
}
