import Basics
import Checkpoints
import LinearAlgebra
import Models
import Specs
import Tasks
import Tokenizers
import Training

/// A tiny random base and tasks that it can learn in a few dozen steps.
enum Toy {
  static let names = ["acme", "orion", "zenith"]
  static let words = ["profit", "sales", "today", "shares", "bank"]
  static let moves = [("down", -1.0), ("flat", 0.0), ("up", 1.0)]

  /// One block of width 16, and every word of the tasks in the vocabulary.
  static func base(seed: Int = 1, layers: Int = 1) throws -> BaseModel {
    let vocabulary = WordPieceVocabulary.train(
      [(names + words + moves.map(\.0) + ["name", "word"]).joined(separator: " ")], limit: 200)
    let json = try WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: true)
    let tokenizer = try Tokenizer(json: json, path: "tokenizer.json")
    let shape = NetworkFamilies.pretrained(
      layers: layers, hidden: 16, heads: 2, intermediate: 32, vocabulary: tokenizer.vocabularySize,
      positions: 32)
    let storage = Storage(count: shape.floats)
    let weights = shape.random(over: storage, stream: RandomStream(seed: seed, "toy"))
    // Ten times BERT's start, so that attention and feed-forward layers matter beside the residual.
    for tensor in weights.tensors where tensor.shape.count == 2 {
      tensor.values.withMutableSpan { span in
        for i in 0..<span.count { span[i] *= 10 }
      }
    }
    return BaseModel(network: weights, pooling: .mean, tokenizer: tokenizer)
  }

  /// What a toy of a kind of task is.
  struct Maker: Sendable {
    let labels: [LabelSpec]
    let metric: String
    /// The words that decide, one for each of `moves`.
    var deciding = moves.map(\.0)
    /// The example of some words of which one, at a place, is the deciding word of a move.
    let example: @Sendable (_ words: [String], _ place: Int, _ move: Int) -> Example
  }

  /// The toys of all kinds: which way a text says it moves, how far, or which words are names.
  static let makers: [TaskKind: Maker] = [
    .classification: Maker(
      labels: moves.map { LabelSpec(name: $0.0, description: $0.0) }, metric: "accuracy"
    ) { words, _, move in Example(text: words.joined(separator: " "), target: .label(move)) },
    .multilabel: Maker(
      labels: (moves.map(\.0) + ["bank"]).map { LabelSpec(name: $0, description: $0) }, metric: "micro_f1"
    ) { words, _, move in
      Example(
        text: words.joined(separator: " "), target: .labels([move] + (words.contains("bank") ? [3] : [])))
    },
    .regression: Maker(
      labels: moves.map { LabelSpec(name: $0.0, description: $0.0, value: $0.1) }, metric: "mse"
    ) { words, _, move in Example(text: words.joined(separator: " "), target: .number(moves[move].1)) },
    .tagging: Maker(
      labels: [LabelSpec(name: "O", description: "word"), LabelSpec(name: "B-ORG", description: "name")],
      metric: "token_accuracy", deciding: names
    ) { words, place, _ in
      Example(
        text: words.joined(separator: " "), words: words,
        target: .tags(words.indices.map { $0 == place ? 1 : 0 }))
    },
  ]

  private static func maker(_ kind: TaskKind) -> Maker {
    guard let maker = makers[kind] else {
      preconditionFailure("no toy of the kind '\(kind)': add one to the makers of Toy.swift")
    }
    return maker
  }

  /// A task of a kind.
  static func task(_ kind: TaskKind, _ head: HeadKind, name: String = "toy") -> TaskSpec {
    let maker = maker(kind)
    return TaskSpec(
      name: name, kind: kind, source: .files([:]), labels: maker.labels, metrics: [maker.metric], head: head)
  }

  /// Sentences of three to six words with one that decides.
  static func examples(_ kind: TaskKind, count: Int, seed: Int = 0) -> [Example] {
    let maker = maker(kind)
    var stream = RandomStream(seed: seed, "examples")
    return (0..<count).map { _ in
      var text = (0..<2 + stream.index(below: 4)).map { _ in words[stream.index(below: words.count)] }
      let move = stream.index(below: moves.count)
      let place = stream.index(below: text.count)
      text.insert(maker.deciding[move], at: place)
      return maker.example(text, place, move)
    }
  }

  /// A task with its data.
  static func training(
    _ kind: TaskKind, _ head: HeadKind, base: BaseModel, name: String = "toy", train: Int = 64,
    validation: Int = 16,
    maxTokens: Int = 32, seed: Int = 0
  ) -> TrainingTask {
    func tokenized(_ count: Int, _ seed: Int) -> [TokenizedExample] {
      examples(kind, count: count, seed: seed)
        .map { TokenizedExample($0, tokenizer: base.tokenizer, maxTokens: maxTokens) }
    }
    return TrainingTask(
      task: task(kind, head, name: name), train: tokenized(train, 2 * seed),
      validation: tokenized(validation, 2 * seed + 1))
  }

  /// A job over some tasks.
  static func job(
    _ tasks: [TrainingTask], budget: BudgetSpec = .steps(6), rule: String = "concatenation",
    dropout: Double = 0,
    seed: Int = 0, _ change: (inout TrainingSpec) -> Void = { _ in }
  ) -> TrainJob {
    var training = TrainingSpec(learningRate: 0.01, batchRows: 8)
    change(&training)
    return TrainJob(
      base: .folder(sha256: "toy"), tasks: tasks.map(\.task), sampling: SamplingSpec(rule: rule),
      budget: budget,
      adapter: AdapterSpec(rank: 4, alpha: 8, dropout: dropout, targets: ["all-linear"]), training: training,
      seed: seed)
  }
}

extension TrainedAdapter {
  /// Every trained number: the factors, then the linear heads.
  var numbers: [Float] {
    var numbers = parameters.factors.flatMap { $0.a.values + $0.b.values }
    for head in heads {
      if case .linear(let weight, let bias) = head.head { numbers += weight.values + bias.values }
    }
    return numbers
  }
}

/// The whole text of what a call refuses.
func complaint(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "nothing was refused"
  } catch {
    return "\(error)"
  }
}
