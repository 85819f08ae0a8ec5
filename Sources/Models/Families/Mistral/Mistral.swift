internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// Mistral: Llama's blocks, in which a token may see a window of those before it.
  static let mistral = NetworkFamily(
    name: "mistral", summary: "Mistral (Jiang et al. 2023, arXiv:2310.06825)",
    prefix: DecoderDesign.bodyPrefix
  ) { file throws(Diagnostic) in
    var design = try DecoderDesign(
      file, family: "mistral", defaults: .init(keyHeads: 8, positions: 4096 * 32))
    // Where nothing is said transformers takes 4096; null says that there is none.
    let isSaid = file.tree["sliding_window"] != nil
    design.window = try file.positive("sliding_window") ?? (isSaid ? nil : 4096)
    design.constants["sliding_window"] = design.window.map { .whole($0) } ?? .null
    return design
  }
}
