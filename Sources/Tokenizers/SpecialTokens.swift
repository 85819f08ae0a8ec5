public import Basics
internal import Foundation

/// The special tokens of a model folder: which begin and end texts, where to stop, and the text of its chat template.
///
/// As transformers (5.24) reads them: tokenizer_config.json; over it special_tokens_map.json, unless the first one says its added
/// tokens; generation_config.json for more ids that end a text; chat_template.jinja in place of a template in tokenizer_config.json.
public struct SpecialTokens: Sendable, Hashable {
  /// The token that begins a text.
  public var bos: Int32?
  /// The token that ends a text.
  public var eos: Int32?
  /// The token that fills up short texts.
  public var pad: Int32?
  /// The token of what has no other.
  public var unknown: Int32?
  /// All tokens that end a text, in ascending order: `eos`, and those of generation_config.json.
  public var stops: [Int32]
  /// The chat template, in Jinja, as it is written; nil where there is none.
  public var chatTemplate: String?

  /// The files that name the tokens of a folder.
  public static let files = ["tokenizer_config.json", "special_tokens_map.json"]

  /// Reads a folder.
  ///
  /// A file that is not there says nothing. Classes of tokenizers that transformers builds anew have tokens of their own where no
  /// file names any (`<|endoftext|>` of GPT-2).
  ///
  /// - Throws: a `Diagnostic` for a file that cannot be read, and for a token or an id that the tokenizer does not have.
  public init(folder: String, tokenizer: Tokenizer) throws(Diagnostic) {
    let names = try Names(folder: folder, tokenizer: tokenizer)
    bos = try names.id("bos_token")
    eos = try names.id("eos_token")
    pad = try names.id("pad_token")
    unknown = try names.id("unk_token")
    stops = Array(Set([eos].compactMap { $0 } + (try Self.generationStops(folder, tokenizer)))).sorted()
    chatTemplate = try Self.chatTemplate(folder, names.configuration)
  }

  /// The names of tokens in the files of a folder.
  private struct Names {
    let folder: String
    let tokenizer: Tokenizer
    let configuration: JSON?
    let map: JSON?
    let usual: [String: String]

    init(folder: String, tokenizer: Tokenizer) throws(Diagnostic) {
      self.folder = folder
      self.tokenizer = tokenizer
      configuration = try SpecialTokens.json(folder, "tokenizer_config.json")
      map =
        configuration?["added_tokens_decoder"] == nil
        ? try SpecialTokens.json(folder, "special_tokens_map.json") : nil
      usual =
        RebuiltClass.chosen(
          declared: configuration?["tokenizer_class"]?.text,
          modelType: try SpecialTokens.json(folder, "config.json")?["model_type"]?.text,
          isByteLevel: tokenizer.content.decoder is ByteLevelDecoder)?.tokens ?? [:]
    }

    func id(_ key: String) throws(Diagnostic) -> Int32? {
      let files = [(map, "special_tokens_map.json"), (configuration, "tokenizer_config.json")]
      guard let (value, file) = files.lazy.compactMap({ json, file in json?[key].map { ($0, file) } }).first
      else {
        // Of a token that only a class assumes nothing is lost where the vocabulary lacks it.
        return usual[key].flatMap { tokenizer.id($0) }
      }
      if case .null = value { return nil }
      let place = Place(file: "\(folder)/\(file)", detail: "key '\(key)'")
      guard let name = DecoderComparison.name(value) else {
        throw Diagnostic("neither a token nor an object with its 'content'", at: place)
      }
      guard let id = tokenizer.id(name) else {
        throw Diagnostic(
          "the tokenizer does not have the token '\(name)'", at: place,
          hint: "name a token of tokenizer.json, or null for none")
      }
      return id
    }
  }

  private static func json(_ folder: String, _ name: String) throws(Diagnostic) -> JSON? {
    let path = "\(folder)/\(name)"
    return FileManager.default.fileExists(atPath: path)
      ? try JSON(try InputFile.bytes(path), file: path) : nil
  }

  private static func generationStops(_ folder: String, _ tokenizer: Tokenizer) throws(Diagnostic) -> [Int32]
  {
    let name = "generation_config.json"
    guard let value = try json(folder, name)?["eos_token_id"] else { return [] }
    if case .null = value { return [] }
    let place = Place(file: "\(folder)/\(name)", detail: "key 'eos_token_id'")
    var ids: [Int32] = []
    for value in value.list ?? [value] {
      guard let number = TokenNumber.read(value) else {
        throw Diagnostic("neither the id of a token nor a list of ids", at: place)
      }
      guard tokenizer.token(Int32(number)) != nil else {
        throw Diagnostic(
          "the tokenizer has no token with the id \(number)", at: place,
          hint: "name ids of tokenizer.json, which go up to \(tokenizer.vocabularySize - 1)")
      }
      ids.append(Int32(number))
    }
    return ids
  }

  private static func chatTemplate(_ folder: String, _ configuration: JSON?) throws(Diagnostic) -> String? {
    let path = folder + "/chat_template.jinja"
    if FileManager.default.fileExists(atPath: path) {
      return try InputFile.text(path, called: "the chat template")
    }
    switch configuration?["chat_template"] {
    case nil, .null: return nil
    case .text(let text): return text
    case .list(let entries):
      // Several templates by name: the default one is what a chat without tools gets.
      if let text = entries.first(where: { $0["name"]?.text == "default" })?["template"]?.text { return text }
    case .flag, .number, .object: break
    }
    throw Diagnostic(
      "neither a template nor a list of templates with one named 'default'",
      at: Place(file: folder + "/tokenizer_config.json", detail: "key 'chat_template'"))
  }
}
