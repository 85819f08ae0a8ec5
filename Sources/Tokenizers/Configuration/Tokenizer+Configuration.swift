public import Basics
internal import Foundation

extension Tokenizer {
  /// Where transformers (5.24) would give a text other ids than this tokenizer, by the `tokenizer_config.json` beside the
  /// `tokenizer.json` of a folder; where there is no such file by the usual
  /// settings of the class that transformers takes for the `model_type` of its config.json.
  ///
  /// transformers builds a tokenizer of BERT's or MPNet's class from tokenizer_config.json and takes only vocabulary and added tokens
  /// from tokenizer.json; of decoders' classes (`RebuiltClass`) it takes merges and post-processor too, of the classes
  /// PreTrainedTokenizerFast and TokenizersBackend all of it. Here tokenizer.json alone counts, as job ids rest on its bytes, so
  /// the two must agree.
  ///
  /// - Throws: a `Diagnostic` for a file that cannot be read.
  public func disagreements(folder: String) throws(Diagnostic) -> [Diagnostic] {
    let path = folder + "/tokenizer_config.json"
    let isThere = FileManager.default.fileExists(atPath: path)
    let root = isThere ? try JSON(try InputFile.bytes(path), file: path) : .object(.init())
    let model = folder + "/config.json"
    let type =
      FileManager.default.fileExists(atPath: model)
      ? try JSON(try InputFile.bytes(model), file: model)["model_type"]?.text : nil
    // Without either file nothing says what transformers would build.
    if !isThere, type == nil { return [] }
    // transformers reads this older file where added tokens are not said in the other one, and then it counts.
    let map = folder + "/special_tokens_map.json"
    let specials =
      root["added_tokens_decoder"] == nil && FileManager.default.fileExists(atPath: map)
      ? try JSON(try InputFile.bytes(map), file: map).members : nil
    let configuration = TokenizerConfiguration(
      root: root, path: path, isThere: isThere, modelType: type, specials: specials ?? JSON.Object())
    return configuration.problems(of: content) { id($0) }
  }
}

/// A `tokenizer_config.json`.
private struct TokenizerConfiguration {
  let root: JSON
  let path: String
  /// Whether there is such a file; without one transformers builds the tokenizer of a model's family as it usually is.
  let isThere: Bool
  /// `model_type` of the model; nil where nothing says it.
  let modelType: String?
  /// What special_tokens_map.json says, where it counts.
  let specials: JSON.Object

  /// A class of tokenizers that transformers builds anew.
  private struct Rebuilt: Sendable {
    var names: [String]
    var classToken: String
    var separatorToken: String
    /// The special tokens around texts.
    var template: @Sendable (_ classID: Int32, _ separatorID: Int32) -> SpecialTokenTemplate
    /// Whether models of the class look at token types.
    var readsTypes: Bool
  }

  private static let bert = Rebuilt(
    names: ["BertTokenizer", "DistilBertTokenizer", "ElectraTokenizer", "MobileBertTokenizer"],
    classToken: "[CLS]", separatorToken: "[SEP]", template: { .bert(classID: $0, separatorID: $1) },
    readsTypes: true)
  private static let mpNet = Rebuilt(
    names: ["MPNetTokenizer"], classToken: "<s>", separatorToken: "</s>",
    template: { .roberta(classID: $0, separatorID: $1) }, readsTypes: false)

  /// The class of this file; where it says none, that of the model, which is BERT's if nothing else is known.
  private var rebuilt: Rebuilt? {
    guard case .text(let name) = root["tokenizer_class"] else {
      return modelType == "mpnet" ? Self.mpNet : Self.bert
    }
    let bare = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
    return [Self.bert, Self.mpNet].first { $0.names.contains(bare) }
  }

  func problems(of content: TokenizerContent, id: (String) -> Int32?) -> [Diagnostic] {
    guard let rebuilt, let normalizer = content.normalizer as? BertNormalizer,
      let model = content.model as? WordPieceModel
    else { return unknownTokens(id) + rebuiltDecoder(content) }
    return unknownTokens(id) + normalisation(normalizer) + rest(content, normalizer, model, rebuilt)
  }

  /// What a tokenizer of a decoder's class, or added tokens, would make of texts.
  private func rebuiltDecoder(_ content: TokenizerContent) -> [Diagnostic] {
    var settings: [String: JSON] = [:]
    for member in root.members ?? JSON.Object() { settings[member.name] = member.value }
    for member in specials { settings[member.name] = member.value }
    let comparison = DecoderComparison(settings: settings, modelType: modelType, content: content)
    guard let (text, rebuilt) = comparison.disagreement() else { return [] }
    let quoted = JSONText.quoted(text)
    guard let rebuilt else {
      return [
        problem(
          "transformers adds the special tokens of this file to those of tokenizer.json, and would give \(quoted) other ids than that does",
          "added_tokens_decoder", hint: "let both files say the same of each token, as the base was trained")
      ]
    }
    return [
      problem(
        "transformers builds a \(rebuilt.name) of its own for this class and model, which gives \(quoted) other ids than tokenizer.json does",
        "tokenizer_class",
        hint:
          "set tokenizer_class to TokenizersBackend, of which tokenizer.json is taken as it is, where the base was trained with it"
      )
    ]
  }

