internal import Basics
internal import Checkpoints
internal import Experiment
internal import Models
internal import Outlines
internal import Specs
internal import Tokenizers

/// Opens a base as a job would, and says all that keeps a job from using it or would make its results silently wrong.
enum BaseCheck {
  /// What is wrong with a base's folder; reads all of its weights.
  static func problems(_ folder: String) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    func part<Value>(_ read: () throws -> Value) -> Value? {
      do {
        return try read()
      } catch let error as Diagnostic {
        problems.append(error)
      } catch {
        problems.append(Diagnostic("the base cannot be opened: \(error)", at: Place(file: folder)))
      }
      return nil
    }
    if let problem = (try? CheckpointConfiguration(folder: folder))?.quantisation { return [problem] }
    let description = part { try NetworkFamilies.describe(folder: folder) }
    problems += description?.unsupported ?? []
    if let checkpoint = part({ try NetworkFamilies.checkpoint(folder: folder) }), let description {
      problems += description.problems(of: checkpoint)
    }
    let sentences = part { try SentenceModules(folder: folder) }
    if let sentences {
      problems += sentences.problems
      _ = part { try Pooling.read(folder: folder) }
    }
    if let tokenizer = part({ try Tokenizer(file: folder + "/tokenizer.json") }) {
      problems += part { try tokenizer.disagreements(folder: folder) } ?? []
      if let limits = description?.limits {
        problems += excess(of: tokenizer, over: limits, folder: folder)
      }
      if sentences?.lowercases == true, !tokenizer.lowercases {
        problems.append(
          Diagnostic(
            "'do_lower_case' is true: sentence-transformers lowers the case of texts before the tokenizer, which does not",
            at: Place(file: folder + "/sentence_bert_config.json", detail: "key 'do_lower_case'"),
            hint:
              "set 'lowercase' to true in the normalizer of tokenizer.json, or 'do_lower_case' to false here, as the "
              + "base was trained"))
      }
    }
    return problems
  }

  /// Indices that the tokenizer gives and the embedding tables have no row for.
  private static func excess(of tokenizer: Tokenizer, over limits: ModelOutline.Limits, folder: String)
    -> [Diagnostic]
  {
    let place = Place(file: folder + "/tokenizer.json")
    var problems: [Diagnostic] = []
    let largest = tokenizer.largestID
    if Int(largest) >= limits.vocabulary {
      let name = tokenizer.token(largest).map { " ('\($0)')" } ?? ""
      problems.append(
        Diagnostic(
          "the tokenizer has ids up to \(largest)\(name), the word embeddings only \(limits.vocabulary) rows",
          at: place,
          hint: "save the model after resize_token_embeddings, or take the added tokens out of the tokenizer")
      )
    }
    if let types = limits.types, Int(tokenizer.largestType(pair: false)) >= types {
      problems.append(
        Diagnostic(
          "the tokenizer gives the token type \(tokenizer.largestType(pair: false)), the base has \(types)",
          at: place, hint: "is 'type_vocab_size' in config.json right?"))
    }
    if tokenizer.specialTokens(pair: true) > limits.positions {
      problems.append(
        Diagnostic(
          "the special tokens alone take \(tokenizer.specialTokens(pair: true)) positions, the base has \(limits.positions)",
          at: place, hint: "is 'max_position_embeddings' in config.json right?"))
    }
    return problems
  }

  /// How a sound base serves a task: pairs need a token type of their own, labels texts that it can tell apart.
  static func fit(
    of task: TaskSpec, with tokenizer: Tokenizer, _ limits: ModelOutline.Limits
  ) -> TaskFit {
    var fit = TaskFit()
    if task.pair != nil, let types = limits.types, Int(tokenizer.largestType(pair: true)) >= types {
      fit.problems.append(
        Diagnostic(
          "the task '\(task.name)' has a 'pair', whose token type \(tokenizer.largestType(pair: true)) the base lacks: "
            + "its 'type_vocab_size' is \(types)",
          hint: "put both texts into the one template 'text', or take a base with two token types"))
    }
    if task.head == .answers, task.pair != nil {
      fit.problems.append(
        Diagnostic(
          "the task '\(task.name)' has a 'pair', and what a decoder answers is one text",
          hint: "put both into the template 'text', with what is to stand between them"))
    }
    if task.head == .answers, task.text.last?.isWhitespace ?? false {
      fit.notes.append(
        Diagnostic(
          "the prompt of the task '\(task.name)' ends in white space, which most tokenizers make one token with the word behind it",
          hint: "end 'text' before it: a space stands between prompt and answer anyway"))
    }
    if task.head != .linear { fit.notes += confusions(task, tokenizer, limits.positions) }
    fit.notes += marks(task, tokenizer)
    return fit
  }

  /// Special tokens that a template writes out, as is done where two texts have one field only.
  private static func marks(_ task: TaskSpec, _ tokenizer: Tokenizer) -> [Diagnostic] {
    [("text", task.text), ("pair", task.pair)].compactMap { key, source in
      guard let source, let template = try? Template(source, of: key) else { return nil }
      let literals = template.parts.compactMap { part in
        if case .literal(let literal) = part { literal } else { nil }
      }
      guard let mark = usualMarks.first(where: { mark in literals.contains { $0.contains(mark) } }) else {
        return nil
      }
      let special = [tokenizer.classID, tokenizer.separatorID, tokenizer.maskID, tokenizer.padID]
      let read = tokenizer.encode(mark, maxTokens: .max)
      let isToken = zip(read.ids, read.words).contains { $1 >= 0 && special.contains($0) }
      return Diagnostic(
        "'\(key)' of the task '\(task.name)' writes '\(mark)' between its columns, which the base reads as "
          + (isToken
            ? "its special token, with both sides as parts of one text" : "letters like any others"),
        hint: task.pair == nil
          ? "put the second text into 'pair': the base then gets two texts as it knows them"
          : "leave it out: special tokens are put around the texts anyway")
    }
  }

  /// How models of the BERT family and others write their special tokens.
  private static let usualMarks = [
    "[SEP]", "[CLS]", "[MASK]", "[PAD]", "</s>", "<s>", "<sep>", "<mask>", "<pad>",
  ]

  private static func confusions(_ task: TaskSpec, _ tokenizer: Tokenizer, _ positions: Int) -> [Diagnostic] {
    var unknown: [LabelSpec] = []
    var groups: [(ids: [Int32], labels: [LabelSpec])] = []
    for label in task.labels {
      let encoding = tokenizer.encode(label.description, maxTokens: positions)
      let isKnown = zip(encoding.ids, encoding.words).contains { $1 >= 0 && $0 != tokenizer.unknownID }
      if !isKnown {
        unknown.append(label)
      } else if let same = groups.firstIndex(where: { $0.ids == encoding.ids }) {
        groups[same].labels.append(label)
      } else {
        groups.append((encoding.ids, [label]))
      }
    }
    let mend =
      "describe them in words that it knows, as in labels: {name: what it means}, or write head: linear"
    var problems: [Diagnostic] = []
    if !unknown.isEmpty {
      problems.append(
        Diagnostic(
          "the base's tokenizer knows no word of \(named(unknown)) of the task '\(task.name)': "
            + (unknown.count > 1 ? "nothing can tell them apart" : "its text says nothing"), hint: mend))
    }
    problems += groups.filter { $0.labels.count > 1 }.map { _, labels in
      Diagnostic(
        "\(named(labels)) of the task '\(task.name)' are one text to the base's tokenizer, '\(labels[0].description)': "
          + "nothing can tell them apart",
        hint: mend)
    }
    return problems
  }

  /// `the labels 'a', 'b' and 'c'`.
  private static func named(_ labels: [LabelSpec]) -> String {
    let names = labels.map { "'\($0.name)'" }
    guard let last = names.last, names.count > 1 else { return "the label \(names.joined())" }
    return "the labels \(names.dropLast().joined(separator: ", ")) and \(last)"
  }
}
