package import Basics

/// How a model's rotary frequencies were changed so that it reads longer texts: `rope_type` of a config.json.
package struct RotaryScaling: CatalogEntry {
  /// The word of a config.json, as transformers has it.
  package let name: String
  package let summary: String
  /// The numbers that its settings must hold, and that it reads.
  package let settings: [String]
  /// The frequencies that a model turns by.
  ///
  /// The frequencies without it, and the numbers of its settings in their order.
  package let scale: @Sendable (_ frequencies: [Float], _ settings: [Double]) -> [Float]
}

/// The scalings that can be read.
package enum RotaryScalings {
  /// All rows.
  package static let all = Catalog("rope_type", [RotaryScaling.plain, .linear, .dynamic, .llama3])
}

extension RotaryScaling {
  /// None.
  static let plain = RotaryScaling(
    name: "default", summary: "frequencies θ^(−2i/D) as they are", settings: []
  ) { frequencies, _ in frequencies }

  /// Positions divided by a factor.
  ///
  /// Source: Chen et al. 2023, arXiv:2306.15595.
  static let linear = RotaryScaling(
    name: "linear", summary: "all frequencies divided by a factor", settings: ["factor"]
  ) { frequencies, settings in frequencies.map { $0 / Float(settings[0]) } }

  /// A base that grows where a text is longer than the model's positions; texts here are not.
  static let dynamic = RotaryScaling(
    name: "dynamic", summary: "as default up to max_position_embeddings, which no text passes here",
    settings: ["factor"]
  ) { frequencies, _ in frequencies }
}
