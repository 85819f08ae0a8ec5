internal import Basics

/// Reads the parts of a `tokenizer.json`; what is missing or of another kind is an error, never skipped.
struct TokenizerFile {
  private let root: FileSection

  /// The file as JSON; `path` is for messages.
  init(_ json: JSON, path: String) {
    root = FileSection(members: json.members ?? JSON.Object(), key: "", path: path)
  }

  /// The whole file.
  func content() throws(Diagnostic) -> TokenizerContent {
    let preTokenizer = try root.optionalSection("pre_tokenizer").map { section throws(Diagnostic) in
      try [StageKind<any PreTokenizer>].preTokenizers.read(section)
    }
    let model = try model(isByteLevel: preTokenizer?.endsInBytes ?? false)
    let normalizer = try root.optionalSection("normalizer").map { section throws(Diagnostic) in
      try [StageKind<any Normalizer>].normalizers.read(section)
    }
    let added = try addedTokens(model)
    let template = try root.optionalSection("post_processor").map { section throws(Diagnostic) in
      try [StageKind<SpecialTokenTemplate?>].postProcessors.read(section)
    }
    let decoder = try root.optionalSection("decoder").map { section throws(Diagnostic) in
      try [StageKind<any Decoder>].decoders.read(section)
    }
    return TokenizerContent(
      normalizer: normalizer, preTokenizer: preTokenizer, model: model,
      template: template.flatMap { $0 } ?? .plain,
      decoder: decoder, addedTokens: added)
  }

  /// The model.
  ///
  /// Files that the Hugging Face library wrote before 0.9 have no `type`: it takes for BPE what has merges, for WordPiece what
  /// has all of its keys.
  private func model(isByteLevel: Bool) throws(Diagnostic) -> any TokenModel {
    let supported = "supported: " + [StageKind<any TokenModel>].models.map(\.name).joined(separator: ", ")
    var section = try root.section("model", hint: supported)
    section.isByteLevel = isByteLevel
    if section.members["type"] != nil { return try [StageKind<any TokenModel>].models.read(section) }
    let has = Set(section.members.names)
    let keys = ["unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"]
    if has.isSuperset(of: ["vocab", "merges"]) { return try StageKind.bytePair.read(section) }
    if has.isSuperset(of: keys) { return try StageKind.wordPiece.read(section) }
    throw root.problem(
      "the model says no type; it is no BPE, which has vocab and merges, and no WordPiece, which has "
        + keys.joined(separator: ", "), "model", hint: supported)
  }

  /// The added tokens; the Hugging Face library numbers those outside the vocabulary itself, so that a
  /// file with other ids would be read in two ways.
  private func addedTokens(_ model: any TokenModel) throws(Diagnostic) -> [AddedToken] {
    guard root.members["added_tokens"]?.list != nil else {
      throw root.problem("a list of tokens is missing", "added_tokens")
    }
    var tokens: [AddedToken] = []
    var ids: [ExactText: Int32] = [:]
    var next = Int32(model.vocabulary.count)
    for entry in try root.sections("added_tokens") {
      let token = AddedToken(
        id: try entry.id("id"), content: try entry.text("content"),
        singleWord: try entry.flag("single_word"), stripsLeft: try entry.flag("lstrip"),
        stripsRight: try entry.flag("rstrip"), normalized: try entry.flag("normalized"),
        isSpecial: try entry.flag("special", usually: false))
      let due = model.id(token.content) ?? ids[ExactText(token.content)] ?? next
      guard due == token.id else {
        throw entry.problem("the added token '\(token.content)' must have the id \(due)", "id")
      }
      next = max(next, due + 1)
      ids[ExactText(token.content)] = token.id
      tokens.append(token)
    }
    return tokens
  }
}
