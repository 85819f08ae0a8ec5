internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging

/// The files beside the weights of a merged checkpoint.
enum ModelFiles {
  /// What loaders look for beside the weights: tokenizer, generation, pooling.
  private static let beside = [
    "tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json",
    "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt", "chat_template.jinja",
    "chat_template.json", "generation_config.json", "preprocessor_config.json", "modules.json",
    "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
  ]

  /// Copies those that a model has.
  ///
  /// - Parameters:
  ///   - tokenizer: What to write as `tokenizer.json` instead.
  ///   - chatTemplate: The chat template to write instead.
  /// - Returns: Their names.
  static func copy(
    from folder: String, to attempt: String, tokenizer: [UInt8]?, chatTemplate: String?
  ) throws -> [String] {
    var copied: [String] = []
    for name in beside {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
      try InputFile.refusePointer(data, path: "\(folder)/\(name)")
      if name.contains("/") {
        let below = URL(fileURLWithPath: "\(attempt)/\(name)").deletingLastPathComponent()
        try FileManager.default.createDirectory(at: below, withIntermediateDirectories: true)
      }
      try AtomicFile.write("\(attempt)/\(name)") {
        try $0.append(name == "tokenizer.json" ? tokenizer ?? Array(data) : Array(data))
      }
      copied.append(name)
    }
    guard let chatTemplate else { return copied }
    return try copied + ChatTemplate.write(chatTemplate, to: attempt).filter { !copied.contains($0) }
  }

  /// `README.md` with the front matter that the Hub reads.
  static func writeCard(_ recipe: CheckpointRecipe, folder: String, to attempt: String) throws {
    let name = recipe.name ?? URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
    func quoted(_ text: String) -> String { "\"\(text.replacingOccurrences(of: "\"", with: "\\\""))\"" }
    let models = recipe.references.flatMap { [$0.model] + [$0.adapter].compactMap(\.self) }
    var listed: [String] = []
    for model in models where !listed.contains(model) { listed.append(model) }
    let base = recipe.base.map { " on the base `\($0)`" } ?? ""
    let list = recipe.references.filter { $0 != recipe.base }.map { "- `\($0)`" }.joined(separator: "\n")
    let text = """
      ---
      base_model:
      \(listed.map { "- \(quoted($0))" }.joined(separator: "\n"))
      library_name: transformers
      tags:
      - merge
      - mixology
      ---
      # \(name)

      A merge of models by `\(recipe.method)`\(base), made with mixology:

      \(list)

      ## Recipe

      ```yaml
      \(recipe.text.trimmingCharacters(in: .newlines))
      ```

      """
    try AtomicFile.write(attempt + "/README.md") { try $0.append(Array(text.utf8)) }
  }

  private struct Record: Encodable {
    struct Model: Encodable {
      let model: String
      let files: [String: Int]
    }
    let mixology: String
    let mergeMethod: String
    let baseModel: String?
    let seed: Int
    let recipe: String
    let models: [Model]
    let tensors: Int
    let parameters: Int
    let bytes: Int
    let files: [String]
    let notes: [String]
  }

  /// `merge.json`, the record of the merge.
  static func writeRecord(
    _ recipe: CheckpointRecipe, _ plan: CheckpointPlan, _ outcome: CheckpointMerger.Outcome,
    version: String, to attempt: String
  ) throws {
    let models = plan.models.map { model in
      let sizes = model.files.map { path in
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        return (URL(fileURLWithPath: path).lastPathComponent, size ?? 0)
      }
      return Record.Model(
        model: model.reference.description, files: Dictionary(sizes) { first, _ in first })
    }
    let record = Record(
      mixology: version, mergeMethod: plan.method.name, baseModel: recipe.base?.description,
      seed: recipe.seed, recipe: recipe.text, models: models, tensors: outcome.tensors,
      parameters: outcome.parameters, bytes: outcome.bytes, files: outcome.files, notes: outcome.notes)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let bytes = Array(try encoder.encode(record)) + [0x0a]
    try AtomicFile.write(attempt + "/merge.json") { try $0.append(bytes) }
  }
}
