internal import Basics
internal import Checkpoints
internal import Experiment
internal import Models
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
    let configuration = part { try ModelConfiguration(folder: folder) }
    if let configuration { problems += EncoderShape.unsupported(configuration, folder: folder) }
    let shape = configuration.map { EncoderShape(sizes: $0) }
    if let checkpoint = part({ try Checkpoint(folder: folder) }), let shape {
      problems += EncoderWeights.problems(checkpoint, shape: shape)
    }
    _ = part { try Pooling.read(folder: folder) }
    if let tokenizer = part({ try Tokenizer(file: folder + "/tokenizer.json") }) {
      problems += part { try tokenizer.disagreements(folder: folder) } ?? []
      if let shape { problems += excess(of: tokenizer, over: shape, folder: folder) }
    }
    return problems
  }

  /// Indices that the tokenizer gives and the embedding tables have no row for.
  private static func excess(of tokenizer: Tokenizer, over shape: EncoderShape, folder: String)
    -> [Diagnostic]
  {
    let place = Place(file: folder + "/tokenizer.json")
    var problems: [Diagnostic] = []
    let largest = tokenizer.largestID
    if Int(largest) >= shape.vocabulary {
      let name = tokenizer.token(largest).map { " ('\($0)')" } ?? ""
      problems.append(
        Diagnostic(
          "the tokenizer has ids up to \(largest)\(name), the word embeddings only \(shape.vocabulary) rows",
          at: place,
          hint: "save the model after resize_token_embeddings, or take the added tokens out of the tokenizer")
      )
    }
    if Int(tokenizer.largestType(pair: false)) >= shape.types {
      problems.append(
        Diagnostic(
          "the tokenizer gives the token type \(tokenizer.largestType(pair: false)), the base has \(shape.types)",
          at: place, hint: "is 'type_vocab_size' in config.json right?"))
    }
    if tokenizer.specialTokens(pair: true) > shape.positions {
      problems.append(
        Diagnostic(
          "the special tokens alone take \(tokenizer.specialTokens(pair: true)) positions, the base has \(shape.positions)",
          at: place, hint: "is 'max_position_embeddings' in config.json right?"))
    }
    return problems
  }

  /// How a sound base serves a task: pairs need a token type of their own, labels texts that it can tell apart.
  static func fit(
    of task: TaskSpec, with tokenizer: Tokenizer, _ configuration: ModelConfiguration
  ) -> TaskFit {
    var fit = TaskFit()
    if task.pair != nil, Int(tokenizer.largestType(pair: true)) >= configuration.tokenTypes {
      fit.problems.append(
        Diagnostic(
          "the task '\(task.name)' has a 'pair', whose token type \(tokenizer.largestType(pair: true)) the base lacks: "
            + "its 'type_vocab_size' is \(configuration.tokenTypes)",
          hint: "put both texts into the one template 'text', or take a base with two token types"))
    }
    if task.head == .labels { fit.notes = confusions(task, tokenizer, configuration.maximumPositions) }
    return fit
  }

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