  private func normalisation(_ normalizer: BertNormalizer) -> [Diagnostic] {
    let lowercases = flag("do_lower_case") ?? true
    let accents = flag("strip_accents")
    var settings = [("do_lower_case", "lowercase", lowercases, normalizer.lowercases)]
    // What is not said goes with the case, whose difference is told already.
    if accents != nil || lowercases == normalizer.lowercases {
      settings.append(("strip_accents", "strip_accents", accents ?? lowercases, normalizer.stripsAccents))
    }
    settings.append(
      (
        "tokenize_chinese_chars", "handle_chinese_chars", flag("tokenize_chinese_chars") ?? true,
        normalizer.isolatesIdeographs
      ))
    return settings.filter { $0.2 != $0.3 }.map { key, other, theirs, ours in
      let said =
        flag(key) == nil
        ? (isThere ? "" : "there is no such file: ")
          + "'\(key)' is not said, which is \(theirs) to transformers"
        : "'\(key)' is \(theirs)"
      return problem(
        "\(said), but tokenizer.json has '\(other)' \(ours) in its normalizer: transformers would read texts otherwise",
        key,
        hint: "set '\(other)' to \(theirs) there, or '\(key)' to \(ours) here"
          + (isThere ? "" : " (a file of {\"\(key)\": \(ours)})") + ", as the base was trained")
    }
  }

  /// What transformers takes from this file, or holds fixed, for a class.
  private func rest(
    _ content: TokenizerContent, _ normalizer: BertNormalizer, _ model: WordPieceModel, _ rebuilt: Rebuilt
  ) -> [Diagnostic] {
    let marks = content.template.marks
    func name(_ id: Int32) -> String { content.tokens[Int(id)] ?? "\(id)" }
    var settings = [
      ("clean_text", "true", "\(normalizer.cleansText)"),
      ("max_input_chars_per_word", "100", "\(model.longestWord)"),
      ("continuing_subword_prefix", "##", model.prefix),
    ]
    for (key, usual, id) in [
      ("unk_token", "[UNK]", model.unknownID), ("cls_token", rebuilt.classToken, marks?.first),
      ("sep_token", rebuilt.separatorToken, marks?.last),
    ] {
      guard let id, content.tokens.indices.contains(Int(id)) else { continue }
      settings.append((key, token(root[key]) ?? usual, name(id)))
    }
    var problems = settings.filter { $0.1 != $0.2 }.map { key, theirs, ours in
      problem(
        "tokenizer.json has '\(ours)' for '\(key)', transformers takes '\(theirs)' for a tokenizer of this class",
        key,
        hint:
          "make both files say what the base was trained with, or set tokenizer_class to PreTrainedTokenizerFast"
      )
    }
    let theirs = marks.map { rebuilt.template($0.first, $0.last) }
    let ours = rebuilt.readsTypes ? content.template : content.template.untyped
    if ours.single != theirs?.single || ours.pair != theirs?.pair {
      problems.append(
        problem(
          "tokenizer.json puts other special tokens around texts than transformers does for a tokenizer of this class",
          "tokenizer_class",
          hint:
            "set tokenizer_class to PreTrainedTokenizerFast where the base was trained with tokenizer.json"))
    }
    return problems
  }

  /// Tokens that transformers would add to those of tokenizer.json.
  private func unknownTokens(_ id: (String) -> Int32?) -> [Diagnostic] {
    var named: [(key: String, token: String)] = []
    if case .object(let members) = root["added_tokens_decoder"] {
      for member in members {
        if let token = token(member.value) { named.append(("added_tokens_decoder.\(member.name)", token)) }
      }
    }
    for key in ["additional_special_tokens", "extra_special_tokens"] {
      guard case .list(let values) = root[key] else { continue }
      named += values.compactMap(token).map { (key, $0) }
    }
    return named.filter { id($0.token) == nil }.map { key, token in
      problem(
        "tokenizer.json does not have the token '\(token)', which transformers would add to it", key,
        hint: "save the tokenizer again with transformers' save_pretrained, or remove the token here")
    }
  }

  private func flag(_ key: String) -> Bool? { root[key]?.flag }

  /// A token, written as a text or with its properties.
  private func token(_ value: JSON?) -> String? { value?.text ?? value?["content"]?.text }

  private func problem(_ what: String, _ key: String, hint: String) -> Diagnostic {
    Diagnostic(what, at: Place(file: path, detail: "key '\(key)'"), hint: hint)
  }
}
