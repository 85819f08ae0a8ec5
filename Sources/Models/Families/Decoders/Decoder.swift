internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

/// What one block has beside its linear weights.
struct DecoderBlock: Sendable {
  /// (1, C): of the norm before attention.
  var attentionGain: Matrix
  /// (1, C): of the norm before the feed-forward layers.
  var feedForwardGain: Matrix
  /// Those of the linear layers that have one, (1, out).
  var biases: [DecoderDesign.Role: Matrix]
  /// How tokens see each other.
  var attention: CausalAttention
}

/// A decoder of Llama's kind with its weights.
///
/// Gradients of all weights are a value of the same type over another block of storage.
/// Source: Touvron et al. 2023, arXiv:2302.13971. Cost of a forward pass: 2 FLOPs a weight of the linear layers and token, and
/// 2·L·H·D for attention, half of what two full products take.
struct Decoder: Transformer {
  /// Sizes and settings.
  let design: DecoderDesign
  /// What can be said of the decoder without its weights.
  let outline: ModelOutline
  /// (V, C).
  let words: Matrix
  /// (1, C): of the norm behind the last block.
  let finalGain: Matrix
  /// The linear weights, each as it lies.
  var linear: LinearWeights
  /// The blocks from below.
  let blocks: [DecoderBlock]
  /// What makes logits of the last hidden state, (V, C): the table of tokens where they are tied.
  private(set) var logits: FrozenWeight

  /// What makes logits of the last hidden state, (V, C).
  var unembedding: FrozenWeight? { logits }

  /// Takes every tensor in the order of the design.
  init<Failure: Error>(_ design: DecoderDesign, _ take: (TensorShape) throws(Failure) -> Matrix)
    throws(Failure)
  {
    self.design = design
    outline = design.outline
    var matrices: [String: Matrix] = [:]
    for tensor in design.tensors { matrices[tensor.name] = try take(tensor) }
    func matrix(_ name: String) -> Matrix {
      guard let matrix = matrices[name] else { preconditionFailure("no tensor '\(name)'") }
      return matrix
    }
    words = matrix(DecoderDesign.words)
    finalGain = matrix(DecoderDesign.finalNorm)
    logits = FrozenWeight(design.isTied ? words : matrix(DecoderDesign.unembedding))
    linear = LinearWeights(outline, outline.layers.map { matrix($0.path + ".weight") })
    let positions = design.rotary.positions(channels: design.headSize)
    blocks = (0..<design.layers).map { number in
      let prefix = "\(DecoderDesign.prefix).\(number)."
      return DecoderBlock(
        attentionGain: matrix(prefix + DecoderDesign.attentionNorm + ".weight"),
        feedForwardGain: matrix(prefix + DecoderDesign.feedForwardNorm + ".weight"),
        biases: Dictionary(
          uniqueKeysWithValues: design.biases.map { ($0, matrix("\(prefix)\($0.rawValue).bias")) }),
        attention: design.attention(number, positions))
    }
  }

  /// A linear layer of a block.
  func stack(_ block: Int, _ role: DecoderDesign.Role) -> LinearStack {
    linear[block, DecoderDesign.Role.allCases.firstIndex(of: role) ?? 0]
  }

  /// Every weight under its Hugging Face name; views.
  var tensors: [NamedTensor] {
    design.tensors.map { NamedTensor($0.name, shape: $0.shape, matrix($0.name)) }
  }

  private func matrix(_ name: String) -> Matrix {
    switch name {
    case DecoderDesign.words: return words
    case DecoderDesign.finalNorm: return finalGain
    case DecoderDesign.unembedding: return logits.floats
    default: break
    }
    let parts = name.dropFirst(DecoderDesign.prefix.count + 1).split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let number = Int(parts[0]) else { preconditionFailure("no tensor '\(name)'") }
    let path = parts[1].split(separator: ".").dropLast().joined(separator: ".")
    guard let role = DecoderDesign.Role(rawValue: path) else {
      return path == DecoderDesign.attentionNorm
        ? blocks[number].attentionGain : blocks[number].feedForwardGain
    }
    if let bias = blocks[number].biases[role], parts[1].hasSuffix(".bias") { return bias }
    return stack(number, role).weight.floats
  }

  /// The same decoder with products in bf16, those that make logits among them.
  func rounded(_ rounded: (NamedTensor) throws(Diagnostic) -> BFloatMatrix) throws(Diagnostic)
    -> Decoder
  {
    var copy = self
    copy.linear = try linear.rounded(rounded)
    copy.logits.bfloats = try rounded(NamedTensor("lm_head", logits.floats))
    return copy
  }

  /// The same decoder with products in single precision.
  var exact: Decoder {
    var copy = self
    copy.linear = linear.exact
    copy.logits.bfloats = nil
    return copy
  }
}
