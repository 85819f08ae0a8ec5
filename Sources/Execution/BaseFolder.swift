public import Basics
public import Checkpoints
public import Foundation
internal import LinearAlgebra
public import Models
public import Tokenizers
public import Training

/// A base on disk: a Hugging Face folder of the BERT family.
public enum BaseFolder {
  /// The files that make a base what it is, relative to its folder, in a fixed order.
  ///
  /// - Throws: a `Diagnostic` for a folder without weights, configuration or tokenizer.
  public static func files(of folder: String) throws -> [String] {
    var files = ["config.json", "tokenizer.json"]
    for file in files where !FileManager.default.fileExists(atPath: folder + "/" + file) {
      throw Diagnostic("the base has no \(file)", at: Place(file: folder))
    }
    files += try Checkpoint.files(of: folder)
    let pooling = "1_Pooling/config.json"
    if FileManager.default.fileExists(atPath: folder + "/" + pooling) { files.append(pooling) }
    return files
  }

  /// Opens a base; its weights stay in the mapped file, but for the stacked query, key and value.
  public static func open(_ folder: String) throws -> BaseModel {
    let configuration = try ModelConfiguration(folder: folder)
    let checkpoint = try Checkpoint(folder: folder)
    let weights = try EncoderWeights(checkpoint: checkpoint, shape: EncoderShape(configuration))
    return BaseModel(
      weights: weights, pooling: try Pooling(folder: folder),
      tokenizer: try Tokenizer(file: folder + "/tokenizer.json"))
  }

  /// Writes an encoder that a sweep pretrained, as Hugging Face would.
  public static func write(_ weights: EncoderWeights, tokenizerJSON: Data, to folder: URL) throws {
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("1_Pooling"), withIntermediateDirectories: true)
    try weights.shape.configuration.write(to: folder.appendingPathComponent("config.json").path)
    try tokenizerJSON.write(to: folder.appendingPathComponent("tokenizer.json"))
    try Pooling.mean.write(to: folder.path, hidden: weights.shape.hidden)
    try SafeTensorsWriter.write(
      weights.named.map { name, matrix in
        let isVector = name.hasSuffix("bias") || name.hasSuffix("LayerNorm.weight")
        return (name, isVector ? [matrix.columns] : [matrix.rows, matrix.columns], matrix.values)
      }, to: folder.appendingPathComponent("model.safetensors").path)
  }
}
