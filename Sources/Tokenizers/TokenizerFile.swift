internal import Basics

/// Reads the parts of a `tokenizer.json`; what is missing or of another kind is an error, never skipped.
struct TokenizerFile {
  let root: JSON
  let path: String

  /// The whole file.
  func content() throws(Diagnostic) -> TokenizerContent {
    let model = try model()
    let vocabulary = try vocabulary(model)
    let prefix = try text(model, "model.continuing_subword_prefix")
    let longest = try integer(model, "model.max_input_chars_per_word")
    let unknown = try text(model, "model.unk_token")
    guard let unknownID = vocabulary.first(where: { $0.token.hasBytes(of: unknown) })?.id else {
      throw problem("the vocabulary lacks the unknown token '\(unknown)'", "model.unk_token")
    }
    let wordPiece = WordPieceModel(
      vocabulary: vocabulary, prefix: prefix, unknown: unknownID, longestWord: longest)
    let added = try addedTokens(wordPiece, vocabularyCount: vocabulary.count)
    func id(_ names: [String]) throws(Diagnostic) -> Int32 {
      // Added tokens first: a vocabulary may hold the other family's names as ordinary words.
      for name in names {
        if let token = added.last(where: { $0.content.hasBytes(of: name) }) { return token.id }
      }
      for name in names {
        if let id = wordPiece.id(name) { return id }
      }
      throw problem("neither the vocabulary nor the added tokens have '\(names[0])'", "added_tokens")
    }
    _ = try section("pre_tokenizer", kinds: ["BertPreTokenizer"])
    let normalizer = try normalizer()
    let template = try template()
    let specials = template.single.flatMap { part -> [Int32] in
      if case .special(let ids, _) = part { return ids }
      return []
    }
    guard let classID = specials.first, let separatorID = specials.last, specials.count > 1 else {
      throw problem("no special tokens stand around a sentence", "post_processor.single")
    }
    return TokenizerContent(
      normalizer: normalizer, model: wordPiece, prefix: prefix, longestWord: longest, template: template,
      rawTokens: AddedTokens(added.filter { !$0.normalized }),
      normalizedTokens: AddedTokens(added.filter(\.normalized), normalize: normalizer.normalized),
      tokens: tokens(vocabulary, added), addedTokens: added, unknownID: unknownID,
      separatorID: separatorID, classID: classID, maskID: try id(["[MASK]", "<mask>"]),
      padID: try id(["[PAD]", "<pad>"]))
  }

  // MARK: Parts

  /// The model, which must be WordPiece.
  ///
  /// Files that the Hugging Face library wrote before 0.9 have no `type`: it takes for WordPiece what has all of its keys
  /// and no merges.
  private func model() throws(Diagnostic) -> JSON {
    guard case .object(let members) = root["model"], root["model"]?["type"] == nil else {
      return try section("model", kinds: ["WordPiece"])
    }
    let keys = ["unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"]
    let has = Set(members.names)
    guard has.isSuperset(of: keys), !has.contains("merges") else {
      throw problem(
        "the model says no type, and is no WordPiece, which has \(keys.joined(separator: ", ")) and no merges",
        "model", hint: "supported: WordPiece")
    }
    return .object(members)
  }

  private func vocabulary(_ model: JSON) throws(Diagnostic) -> [(token: String, id: Int32)] {
    guard case .object(let members) = model["vocab"] else {
      throw problem("an object of tokens and ids is missing", "model.vocab")
    }
    var vocabulary: [(token: String, id: Int32)] = []
    vocabulary.reserveCapacity(members.count)
    for member in members {
      vocabulary.append((member.name, try id(member.value, "model.vocab.\(member.name)")))
    }
    return vocabulary
  }

  /// The added tokens; the Hugging Face library numbers those outside the vocabulary itself, so that a
  /// file with other ids would be read in two ways.
  private func addedTokens(
    _ model: WordPieceModel, vocabularyCount: Int
  ) throws(Diagnostic) -> [AddedToken] {
    guard case .list(let entries) = root["added_tokens"] else {
      throw problem("a list of tokens is missing", "added_tokens")
    }
    var tokens: [AddedToken] = []
    var next = Int32(vocabularyCount)
    for (index, entry) in entries.enumerated() {
      let key = "added_tokens.\(index)"
      guard let value = entry["id"] else { throw problem("a whole number is missing", "\(key).id") }
      let token = AddedToken(
        id: try id(value, "\(key).id"), content: try text(entry, "\(key).content"),
        singleWord: try flag(entry, "\(key).single_word"), stripsLeft: try flag(entry, "\(key).lstrip"),
        stripsRight: try flag(entry, "\(key).rstrip"), normalized: try flag(entry, "\(key).normalized"))
      let earlier = tokens.last { $0.content.hasBytes(of: token.content) }?.id
      let due = model.id(token.content) ?? earlier ?? next
      guard due == token.id else {
        throw problem("the added token '\(token.content)' must have the id \(due)", "\(key).id")
      }
      next = max(next, due + 1)
      tokens.append(token)
    }
    return tokens
  }

