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

    init(id: Int, content: String, _ settings: JSON) {
      self.init(id: id, content: content)
      lstrip = settings["lstrip"]?.flag ?? false
      rstrip = settings["rstrip"]?.flag ?? false
      normalized = settings["normalized"]?.flag ?? false
      special = settings["special"]?.flag ?? false
      singleWord = settings["single_word"]?.flag ?? false
    }
  }

  /// The number of every token.
  public private(set) var ids: [ExactText: Int] = [:]
  /// The token of every number; of two with one number that which was added later.
  public private(set) var tokens: [Int: ExactText] = [:]
  /// Tokens beside the vocabulary, special ones among them.
  private var added: [ExactText: Added] = [:]
  /// The file.
  public let path: String

  /// The files that hold a vocabulary, those before others that are read first.
  public static let files = ["tokenizer.json", "vocab.json", "vocab.txt"]

  /// Reads `tokenizer.json`, or `vocab.json` or `vocab.txt` with the tokens that were added to them, in a folder.
  ///
  /// - Throws: a `Diagnostic` where there is none or it has no tokens.
  public init(folder: String) throws(Diagnostic) {
    for name in Self.files where fileExists("\(folder)/\(name)") {
      path = "\(folder)/\(name)"
      switch name {
      case "tokenizer.json": try readTokenizer()
      case "vocab.json":
        try add(try JSONFile(path: path).tree)
        try readAdded(folder)
      default:
        try readLines()
        try readAdded(folder)
      }
      guard !ids.isEmpty else { throw Diagnostic("the file holds no tokens", at: Place(file: path)) }
      return
    }
    let isPiece = fileExists("\(folder)/tokenizer.model")
    throw Diagnostic(
      "the model has no tokenizer.json, vocab.json or vocab.txt", at: Place(file: folder),
      hint: isPiece
        ? "tokenizer.model is not read: transformers' AutoTokenizer.from_pretrained(…).save_pretrained(…) writes a "
          + "tokenizer.json"
        : "fetch the tokenizer.json that belongs to the model into its folder; where all models have the same tokens under "
          + "the same numbers, leave tokenizer_source out")
  }

  /// Whether a folder holds a file with a vocabulary.
  public static func exists(in folder: String) -> Bool { files.contains { fileExists("\(folder)/\($0)") } }

  /// A token as another vocabulary takes it over, under another number.
  public func added(_ token: ExactText, as id: Int) -> Added {
    var own = added[token] ?? Added(id: id, content: token.text)
    own.id = id
    return own
  }

  // MARK: Reading

  private mutating func readTokenizer() throws(Diagnostic) {
    let file = try JSONFile(path: path)
    if let vocabulary = file.tree["model"]?["vocab"] { try add(vocabulary) }
    for token in file.tree["added_tokens"]?.list ?? [] {
      guard let content = token["content"]?.text, let id = token["id"] else { continue }
      try add(content, id, path, settings: token)
    }
  }

  private mutating func add(_ vocabulary: JSON) throws(Diagnostic) {
    for (token, id) in vocabulary.members ?? .init() { try add(token, id, path) }
    for (id, entry) in (vocabulary.list ?? []).enumerated() {
      if let token = entry.list?.first?.text { add(ExactText(token), id) }
    }
  }

  private mutating func add(
    _ token: String, _ number: JSON, _ file: String, settings: JSON? = nil
  ) throws(Diagnostic) {
    guard let id = TokenNumber.read(number) else {
      throw Diagnostic(
        "the id of the token '\(token)' must be a whole number in 0…\(TokenNumber.largest)",
        at: Place(file: file))
    }
    add(ExactText(token), id)
    if let settings { added[ExactText(token)] = Added(id: id, content: token, settings) }
  }

  private mutating func add(_ token: ExactText, _ id: Int) {
    if let old = ids.updateValue(id, forKey: token), tokens[old] == token { tokens[old] = nil }
    tokens[id] = token
  }

  /// Every line is a token and its number is that of the line, whatever is in it: an empty one too.
  ///
  /// As transformers reads the file: lines end in LF, CRLF or CR; of equal lines the last one counts.
  private mutating func readLines() throws(Diagnostic) {
    let bytes = try InputFile.bytes(path)
    var (start, line) = (0, 0)
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0a, bytes[end] != 0x0d { end += 1 }
      guard let token = String(validating: bytes[start..<end], as: UTF8.self) else {
        throw Diagnostic("not UTF-8", at: Place(file: path, line: line + 1), hint: "save the file as UTF-8")
      }
      add(ExactText(token), line)
      let isPair = end + 1 < bytes.count && bytes[end] == 0x0d && bytes[end + 1] == 0x0a
      start = end + (isPair ? 2 : 1)
      line += 1
    }
  }

  /// The tokens that were added to a vocabulary without `tokenizer.json`, where transformers looks for them:
  /// `added_tokens_decoder` of the tokenizer's configuration, else `added_tokens.json`.
  private mutating func readAdded(_ folder: String) throws(Diagnostic) {
    let configuration = "\(folder)/tokenizer_config.json"
    if fileExists(configuration),
      let decoder = try JSONFile(path: configuration).tree["added_tokens_decoder"]?.members
    {
      for (digits, token) in decoder {
        guard let content = token["content"]?.text else { continue }
        try add(content, .number(digits), configuration, settings: token)
      }
      return
    }
    let list = "\(folder)/added_tokens.json"
    guard fileExists(list) else { return }
    for (token, id) in try JSONFile(path: list).tree.members ?? .init() {
      try add(token, id, list, settings: .null)
    }
  }

  // MARK: Writing

  /// The text of the tokenizer's `tokenizer.json` with more tokens, by their numbers.
  ///
  /// - Throws: a `Diagnostic` where the model has only an older file.
  public func tokenizer(adding tokens: [Added]) throws -> [UInt8] {
    guard path.hasSuffix("tokenizer.json") else {
      throw Diagnostic(
        "tokens can be added to a tokenizer.json only", at: Place(file: path),
        hint: "save the tokenizer with today's transformers, or use tokenizer_source: base")
    }
    var bytes = try InputFile.bytes(path)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let entries = try tokens.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    let ranges = try JSON.memberRanges(bytes, file: path)
    guard let range = ranges[ExactText("added_tokens")] else {
      throw Diagnostic(
        "the file has no 'added_tokens'", at: Place(file: path),
        hint: "add \"added_tokens\": [] to it, or save the tokenizer with today's transformers")
    }
    let hasList = bytes[range.lowerBound] == UInt8(ascii: "[")
    let old = hasList ? String(decoding: bytes[range].dropFirst().dropLast(), as: UTF8.self) : ""
    let hasOld = !old.allSatisfy(\.isWhitespace)
    let text = "[" + old + (hasOld && !entries.isEmpty ? "," : "") + entries.joined(separator: ",") + "]"
    bytes.replaceSubrange(range, with: Array(text.utf8))
    return bytes
  }
}
