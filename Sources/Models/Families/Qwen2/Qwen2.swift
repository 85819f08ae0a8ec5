internal import Basics
internal import Checkpoints

extension NetworkFamily {
  /// Qwen2 and 2.5: Llama's blocks with biases at queries, keys and values.
  static let qwen2 = NetworkFamily(
    name: "qwen2", summary: "Qwen2 and Qwen2.5 (Yang et al. 2024, arXiv:2407.10671)",
    prefix: DecoderDesign.bodyPrefix
  ) { file throws(Diagnostic) in
    var design = try DecoderDesign(file, family: "qwen2", defaults: .init(keyHeads: 32, positions: 32_768))
    design.biases = [.query, .key, .value]
    guard try file.flag("use_sliding_window") ?? false else {
      design.constants["use_sliding_window"] = .flag(false)
      return design
    }
    let window = try file.positive("sliding_window") ?? 4096
    let full = try file.optional("max_window_layers", "a whole number from 0") { $0.integer } ?? 28
    let kinds = try file.optional("layer_types", "a list of strings") { $0.list?.compactMap(\.text) }
    design.window = window
    // A configuration may claim any number of layers.
    design.windowed = Set(
      (kinds?.indices ?? 0..<min(design.layers, 1 << 16)).filter { block in
        kinds.map { $0[block] == "sliding_attention" } ?? (block >= full)
      })
    design.constants = [
      "use_sliding_window": .flag(true), "sliding_window": .whole(window), "max_window_layers": .whole(full),
    ]
    if let kinds { design.constants["layer_types"] = .list(kinds.map { .text($0) }) }
    return design
  }
}