  private func normalizer() throws(Diagnostic) -> BertNormalizer {
    let section = try section("normalizer", kinds: ["BertNormalizer"])
    let lowercases = try flag(section, "normalizer.lowercase")
    var stripsAccents = lowercases
    switch section["strip_accents"] {
    case nil, .null: break
    default: stripsAccents = try flag(section, "normalizer.strip_accents")
    }
    return BertNormalizer(
      cleansText: try flag(section, "normalizer.clean_text"),
      isolatesIdeographs: try flag(section, "normalizer.handle_chinese_chars"),
      stripsAccents: stripsAccents, lowercases: lowercases)
  }

  private func template() throws(Diagnostic) -> SpecialTokenTemplate {
    let section = try section(
      "post_processor", kinds: ["TemplateProcessing", "BertProcessing", "RobertaProcessing"])
    if case .text("TemplateProcessing") = section["type"] {
      return SpecialTokenTemplate(
        single: try parts(section, "post_processor.single"), pair: try parts(section, "post_processor.pair"))
    }
    let classID = try namedID(section["cls"], "post_processor.cls")
    let separatorID = try namedID(section["sep"], "post_processor.sep")
    if case .text("RobertaProcessing") = section["type"] {
      return .roberta(classID: classID, separatorID: separatorID)
    }
    return .bert(classID: classID, separatorID: separatorID)
  }

  /// How BertProcessing and RobertaProcessing write a token: `["[CLS]", 101]`.
  private func namedID(_ value: JSON?, _ key: String) throws(Diagnostic) -> Int32 {
    guard case .list(let pair) = value, pair.count == 2 else {
      throw problem("a pair of token and id is missing", key)
    }
    return try id(pair[1], key)
  }

  private func parts(_ section: JSON, _ key: String) throws(Diagnostic) -> [SpecialTokenTemplate.Part] {
    guard case .list(let entries) = section[lastName(key)] else { throw problem("a list is missing", key) }
    var parts: [SpecialTokenTemplate.Part] = []
    for (index, entry) in entries.enumerated() {
      let place = "\(key).\(index)"
      if let special = entry["SpecialToken"] {
        parts.append(
          .special(
            ids: try specialIDs(section, try text(special, "\(place).id"), place),
            type: Int32(clamping: try integer(special, "\(place).type_id"))))
      } else if let sequence = entry["Sequence"] {
        let type = Int32(clamping: try integer(sequence, "\(place).type_id"))
        switch try text(sequence, "\(place).id") {
        case "A": parts.append(.first(type: type))
        case "B": parts.append(.second(type: type))
        case let other: throw problem("unknown sequence '\(other)'", place, hint: "known: A, B")
        }
      } else {
        throw problem("neither a SpecialToken nor a Sequence", place)
      }
    }
    return parts
  }

  private func specialIDs(
    _ section: JSON, _ name: String, _ place: String
  ) throws(Diagnostic) -> [Int32] {
    guard case .list(let values) = section["special_tokens"]?[name]?["ids"] else {
      throw problem("no ids for the special token '\(name)'", "post_processor.special_tokens")
    }
    var ids: [Int32] = []
    for value in values { ids.append(try id(value, "post_processor.special_tokens.\(name).ids")) }
    return ids
  }

  private func tokens(_ vocabulary: [(token: String, id: Int32)], _ added: [AddedToken]) -> [String?] {
    let largest = max(vocabulary.map(\.id).max() ?? 0, added.map(\.id).max() ?? 0)
    var tokens = [String?](repeating: nil, count: Int(largest) + 1)
    for entry in vocabulary { tokens[Int(entry.id)] = entry.token }
    for token in added { tokens[Int(token.id)] = token.content }
    return tokens
  }

  // MARK: Values

  /// A top-level object whose `type` is one of those this module knows.
  private func section(_ name: String, kinds: [String]) throws(Diagnostic) -> JSON {
    guard let section = root[name], case .object = section else {
      throw problem("an object is missing", name, hint: "supported: \(kinds.joined(separator: ", "))")
    }
    let kind = try text(section, "\(name).type")
    guard kinds.contains(kind) else {
      throw problem(
        "'\(kind)' is not supported", "\(name).type", hint: "supported: \(kinds.joined(separator: ", "))")
    }
    return section
  }

  private func text(_ owner: JSON, _ key: String) throws(Diagnostic) -> String {
    guard case .text(let text) = owner[lastName(key)] else { throw problem("a text is missing", key) }
    return text
  }

  private func flag(_ owner: JSON, _ key: String) throws(Diagnostic) -> Bool {
    guard case .flag(let flag) = owner[lastName(key)] else {
      throw problem("true or false is missing", key)
    }
    return flag
  }

  private func integer(_ owner: JSON, _ key: String) throws(Diagnostic) -> Int {
    guard let integer = owner[lastName(key)]?.integer, integer >= 0 else {
      throw problem("a whole number is missing", key)
    }
    return integer
  }

  private func id(_ value: JSON, _ key: String) throws(Diagnostic) -> Int32 {
    guard let id = TokenNumber.read(value) else {
      throw problem("an id must be a whole number in 0…\(TokenNumber.largest)", key)
    }
    return Int32(id)
  }

  private func lastName(_ key: String) -> String {
    key.split(separator: ".").last.map(String.init) ?? key
  }

  private func problem(_ what: String, _ key: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(what, at: Place(file: path, detail: "key '\(key)'"), hint: hint)
  }
}
