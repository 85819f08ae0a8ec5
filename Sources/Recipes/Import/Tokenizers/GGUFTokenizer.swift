internal import Basics
internal import Checkpoints

/// The tokenizer inside a GGUF file: the keys below `tokenizer`.
struct GGUFTokenizer {
  private static let prefix = "tokenizer.ggml."

  private let file: GGUFFile
  private let architecture: String

  private init(_ file: GGUFFile, _ architecture: String) {
    self.file = file
    self.architecture = architecture
  }

  /// Reads it.
  ///
  /// - Parameter notes: Gets what a user should know.
  /// - Throws: a `Diagnostic` where it is missing, damaged or of a kind that is not read.
  static func read(
    _ file: GGUFFile, architecture: String, notes: inout [String]
  ) throws -> TokenizerDescription {
    try GGUFTokenizer(file, architecture).read(&notes)
  }

  private func read(_ notes: inout [String]) throws -> TokenizerDescription {
    guard let tokens = try texts("tokens"), !tokens.isEmpty else {
      throw Diagnostic(
        "the file has no tokenizer: 'tokenizer.ggml.tokens' is missing", at: Place(file: file.path))
    }
    let model = try file.text(Self.prefix + "model") ?? "missing"
    var result: TokenizerDescription
    switch model {
    case "gpt2": result = try bytes(tokens, &notes)
    case "llama": result = try pieces(tokens)
    default:
      throw Diagnostic(
        "tokenizers of the model '\(model)' are not read", at: file.place(key: Self.prefix + "model"),
        hint: "read are gpt2 (byte-level BPE) and llama (SentencePiece's BPE)")
    }
    for name in ["eot", "eom"] {
      if let id = try id("\(name)_token_id", tokens.count) { result.furtherEnds.append(id) }
    }
    result.addsBeginning = try file.flag(Self.prefix + "add_bos_token") ?? result.addsBeginning
    result.addsEnd = try file.flag(Self.prefix + "add_eos_token") ?? false
    result.chatTemplates = try templates()
    if architecture == "phi3" { result.dropsSpaceBehind = try phi3Ends(result) }
    try result.check()
    return result
  }

  // MARK: Models

  private func bytes(_ tokens: [String], _ notes: inout [String]) throws -> TokenizerDescription {
    guard let lines = try texts("merges") else {
      throw Diagnostic("the key 'tokenizer.ggml.merges' is missing", at: Place(file: file.path))
    }
    let place = file.place(key: Self.prefix + "merges")
    let merges = try lines.enumerated().map { number, line in
      // The first part is not empty, so that its own first byte may be a space.
      guard let space = line.utf8.dropFirst().firstIndex(of: 0x20),
        line.utf8.index(after: space) < line.endIndex
      else { throw Diagnostic("merge \(number), '\(line)', is no pair of tokens", at: place) }
      return (left: String(line[..<space]), right: String(line[line.utf8.index(after: space)...]))
    }
    let word = try file.text(Self.prefix + "pre")
    if word == nil {
      notes.append(
        "the file does not say how its tokenizer cuts words ('tokenizer.ggml.pre' is missing): as in llama.cpp its "
          + "default serves, which is no model's own")
    }
    let row = try PreTokenizers.row(word ?? "default", at: file.place(key: Self.prefix + "pre"))
    return try TokenizerDescription(
      tokens: tokens, kinds: kinds(tokens.count), model: .bytes(row, merges: merges),
      beginning: id("bos_token_id", tokens.count), end: id("eos_token_id", tokens.count),
      unknown: id("unknown_token_id", tokens.count), padding: id("padding_token_id", tokens.count),
      addsBeginning: row.addsBeginning, addsEnd: false, path: file.path)
  }

  private func pieces(_ tokens: [String]) throws -> TokenizerDescription {
    guard let list = try file.list(Self.prefix + "scores"), list.count >= tokens.count,
      let scores = try list.singles(), scores.allSatisfy({ !$0.isNaN })
    else {
      throw Diagnostic(
        "a tokenizer of SentencePiece needs a score for each of its \(tokens.count) tokens",
        at: file.place(key: Self.prefix + "scores"))
    }
    // Where a file says nothing: Llama 2's numbers, as in llama.cpp.
    return try TokenizerDescription(
      tokens: tokens, kinds: kinds(tokens.count),
      model: .pieces(
        scores: Array(scores.prefix(tokens.count)),
        addsSpace: file.flag(Self.prefix + "add_space_prefix") ?? true),
      beginning: id("bos_token_id", tokens.count) ?? 1, end: id("eos_token_id", tokens.count) ?? 2,
      unknown: id("unknown_token_id", tokens.count) ?? 0, padding: id("padding_token_id", tokens.count),
      addsBeginning: true, addsEnd: false, path: file.path)
  }

  // MARK: Keys

  private func texts(_ name: String) throws -> [String]? {
    guard let list = try file.list(Self.prefix + name) else { return nil }
    guard let texts = try list.texts() else {
      throw Diagnostic(
        "the value must be a list of texts, not of \(list.element)", at: file.place(key: Self.prefix + name))
    }
    return texts
  }

  private func id(_ name: String, _ count: Int) throws -> Int? {
    try file.whole(Self.prefix + name, in: 0...count - 1)
  }

  private func kinds(_ count: Int) throws -> [TokenizerDescription.Kind] {
    guard let list = try file.list(Self.prefix + "token_type") else {
      return Array(repeating: .normal, count: count)
    }
    guard list.count >= count, let numbers = try list.integers() else {
      throw Diagnostic(
        "there are \(list.count) types for \(count) tokens", at: file.place(key: Self.prefix + "token_type"))
    }
    return numbers.prefix(count).map { TokenizerDescription.Kind(rawValue: $0) ?? .normal }
  }

  /// The chat templates: the default one, and others by their names.
  private func templates() throws -> [(name: String, text: String)] {
    let key = "tokenizer.chat_template"
    var templates: [(name: String, text: String)] = []
    if let text = try file.text(key) { templates.append(("default", text)) }
    for other in file.keys where other.hasPrefix(key + ".") {
      if let text = try file.text(other) { templates.append((String(other.dropFirst(key.count + 1)), text)) }
    }
    return templates
  }

  /// Phi-3's own tokens take the white space behind them; a GGUF does not say so, and llama.cpp knows it by the name.
  private func phi3Ends(_ tokenizer: TokenizerDescription) throws -> Set<Int> {
    let name = try file.text("general.name")?.lowercased() ?? ""
    guard name.contains("phi-3") || name.contains("phi3") else { return [] }
    let ids = tokenizer.tokens.indices.filter { id in
      let isOwn = tokenizer.isSpecial(id) || tokenizer.kinds[id] == .userDefined
      return isOwn && !["<unk>", "<s>", "<|endoftext|>"].contains(tokenizer.tokens[id])
    }
    return Set(ids)
  }
}
