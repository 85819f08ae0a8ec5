internal import Basics
internal import Checkpoints
internal import LinearAlgebra
internal import Outlines

extension Encoder {
  /// Reads an encoder's weights by their names.
  ///
  /// Queries, keys and values are stacked into matrices of their own, where the checkpoint has none from before; all else
  /// stays where it maps it.
  /// - Throws: a `Diagnostic` for a missing tensor or one of another shape.
  init(_ design: EncoderDesign, checkpoint: Checkpoint) throws(Diagnostic) {
    func matrix(_ name: String, _ rows: Int, _ columns: Int) throws(Diagnostic) -> Matrix {
      try checkpoint.matrix(name, shape: [rows, columns])
    }
    func vector(_ name: String, _ columns: Int) throws(Diagnostic) -> Matrix {
      try checkpoint.matrix(name, shape: [columns])
    }
    let C = design.hidden
    let F = design.intermediate
    let names = design.names
    self.design = design
    outline = design.outline
    words = try matrix(names.words, design.vocabulary, C)
    positions = try matrix(names.positions, design.positionRows, C)
    types = nil
    if let rows = design.types { types = try matrix(names.types, rows, C) }
    distances = nil
    if design.readsDistances {
      distances = try matrix(names.distances, RelativeDistances.buckets, design.heads)
    }
    embeddingGain = try vector(names.embeddingNorm + ".weight", C)
    embeddingBias = try vector(names.embeddingNorm + ".bias", C)
    blocks = []
    var stacks: [Matrix] = []
    for number in 0..<design.layers {
      let prefix = "\(names.prefix).\(number)."
      let paths = [names.query, names.key, names.value]
      let qkv = try checkpoint.stacked(
        LinearWeights.stackedName(prefix + names.query), paths.map { prefix + $0 + ".weight" }, rows: C,
        columns: C)
      let qkvBias = Matrix(rows: 1, columns: 3 * C)
      for (i, path) in paths.enumerated() {
        qkvBias.columns(i * C..<(i + 1) * C).copy(from: try vector(prefix + path + ".bias", C))
      }
      stacks += [
        qkv, try matrix(prefix + names.attentionOutput + ".weight", C, C),
        try matrix(prefix + names.intermediate + ".weight", F, C),
        try matrix(prefix + names.output + ".weight", C, F),
      ]
      blocks.append(
        EncoderBlock(
          qkvBias: qkvBias, attentionOutputBias: try vector(prefix + names.attentionOutput + ".bias", C),
          attentionGain: try vector(prefix + names.attentionNorm + ".weight", C),
          attentionBias: try vector(prefix + names.attentionNorm + ".bias", C),
          intermediateBias: try vector(prefix + names.intermediate + ".bias", F),
          outputBias: try vector(prefix + names.output + ".bias", C),
          outputGain: try vector(prefix + names.outputNorm + ".weight", C),
          outputNormBias: try vector(prefix + names.outputNorm + ".bias", C)))
    }
    linear = LinearWeights(outline, stacks)
  }
}
