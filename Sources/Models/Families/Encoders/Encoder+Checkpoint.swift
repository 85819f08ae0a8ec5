internal import Basics
public import Checkpoints
internal import LinearAlgebra
internal import Outlines

extension Encoder {
  /// What the stack of query, key and value is called in a file of derived tensors.
  static func stackedName(_ query: String) -> String { query + ".stacked" }

  /// Matrices that are not mapped: stacks, and what a file stores in another format.
  public var copies: [NamedTensor] {
    let stacks = blocks.indices.map { number in
      NamedTensor(Encoder.stackedName(layer(number, .query).path), blocks[number].qkv.floats)
    }
    let inStacks = Set(
      outline.layers.filter { [.query, .key, .value].contains(EncoderDesign.Role($0)) }.map {
        $0.path + ".weight"
      })
    return (stacks + tensors.filter { $0.shape.count == 2 && !inStacks.contains($0.name) })
      .filter { !$0.values.storage.isMapped }
  }

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
    for number in 0..<design.layers {
      let prefix = "\(names.prefix).\(number)."
      let paths = [names.query, names.key, names.value]
      let qkv = try checkpoint.stacked(
        Encoder.stackedName(prefix + names.query), paths.map { prefix + $0 + ".weight" }, rows: C, columns: C)
      let qkvBias = Matrix(rows: 1, columns: 3 * C)
      for (i, path) in paths.enumerated() {
        qkvBias.columns(i * C..<(i + 1) * C).copy(from: try vector(prefix + path + ".bias", C))
      }
      blocks.append(
        EncoderBlock(
          qkv: FrozenWeight(qkv), qkvBias: qkvBias,
          attentionOutput: FrozenWeight(try matrix(prefix + names.attentionOutput + ".weight", C, C)),
          attentionOutputBias: try vector(prefix + names.attentionOutput + ".bias", C),
          attentionGain: try vector(prefix + names.attentionNorm + ".weight", C),
          attentionBias: try vector(prefix + names.attentionNorm + ".bias", C),
          intermediate: FrozenWeight(try matrix(prefix + names.intermediate + ".weight", F, C)),
          intermediateBias: try vector(prefix + names.intermediate + ".bias", F),
          output: FrozenWeight(try matrix(prefix + names.output + ".weight", C, F)),
          outputBias: try vector(prefix + names.output + ".bias", C),
          outputGain: try vector(prefix + names.outputNorm + ".weight", C),
          outputNormBias: try vector(prefix + names.outputNorm + ".bias", C)))
    }
  }
}
