internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra

/// How rotations are stretched for contexts longer than those of the pretraining.
enum RopeScaling {
  /// The keys of an architecture that say so.
  static let keys = [
    "rope.scaling.type", "rope.scaling.factor", "rope.scaling.original_context_length",
    "rope.scaling.finetuned", "rope.scale_linear",
  ]

  private static let factors = "rope_freqs.weight"

  /// Llama 3.1's factors, one for each pair of numbers of a head; no tensor of the checkpoint is made of them.
  static func slot(_ keys: DecoderKeys) -> TensorSlot {
    TensorSlot(factors, "", [keys.headSize / 2], isOptional: true)
  }

  /// `rope_scaling` of the configuration; nil where nothing is stretched.
  ///
  /// - Throws: a `Diagnostic` for a kind that is not read, or factors that are none of Llama 3's.
  static func read(_ keys: DecoderKeys) throws -> JSON? {
    let file = keys.file
    let prefix = keys.architecture + ".rope."
    let factor = try file.single(prefix + "scaling.factor") ?? file.single(prefix + "scale_linear") ?? 1
    // Without a word llama.cpp stretches evenly.
    let type = try file.text(prefix + "scaling.type") ?? "linear"
    let isStretched = type != "none" && factor != 1 && factor != 0
    if let tensor = file.tensors.first(where: { $0.name == factors }) {
      if isStretched {
        throw Diagnostic(
          "rotations are stretched by factors and by '\(type)' at once", at: keys.place("rope.scaling.type"))
      }
      return try llama3(tensor, keys)
    }
    guard isStretched else { return nil }
    guard factor > 0 else {
      throw Diagnostic("the factor \(factor) must be above 0", at: keys.place("rope.scaling.factor"))
    }
    switch type {
    case "linear": return .members(["rope_type": .text("linear"), "factor": .single(factor)])
    case "yarn":
      guard let original = try file.whole(prefix + "scaling.original_context_length", in: 1...1 << 31) else {
        throw Diagnostic(
          "the key '\(prefix)scaling.original_context_length' is missing", at: Place(file: file.path))
      }
      return .members([
        "rope_type": .text("yarn"), "factor": .single(factor),
        "original_max_position_embeddings": .whole(original),
      ])
    default:
      throw Diagnostic(
        "rotations stretched as '\(type)' are not read", at: keys.place("rope.scaling.type"),
        hint: "read are linear, yarn and Llama 3's factors")
    }
  }

  /// The parameters of Llama 3's rule from its factors.
  ///
  /// A frequency whose wavelength is below L ÷ high stays, one above L ÷ low is divided by F, and between them the
  /// divisor goes from one to the other with L ÷ wavelength. The factors give F, their largest. L, low and high enter
  /// by L ÷ low and L ÷ high alone, so whatever the three were, the published ones (8192, 1, 4) make the same model if
  /// they make the same factors; if they do not, another rule made these, and the file is refused.
  /// Source: Llama 3.1's model card and reference code; llama.cpp's converter computes the factors in single precision.
  private static func llama3(_ tensor: GGUFTensor, _ keys: DecoderKeys) throws(Diagnostic) -> JSON? {
    let numbers = try keys.file.numbers(tensor)
    let place = keys.file.place(tensor: tensor.name)
    guard tensor.shape == [keys.headSize / 2] else {
      throw Diagnostic(
        "the tensor has \(tensor.shape) factors, not one for each of \(keys.headSize / 2) rotations",
        at: place)
    }
    let matrix = Matrix(rows: 1, columns: numbers.columns)
    numbers.read(0..<1, into: matrix)
    let factors = matrix.values
    let largest = factors.max() ?? 1
    if factors.allSatisfy({ $0 == 1 }) { return nil }
    let (original, low, high) = (8192.0, 1.0, 4.0)
    for (pair, factor) in factors.enumerated() {
      let wavelength = 2 * Double.pi * pow(Double(keys.ropeBase), 2 * Double(pair) / Double(keys.headSize))
      let share = min(1, max(0, (original / wavelength - low) / (high - low)))
      let expected = 1 / ((1 - share) / Double(largest) + share)
      guard abs(Double(factor) - expected) <= 1e-4 * expected else {
        throw Diagnostic(
          "factor \(pair) is \(factor), where Llama 3's rule gives \(Float(expected))", at: place,
          hint:
            "the rule that these factors were made by is not known, and config.json cannot hold the factors")
      }
    }
    return .members([
      "rope_type": .text("llama3"), "factor": .single(largest), "low_freq_factor": .single(Float(low)),
      "high_freq_factor": .single(Float(high)), "original_max_position_embeddings": .whole(Int(original)),
    ])
  }
}
