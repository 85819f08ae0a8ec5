internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Tokenizers
public import Training

/// A base on disk: a Hugging Face folder.
public enum BaseFolder {
  /// The files that make a base what it is, in a fixed order.
  ///
  /// - Throws: a `Diagnostic` for a folder without weights, configuration or tokenizer.
  static func files(of folder: String) throws -> [String] {
    var files = ["config.json", "tokenizer.json"].map { folder + "/" + $0 }
    for file in files where !FileManager.default.fileExists(atPath: file) {
      throw Diagnostic(
        "the base has no such file", at: Place(file: file), hint: "a base is a Hugging Face folder")
    }
    files += try Checkpoint(folder: folder).files
    let pooling = try SentenceModules(folder: folder).poolingFile
    if FileManager.default.fileExists(atPath: pooling) { files.append(pooling) }
    if (try? NetworkFamilies.describe(folder: folder))?.predictsTokens ?? false {
      // What ends an answer stands there.
      files += SpecialTokens.files.map { folder + "/" + $0 }.filter {
        FileManager.default.fileExists(atPath: $0)
      }
    }
    return files
  }

  /// Opens a base; its weights stay in the mapped file, but for the stacked query, key and value.
  public static func open(_ folder: String) throws -> BaseModel {
    try open(folder, sha256: "", .float32, .none)
  }

  /// Opens a base of a known hash, with what processes share of it.
  static func open(
    _ folder: String, sha256: String, _ precision: Precision, _ weights: SharedWeights
  ) throws -> BaseModel {
    let network = try weights.open(folder, sha256: sha256, precision)
    let tokenizer = try Tokenizer(file: folder + "/tokenizer.json")
    let predictsTokens = network.unembedding != nil
    return BaseModel(
      network: network, pooling: try Pooling.read(folder: folder, usual: predictsTokens ? .last : .mean),
      tokenizer: tokenizer,
      end: predictsTokens ? try SpecialTokens(folder: folder, tokenizer: tokenizer).eos : nil)
  }

  /// The outline of a base that a sweep will pretrain: how many words it knows is found out then, some 900 of the
  /// generator's.
  static func outline(of pretrain: PretrainSpec) -> ModelOutline {
    NetworkFamilies.pretrained(
      layers: pretrain.layers, hidden: pretrain.hidden, heads: pretrain.heads,
      intermediate: pretrain.intermediate, vocabulary: 934,
      positions: JobPerformer.pretrainedPositions
    ).outline
  }

  /// Writes a base that a sweep pretrained, as Hugging Face would.
  static func write(
    _ network: any Network, of description: any NetworkDescription, tokenizerJSON: Data, to folder: URL
  ) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try JSONFile.write(JSON(description.configuration), to: folder.path + "/config.json")
    try tokenizerJSON.write(to: folder.appendingPathComponent("tokenizer.json"))
    try SafeTensorsWriter.write(
      network.tensors, to: folder.appendingPathComponent("model.safetensors").path)
  }
}
