public import Basics
internal import Foundation

/// The tokens of a model's tokenizer, as `tokenizer.json` or an older file has them.
public struct TokenizerVocabulary: Sendable, Hashable {
  /// A token that stands beside the vocabulary, with how it is looked for in texts.
  public struct Added: Sendable, Hashable, Encodable {
    /// Its number.
    public var id: Int
    /// Its text.
    public var content: String
    var lstrip = false, normalized = false, rstrip = false, special = false
    var singleWord = false

    enum CodingKeys: String, CodingKey {
      case id, content, lstrip, normalized, rstrip, special
      case singleWord = "single_word"
    }

    /// A token that is looked for as it is written.
    public init(id: Int, content: String) {
      self.id = id
      self.content = content
    }
  }

  /// The number of every token.
  public private(set) var ids: [String: Int] = [:]
  /// Tokens beside the vocabulary, special ones among them.
  private var added: [String: Added] = [:]
  /// The file.
  public let path: String

  /// Reads `tokenizer.json`, `vocab.json` or `vocab.txt` in a folder.
  ///
  /// - Throws: a `Diagnostic` where there is none or it has no tokens.
  public init(folder: String) throws(Diagnostic) {
    for name in ["tokenizer.json", "vocab.json", "vocab.txt"] where fileExists("\(folder)/\(name)") {
      path = "\(folder)/\(name)"
      switch name {
      case "tokenizer.json": try readTokenizer()
      case "vocab.json": add(try JSONFile(path: path).tree)
      default: readLines()
      }
      guard !ids.isEmpty else { throw Diagnostic("the file holds no tokens", at: Place(file: path)) }
      return
    }
    throw Diagnostic(
      "the model has no tokenizer.json, vocab.json or vocab.txt", at: Place(file: folder),
      hint: "without one its tokens cannot be brought together with those of other models")
  }

  private mutating func readTokenizer() throws(Diagnostic) {
    let file = try JSONFile(path: path)
    if let vocabulary = file.tree["model"]?["vocab"] { add(vocabulary) }
    for token in file.tree["added_tokens"]?.list ?? [] {
      guard let content = token["content"]?.text, let id = token["id"]?.integer else { continue }
      ids[content] = id
      var own = Added(id: id, content: content)
      own.lstrip = token["lstrip"]?.flag ?? false
      own.rstrip = token["rstrip"]?.flag ?? false
      own.normalized = token["normalized"]?.flag ?? false
      own.special = token["special"]?.flag ?? false
      own.singleWord = token["single_word"]?.flag ?? false
      added[content] = own
    }
  }

  /// A token as another vocabulary takes it over, under another number.
  public func added(_ token: String, as id: Int) -> Added {
    var own = added[token] ?? Added(id: id, content: token)
    own.id = id
    return own
  }

  private mutating func add(_ vocabulary: JSONTree) {
    for member in vocabulary.members ?? [] {
      if let id = member.value.integer { ids[member.name] = id }
    }
    for (id, entry) in (vocabulary.list ?? []).enumerated() {
      if let token = entry.list?.first?.text { ids[token] = id }
    }
  }

  private mutating func readLines() {
    let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    for (id, line) in text.split(separator: "\n").enumerated() { ids[String(line)] = id }
  }

  /// The text of the tokenizer's `tokenizer.json` with more tokens, by their numbers.
  ///
  /// - Throws: a `Diagnostic` where the model has only an older file.
  public func tokenizer(adding tokens: [Added]) throws -> [UInt8] {
    guard path.hasSuffix("tokenizer.json") else {
      throw Diagnostic(
        "tokens can be added to a tokenizer.json only", at: Place(file: path),
        hint: "save the tokenizer with today's transformers, or use tokenizer_source: base")
    }
    var bytes = Array(FileManager.default.contents(atPath: path) ?? Data())
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let entries = try tokens.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    let ranges = try JSONTree.memberRanges(bytes, file: path)
    guard let range = ranges["added_tokens"] else {
      throw Diagnostic("the file has no 'added_tokens'", at: Place(file: path))
    }
    let old = String(decoding: bytes[range].dropFirst().dropLast(), as: UTF8.self)
    let hasOld = !old.allSatisfy(\.isWhitespace)
    let text = "[" + old + (hasOld && !entries.isEmpty ? "," : "") + entries.joined(separator: ",") + "]"
    bytes.replaceSubrange(range, with: Array(text.utf8))
    return bytes
  }
}
