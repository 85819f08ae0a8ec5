internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// Llama.
  static let llama = NetworkFamily(
    name: "llama",
    summary:
      "Llama 2 and 3 (Touvron et al. 2023, arXiv:2307.09288) and what is built like them: SmolLM, TinyLlama",
    prefix: DecoderDesign.bodyPrefix
  ) { file throws(Diagnostic) in
    var design = try DecoderDesign(file, family: "llama")
    for (key, roles) in [
      ("attention_bias", [.query, .key, .value, .attentionOutput]), ("mlp_bias", [.gate, .up, .down]),
    ] as [(String, [DecoderDesign.Role])] {
      let isThere = try file.flag(key) ?? false
      if isThere { design.biases.formUnion(roles) }
      design.constants[key] = .flag(isThere)
    }
    return design
  }
}
