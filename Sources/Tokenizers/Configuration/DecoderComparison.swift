internal import Basics

/// What transformers (5.24) would make of a decoder's tokenizer.json beside a tokenizer_config.json, held against the file itself.
///
/// Two descriptions of a pipeline may differ and mean the same (a normalizer that writes spaces as U+2581, or Metaspace). So
/// both are built and read the same texts: a disagreement is one only where a text has other ids.
struct DecoderComparison {
  /// tokenizer_config.json, with what special_tokens_map.json says where transformers looks at it.
  let settings: [String: JSON]
  /// `model_type` of config.json.
  let modelType: String?
  /// What tokenizer.json says.
  let content: TokenizerContent

  /// A text that both read otherwise, and the class that transformers builds; nil where they agree.
  func disagreement() -> (text: String, rebuilt: RebuiltClass?)? {
    guard let model = content.model as? BytePairModel else { return nil }
    let isByteLevel = content.preTokenizer?.endsInBytes ?? false
    let rebuilt = RebuiltClass.chosen(
      declared: settings["tokenizer_class"]?.text, modelType: modelType,
      isByteLevel: isByteLevel || content.decoder is ByteLevelDecoder)
    let theirs = theirs(rebuilt, model)
    func ids(_ content: TokenizerContent, _ text: String) -> [Int32] {
      var row = TokenRow(isTracked: false)
      content.append(text, to: &row)
      return row.ids
    }
    let tokens = content.addedTokens + theirs.addedTokens
    let probes = Self.probes + tokens.flatMap { [$0.content, "a\($0.content)b", "a \($0.content) b"] }
    return probes.first { ids(content, $0) != ids(theirs, $0) }.map { ($0, rebuilt) }
  }

  /// The tokenizer that transformers would have.
  private func theirs(_ rebuilt: RebuiltClass?, _ model: BytePairModel) -> TokenizerContent {
    guard let rebuilt else {
      return TokenizerContent(
        normalizer: content.normalizer, preTokenizer: content.preTokenizer, model: model,
        template: content.template,
        decoder: content.decoder, addedTokens: addedTokens(content.addedTokens, [:]))
    }
    let chosen = RebuiltClass.Settings(
      addsPrefixSpace: settings["add_prefix_space"]?.flag, isLegacy: settings["legacy"]?.flag ?? false,
      unknown: name("unk_token"))
    let own = settings["added_tokens_decoder"] == nil ? content.addedTokens : []
    return TokenizerContent(
      normalizer: rebuilt.normalizer, preTokenizer: rebuilt.preTokenizer(chosen),
      model: model.with(rebuilt.model(chosen)),
      template: content.template, decoder: content.decoder, addedTokens: addedTokens(own, rebuilt.tokens))
  }

  /// The added tokens: those of tokenizer.json, those of `added_tokens_decoder` in their place, and the named ones.
  private func addedTokens(_ own: [AddedToken], _ usual: [String: String]) -> [AddedToken] {
    var tokens = own
    func add(_ token: AddedToken, replaces: Bool) {
      if let place = tokens.firstIndex(where: { $0.content.hasBytes(of: token.content) }) {
        if replaces { tokens[place] = token }
      } else {
        tokens.append(token)
      }
    }
    for member in settings["added_tokens_decoder"]?.members ?? JSON.Object() {
      guard let content = Self.name(member.value), let id = self.content.id(content) else { continue }
      func flag(_ key: String) -> Bool { member.value[key]?.flag ?? false }
      let isSpecial = flag("special")
      add(
        AddedToken(
          id: id, content: content, singleWord: flag("single_word"), stripsLeft: flag("lstrip"),
          stripsRight: flag("rstrip"), normalized: member.value["normalized"]?.flag ?? !isSpecial,
          isSpecial: isSpecial),
        replaces: true)
    }
    for key in Self.named {
      let given = settings[key]
      guard let name = given == nil ? usual[key] : name(key), let id = content.id(name) else { continue }
      add(AddedToken(id: id, content: name, isSpecial: true), replaces: false)
    }
    return tokens
  }

  private func name(_ key: String) -> String? { settings[key].flatMap(Self.name) }

  /// A token, written as a text or with its properties.
  static func name(_ value: JSON) -> String? { value.text ?? value["content"]?.text }

  /// The keys of special tokens with a name.
  static let named = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// Texts in which pipelines differ: numbers, contractions, spaces, line breaks, forms of Unicode, scripts, signs.
  private static let probes = [
    "Hello world", " Hello  world ", "   a", "a\n\n b\n", "\r\n\t x", "12 1234567 3.14 a1b2",
    "it's IT'S we'll", "snake_case(x) != y;",
    "...!?--", "caf\u{e9} cafe\u{301} \u{212b}", "\u{ff11}\u{ff12} \u{bd} \u{661}",
    "\u{5e02}\u{5834} \u{d55c}\u{ad6d}\u{c5b4} \u{440}\u{44b}\u{43d}\u{43e}\u{43a}",
    "\u{1f44d}\u{1f3fd} \u{200d}",
    "\u{2581}a \u{120}b", "a\u{a0}b\u{3000}c", "a\u{0}b", "ab. \n\n(c)", "DON'T", "x\u{2028}y",
  ]
}
