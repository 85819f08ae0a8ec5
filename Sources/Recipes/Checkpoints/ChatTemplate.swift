internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra

/// The chat template that a recipe asks for.
enum ChatTemplate {
  /// The turns of ChatML, each between two marks.
  private static let chatML =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"

  /// The template: `auto` is the commonest of the models', of equally common ones the first.
  ///
  /// - Throws: a `Diagnostic` for a name that is not known, or where no model has a template.
  static func text(_ word: String, at place: Place, _ models: [CheckpointModel]) throws(Diagnostic) -> String
  {
    if word == "chatml" { return chatML }
    if word.count >= 20, word.contains("{") { return word }
    guard word == "auto" else {
      throw Diagnostic(
        "'\(word)' is no chat template", at: place,
        hint: "known: auto, chatml; else write the template itself, as Jinja")
    }
    let templates = models.compactMap { template(in: $0.folder) }
    let counts = Dictionary(templates.map { ($0, 1) }, uniquingKeysWith: +)
    guard let most = counts.values.max(), let first = templates.first(where: { counts[$0] == most }) else {
      throw Diagnostic(
        "no model has a chat template", at: place,
        hint: "leave chat_template out, or write the template itself")
    }
    return first
  }

  /// A model's own template, without white space around it.
  private static func template(in folder: String) -> String? {
    let file = FileManager.default.contents(atPath: folder + "/chat_template.jinja")
    let configuration = try? CheckpointConfiguration(folder: folder, file: "tokenizer_config.json")
    let text =
      file.map { String(decoding: $0, as: UTF8.self) } ?? configuration?.text("chat_template")
      ?? configuration?.text("template", where: "name", is: "default", in: "chat_template")
    let trimmed = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    return trimmed.isEmpty ? nil : trimmed
  }

  /// Writes the template where loaders of today and of yesterday look for it.
  ///
  /// - Returns: The names of the files.
  static func write(_ text: String, to folder: String) throws -> [String] {
    try AtomicFile.write(folder + "/chat_template.jinja") { try $0.append(Array(text.utf8)) }
    let name = "tokenizer_config.json"
    guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else { return ["chat_template.jinja"] }
    var configuration = try CheckpointConfiguration(folder: folder, file: name)
    try configuration.set("chat_template", to: text)
    try configuration.write(to: folder)
    return ["chat_template.jinja", name]
  }
}
