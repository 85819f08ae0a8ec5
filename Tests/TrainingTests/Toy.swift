import Basics
import Checkpoints
import LinearAlgebra
import Models
import Specs
import TaskFixtures
import Tasks
import Tokenizers
import Training

/// A tiny random base and tasks that it can learn in a few dozen steps.
enum Toy {
  /// One block of width 16, and every word of the tasks in the vocabulary.
  static func base(seed: Int = 1, layers: Int = 1) throws -> BaseModel {
    let vocabulary = WordPieceVocabulary.train(
      [
        (KindFixture.names + KindFixture.words + KindFixture.moves.map(\.0) + ["name", "word"]).joined(
          separator: " ")
      ], limit: 200)
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

  /// Tests over all kinds leave out those without a fixture, which `KindTests` asks for.
  private static func toy(_ kind: TaskKind) -> KindFixture.Toy {
    guard let fixture = KindFixture.all[kind] else {
      preconditionFailure("no fixture of the kind '\(kind)'")
    }
    return fixture.toy
  }

  /// The heads that tasks of an encoder may have.
  static let heads = HeadKind.allCases.filter { $0 != .answers }

  /// A task of a kind.
  static func task(_ kind: TaskKind, _ head: HeadKind, name: String = "toy") -> TaskSpec {
    let toy = toy(kind)
    return TaskSpec(
      name: name, kind: kind, source: .files([:]), labels: toy.labels, metrics: [toy.metric], head: head)
  }

  /// Sentences of three to six words with one that decides.
  static func examples(_ kind: TaskKind, count: Int, seed: Int = 0) -> [Example] {
    let toy = toy(kind)
    let words = KindFixture.words
    var stream = RandomStream(seed: seed, "examples")
    return (0..<count).map { _ in
      var text = (0..<2 + stream.index(below: 4)).map { _ in words[stream.index(below: words.count)] }
      let move = stream.index(below: KindFixture.moves.count)
      let place = stream.index(below: text.count)
      text.insert(toy.deciding[move], at: place)
      return toy.example(text, place, move)
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
