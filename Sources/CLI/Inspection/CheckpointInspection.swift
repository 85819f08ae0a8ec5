import Basics
import Checkpoints
import Execution
import Experiment
import Foundation
import Models
import Tokenizers

/// A base in a Hugging Face folder.
enum CheckpointInspection {
  static func lines(_ folder: String, all: Bool) throws -> [String] {
    let configuration = try ModelConfiguration(folder: folder)
    let checkpoint = try Checkpoint(folder: folder)
    let entries = try checkpoint.names.map { (name: $0, entry: try checkpoint.entry($0)) }
    let pooling = try Pooling.read(folder: folder)
    var rows = [
      ("kind", "checkpoint"),
      ("folder", folder),
      ("family", configuration.modelType),
      (
        "sizes",
        "\(counted(configuration.layers, "layer")), width \(configuration.hiddenSize), "
          + "\(counted(configuration.attentionHeads, "head")), feed-forward \(configuration.intermediateSize), "
          + "\(configuration.maximumPositions) positions"
      ),
      ("vocabulary", grouped(configuration.vocabularySize)),
      ("parameters", grouped(entries.filter { $0.entry.type.isFloat }.reduce(0) { $0 + $1.entry.count })),
      ("dtypes", TensorInspection.types(entries.map(\.entry))),
      (
        "files",
        checkpoint.files.map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: ", ")
      ),
      ("pooling", pooling.rawValue),
    ]
    let tokenizer = folder + "/tokenizer.json"
    if FileManager.default.fileExists(atPath: tokenizer) {
      rows.append(
        ("tokenizer", "WordPiece, \(grouped(try Tokenizer(file: tokenizer).vocabularySize)) tokens"))
    } else {
      rows.append(("tokenizer", "none: a base needs a tokenizer.json"))
    }
    rows.append(("as a base", try usability(folder, configuration)))
    guard all else { return aligned(rows) }
    let width = entries.map(\.name.count).max() ?? 0
    return aligned(rows)
      + entries.map { "  \(padded($0.name, width))  \(padded($0.entry.type.rawValue, 4)) \($0.entry.shape)" }
  }

  /// The identity that job ids rest on, or why the folder cannot be a base.
  private static func usability(_ folder: String, _ configuration: ModelConfiguration) throws -> String {
    do {
      let shape = try EncoderShape(configuration, folder: folder)
      _ = try EncoderWeights(checkpoint: Checkpoint(folder: folder), shape: shape)
      let absolute = URL(fileURLWithPath: folder).standardizedFileURL.path
      let nowhere = URL(fileURLWithPath: "/nonexistent")
      let facts = try DiskResources(cache: nowhere, folder: "/", environment: [:]).base(absolute)
      return "yes, sha256 \(facts.sha256)"
    } catch let error as Diagnostic {
      return "no: \(error.what)"
    }
  }
}

extension TensorType {
  fileprivate var isFloat: Bool { [.float64, .float32, .float16, .bfloat16].contains(self) }
}
