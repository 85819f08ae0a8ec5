internal import Basics
internal import Checkpoints

/// Settings of a config.json that differ from family to family where they are missing.
struct DecoderDefaults {
  /// Key and value heads; nil: as many as query heads.
  var keyHeads: Int?
  /// The longest row.
  var positions = 2048
}

extension DecoderDesign {
  /// The decoder that a config.json describes; what is a family's own, the family adds.
  ///
  /// Reads the keys of transformers 4 (`rope_theta`, `rope_scaling`) and 5 (`rope_parameters`).
  /// - Throws: a `Diagnostic` that names file and key.
  init(_ file: JSONFile, family: String, defaults: DecoderDefaults = .init()) throws(Diagnostic) {
    let heads = try file.size("num_attention_heads")
    let hidden = try file.size("hidden_size")
    let layers = try file.size("num_hidden_layers")
    let explicit = try file.optional("head_dim", "an even number from 2") {
      $0.integer.flatMap { $0 > 0 && $0 % 2 == 0 ? $0 : nil }
    }
    if explicit == nil {
      try file.check(width: hidden, heads: heads, keys: ("hidden_size", "num_attention_heads"))
    }
    let headSize = explicit ?? hidden / heads
    guard headSize % 2 == 0 else {
      throw Diagnostic(
        "heads of \(headSize) channels have no pairs to turn", at: Place(file: file.path),
        hint: "'hidden_size' ÷ 'num_attention_heads' must be even")
    }
    let keyHeads = try file.positive("num_key_value_heads") ?? defaults.keyHeads ?? heads
    guard heads % keyHeads == 0 else {
      throw Diagnostic(
        "'num_attention_heads' \(heads) does not divide by 'num_key_value_heads' \(keyHeads)",
        at: Place(file: file.path))
    }
    let (rotary, unsupported) = try file.rotary()
    self.init(
      family: family, layers: layers, hidden: hidden, heads: heads, keyHeads: keyHeads, headSize: headSize,
      intermediate: try file.size("intermediate_size"), vocabulary: try file.size("vocab_size"),
      positions: try file.positive("max_position_embeddings") ?? defaults.positions, rotary: rotary)
    self.unsupported = unsupported
    epsilon = try file.epsilon("rms_norm_eps", usual: epsilon)
    isTied = try file.flag("tie_word_embeddings") ?? false
    let word = try file.optional("hidden_act", "a string") { $0.text } ?? Activation.silu.name
    if let known = Activations.all.entries.first(where: { $0.name == word }) {
      activation = known
    } else {
      self.unsupported += file.unsupported(
        "hidden_act", word, known: Activations.all.names.joined(separator: ", "))
    }
  }

  /// What a config.json says of the decoder, as transformers reads it.
  var configuration: [String: JSON] {
    var rope: [String: JSON] = ["rope_type": .text(rotary.scaling.name), "rope_theta": JSON(rotary.theta)]
    for (key, value) in zip(rotary.scaling.settings, rotary.settings) { rope[key] = JSON(value) }
    let all: [String: JSON] = [
      "model_type": .text(family), "hidden_act": .text(activation.name), "hidden_size": .whole(hidden),
      "num_hidden_layers": .whole(layers), "num_attention_heads": .whole(heads),
      "num_key_value_heads": .whole(keyHeads), "head_dim": .whole(headSize),
      "intermediate_size": .whole(intermediate), "vocab_size": .whole(vocabulary),
      "max_position_embeddings": .whole(positions), "rms_norm_eps": JSON(epsilon),
      "tie_word_embeddings": .flag(isTied), "rope_parameters": JSON(rope),
    ]
    return all.merging(constants) { own, _ in own }
  }
}

extension JSONFile {
  /// True or false; nil where nothing is said.
  func flag(_ key: String) throws(Diagnostic) -> Bool? { try optional(key, "true or false") { $0.flag } }

  /// A whole number from 1; nil where nothing is said.
  func positive(_ key: String) throws(Diagnostic) -> Int? {
    try optional(key, "a whole number from 1") { $0.integer.flatMap { $0 > 0 ? $0 : nil } }
  }

  /// How positions turn queries and keys, and what of it is not supported.
  func rotary() throws(Diagnostic) -> (RotarySettings, [Diagnostic]) {
    let key = tree["rope_parameters"]?.members == nil ? "rope_scaling" : "rope_parameters"
    let settings = try optional(key, "an object") { $0.members == nil ? nil : $0 } ?? .null
    /// A number among the settings, or beside them.
    func number(_ name: String) throws(Diagnostic) -> Double? {
      let (holder, place) = settings[name] == nil ? (tree, name) : (settings, "\(key).\(name)")
      guard let value = holder[name], value != .null else { return nil }
      guard let number = value.number, number > 0 else {
        throw Diagnostic("'\(place)' must be a number above 0", at: Place(file: path))
      }
      return number
    }
    var rotary = RotarySettings(theta: try number("rope_theta") ?? 10_000, scaling: .plain)
    let word = (settings["rope_type"] ?? settings["type"])?.text ?? rotary.scaling.name
    guard let scaling = RotaryScalings.all.entries.first(where: { $0.name == word }) else {
      return (rotary, unsupported("rope_type", word, known: RotaryScalings.all.names.joined(separator: ", ")))
    }
    rotary.scaling = scaling
    for name in scaling.settings {
      guard let value = try number(name) else {
        throw Diagnostic(
          "'\(key).\(name)' is missing", at: Place(file: path), hint: "rope_type '\(word)' needs it")
      }
      rotary.settings.append(value)
    }
    let share = try number("partial_rotary_factor") ?? 1
    return (rotary, share == 1 ? [] : unsupported("partial_rotary_factor", "\(share)", known: "1"))
  }
}
