import Basics
import Checkpoints
import Execution
import Experiment
import Foundation
import Models
import Outlines
import Terminal
import Tokenizers

/// A model in a Hugging Face folder: a base, or one that is only merged.
enum CheckpointInspection {
  static func lines(_ folder: String, all: Bool) throws -> [String] {
    let checkpoint = try NetworkFamilies.checkpoint(folder: folder)
    let entries = try checkpoint.names.map { (name: $0, entry: try checkpoint.entry($0)) }
    let family = try CheckpointConfiguration(folder: folder).text("model_type")
    var rows = [("kind", "checkpoint"), ("folder", folder), ("family", family ?? "not said")]
    // What cannot be trained with here may still be merged: each part is told for itself.
    let description = Result { try NetworkFamilies.describe(folder: folder) }
    // More layers than tensors are no layers, and an outline of them could fill the memory.
    rows += told(
      "sizes",
      description.map { $0.blocks <= entries.count ? sizes($0.outline) : counted($0.blocks, "layer") },
      else: "not read")
    if case .success(let description) = description {
      rows.append(("vocabulary", grouped(description.limits.vocabulary)))
    }
    rows += [
      (
        "parameters",
        grouped(entries.filter { $0.entry.type.format != nil }.reduce(0) { $0 + $1.entry.count })
      ),
      ("dtypes", TensorInspection.types(entries.map(\.entry))),
      (
        "files",
        checkpoint.files.map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: ", ")
      ),
    ]
    rows += told("pooling", Result { try Pooling.read(folder: folder) }.map(\.rawValue))
    rows += tokenizer(folder)
    rows.append(("as a base", usability(folder)))
    guard all else { return aligned(rows) }
    return try aligned(rows) + TensorInspection.listed(entries) { try checkpoint.stored($0) }
  }

  private static func sizes(_ outline: ModelOutline) -> String {
    "\(counted(outline.blocks, "layer")), width \(outline.width), \(counted(outline.heads, "head")), "
      + "feed-forward \(outline.feedForward), \(outline.limits.positions) positions"
  }

  private static func tokenizer(_ folder: String) -> [(String, String)] {
    let file = folder + "/tokenizer.json"
    guard FileManager.default.fileExists(atPath: file) else {
      return [("tokenizer", "none: a base needs a tokenizer.json")]
    }
    return told(
      "tokenizer",
      Result { try Tokenizer(file: file) }.map { "\($0.kind), \(grouped($0.vocabularySize)) tokens" })
  }

  /// A row with a value, or with the reason why there is none.
  private static func told(
    _ key: String, _ value: Result<String, any Error>,
    else words: String = "not one that can be trained with here"
  ) -> [(String, String)] {
    switch value {
    case .success(let text): [(key, text)]
    case .failure(let error): [(key, "\(words): \((error as? Diagnostic)?.what ?? "\(error)")")]
    }
  }

  /// The identity that job ids rest on, or all that keeps the folder from being a base.
  private static func usability(_ folder: String) -> String {
    let absolute = URL(fileURLWithPath: folder).standardizedFileURL.path
    let facts = FactsCache(environment: ProcessInfo.processInfo.environment)
    defer { facts.save() }
    do {
      let base = try DiskResources(facts: facts, folder: "/", environment: [:]).base(absolute)
      return "yes, sha256 \(base.sha256)"
    } catch let error as Diagnostics {
      let reasons = error.all.map { problem in
        (problem.place?.detail.map { $0 + ": " } ?? "") + problem.what
      }
      return "no: " + reasons.joined(separator: "; ")
    } catch {
      return "no: \((error as? Diagnostic)?.what ?? "\(error)")"
    }
  }
}
