internal import Basics

extension TokenizerDescription {
  /// `tokenizer.json`, in the words of the `tokenizers` library.
  ///
  /// - Throws: a `Diagnostic` where the library would not read it or give other tokens.
  func file() throws(Diagnostic) -> JSON {
    var normalizer = JSON.null
    var preTokenizer = JSON.null
    var decoder: JSON
    var merges: [(left: String, right: String)]
    var isByte = false
    var ignoresMerges = false
    switch model {
    case .bytes(let row, let listed):
      normalizer = row.normalizer
      preTokenizer = row.json
      decoder = PreTokenizer.byteLevel(usesRegex: true)
      ignoresMerges = row.ignoresMerges
      merges = listed
      try check(merges)
    case .pieces(let scores, let addsSpace):
      let replace = Self.replace(" ", by: Self.space)
      let prepend = JSON.members(["type": .text("Prepend"), "prepend": .text(Self.space)])
      normalizer = .members([
        "type": .text("Sequence"), "normalizers": .list(addsSpace ? [prepend, replace] : [replace]),
      ])
      let strip = JSON.members([
        "type": .text("Strip"), "content": .text(" "), "start": .whole(1), "stop": .whole(0),
      ])
      decoder = .members([
        "type": .text("Sequence"),
        "decoders": .list(
          [
            Self.replace(Self.space, by: " "), .members(["type": .text("ByteFallback")]),
            .members(["type": .text("Fuse")]),
          ] + (addsSpace ? [strip] : [])),
      ])
      merges = try PieceMerges.merges(of: self, scores: scores)
      isByte = true
    }
    return .members([
      "version": .text("1.0"), "truncation": .null, "padding": .null,
      "added_tokens": .list(addedTokens), "normalizer": normalizer, "pre_tokenizer": preTokenizer,
      "post_processor": postProcessor, "decoder": decoder,
      "model": .members([
        "type": .text("BPE"), "dropout": .null,
        "unk_token": isByte ? unknown.map { .text(tokens[$0]) } ?? .null : .null,
        "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": .flag(isByte),
        "byte_fallback": .flag(isByte), "ignore_merges": .flag(ignoresMerges),
        "vocab": .object(
          .init(tokens.enumerated().map { (name: $0.element, value: .whole($0.offset)) })),
        "merges": .list(merges.map { .list([.text($0.left), .text($0.right)]) }),
      ]),
    ])
  }

  /// `tokenizer_config.json`.
  ///
  /// - Parameter context: The most tokens of a text.
  func settings(context: Int) -> JSON {
    func named(_ id: Int?) -> JSON? { id.map { .text(tokens[$0]) } }
    var members: [(name: String, value: JSON)] = [
      ("tokenizer_class", .text("PreTrainedTokenizerFast")), ("model_max_length", .whole(context)),
      ("clean_up_tokenization_spaces", .flag(false)),
    ]
    for (name, id) in [
      ("bos_token", beginning), ("eos_token", end), ("unk_token", unknown), ("pad_token", padding),
    ] {
      if let value = named(id) { members.append((name, value)) }
    }
    if chatTemplates.count == 1, let only = chatTemplates.first {
      members.append(("chat_template", .text(only.text)))
    } else if !chatTemplates.isEmpty {
      let list = chatTemplates.map {
        JSON.members(["name": .text($0.name), "template": .text($0.text)])
      }
      members.append(("chat_template", .list(list)))
    }
    return .object(.init(members))
  }

  /// `generation_config.json`.
  var generation: JSON {
    var members: [(name: String, value: JSON)] = []
    if let beginning { members.append(("bos_token_id", .whole(beginning))) }
    let ends = ends.map { JSON.whole($0) }
    if let first = ends.first { members.append(("eos_token_id", ends.count == 1 ? first : .list(ends))) }
    if let padding { members.append(("pad_token_id", .whole(padding))) }
    return .object(.init(members))
  }

  // MARK: Parts

  /// What stands for a space in pieces.
  static let space = "\u{2581}"

  private static func replace(_ text: String, by content: String) -> JSON {
    .members([
      "type": .text("Replace"), "pattern": .members(["String": .text(text)]), "content": .text(content),
    ])
  }

  private var addedTokens: [JSON] {
    tokens.indices.filter { isSpecial($0) || kinds[$0] == .userDefined }.map { id in
      .members([
        "id": .whole(id), "content": .text(tokens[id]), "single_word": .flag(false), "lstrip": .flag(false),
        "rstrip": .flag(dropsSpaceBehind.contains(id)), "normalized": .flag(false),
        "special": .flag(isSpecial(id)),
      ])
    }
  }

  /// The tokens around a text, and around each of two.
  private var postProcessor: JSON {
    guard addsBeginning || addsEnd else { return .null }
    func token(_ id: Int, _ part: Int) -> JSON {
      .members(["SpecialToken": .members(["id": .text(tokens[id]), "type_id": .whole(part)])])
    }
    func around(_ name: String, _ part: Int) -> [JSON] {
      let text = JSON.members(["Sequence": .members(["id": .text(name), "type_id": .whole(part)])])
      return (addsBeginning ? beginning.map { [token($0, part)] } ?? [] : []) + [text]
        + (addsEnd ? end.map { [token($0, part)] } ?? [] : [])
    }
    let used = [addsBeginning ? beginning : nil, addsEnd && end != beginning ? end : nil].compactMap(\.self)
    let special = used.map { id in
      (
        name: tokens[id],
        value: JSON.members([
          "id": .text(tokens[id]), "ids": .list([.whole(id)]), "tokens": .list([.text(tokens[id])]),
        ])
      )
    }
    return .members([
      "type": .text("TemplateProcessing"), "single": .list(around("A", 0)),
      "pair": .list(around("A", 0) + around("B", 1)), "special_tokens": .object(.init(special)),
    ])
  }

  /// The library reads no merge of or to what is no token.
  private func check(_ merges: [(left: String, right: String)]) throws(Diagnostic) {
    let known = Set(tokens.map { ExactText($0) })
    for (number, merge) in merges.enumerated() {
      for part in [merge.left, merge.right, merge.left + merge.right] where !known.contains(ExactText(part)) {
        throw Diagnostic(
          "merge \(number), '\(merge.left) \(merge.right)', needs a token '\(part)', which there is none",
          at: Place(file: path), hint: "the tokenizer is damaged: fetch or write the file again")
      }
    }
  }
}
