import Basics
import Checkpoints
import LinearAlgebra
import Models
import Outlines
import Specs
import TaskFixtures
import Tasks
import TestSupport
import Testing
import Tokenizers
import Training

@Suite struct TrainerTests {
  private func train(
    _ tasks: [TrainingTask], base: BaseModel, _ job: TrainJob,
    progress: (Double, CurvePoint) throws -> Void = { _, _ in }
  ) throws -> TrainedAdapter {
    try Trainer(base: base, tasks: tasks, job: job).run(progress: progress)
  }

  // MARK: What it learns

  /// The kinds with the heads that suit them.
  static let everything = TaskKinds.all.entries.filter { KindFixture.all[$0.outline.kind] != nil }.flatMap {
    row in
    Toy.heads.map { (row.outline.kind, $0) }
      .filter {
        Readouts.all.names.contains(row.readout($0.1)) && row.outline.problem(Toy.task($0.0, $0.1)) == nil
      }
  }

  @Test(arguments: everything)
  func `a learnable task is learnt, whatever its kind and head`(_ kind: TaskKind, _ head: HeadKind) throws {
    let base = try Toy.base()
    let task = Toy.training(kind, head, base: base)
    let job = Toy.job([task], budget: .steps(160)) {
      $0.learningRate = 0.02
      $0.labelScale = 20
    }
    let trained = try train([task], base: base, job)
    let first = trained.curve.prefix(10).reduce(0) { $0 + $1.loss } / 10
    #expect(trained.result.finalLoss < 0.3 * first, "\(first) fell to \(trained.result.finalLoss)")
    let weights = try base.network.folding(
      trained.parameters.adapter(
        name: "toy", alpha: job.adapter.alpha, dropout: 0, rslora: false, targets: job.adapter.targets))
    let predictions = try Evaluator(network: weights, pooling: base.pooling)
      .predict(task.validation, head: trained.heads[0])
    let (metric, value) = try task.task.decidingScore(predictions, task.validation.wanted)
    #expect(metric.higherIsBetter ? value > 0.85 : value < 0.2)
  }

  @Test func `a cocktail of all kinds and heads is trained in one batch`() throws {
    let base = try Toy.base()
    let tasks = Self.everything.enumerated().map { index, pair in
      Toy.training(pair.0, pair.1, base: base, name: "task\(index)", train: 10 + index, seed: index)
    }
    let trained = try train(tasks, base: base, Toy.job(tasks, budget: .passes(2)))
    #expect(trained.heads.map(\.task.name) == tasks.map(\.task.name))
    // Concatenation sees every example of every task once in each pass.
    #expect(trained.result.drawn.map(\.examples) == tasks.map { 2 * $0.train.count })
    #expect(trained.result.drawn.map(\.repeats) == tasks.map { $0.train.count })
    #expect(trained.result.drawn.map(\.epochs) == tasks.map { _ in 2 })
    #expect(
      trained.result.drawn.map(\.tokens) == tasks.map { 2 * $0.train.reduce(0) { $0 + $1.ids.count } })
    #expect(trained.result.tokens == trained.result.drawn.reduce(0) { $0 + $1.tokens })
    #expect(trained.result.trainable == trained.numbers.count)
  }

  // MARK: What decides the result

  @Test(arguments: [0, 0.2]) func `the same seed gives the same bytes and another one does not`(
    _ dropout: Double
  ) throws {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.classification, .linear, base: base, name: "a"),
      Toy.training(.tagging, .labels, base: base, name: "b", seed: 1),
    ]
    func run(_ seed: Int) throws -> TrainedAdapter {
      try train(tasks, base: base, Toy.job(tasks, rule: "equal", dropout: dropout, seed: seed))
    }
    let first = try run(0)
    let second = try run(0)
    let other = try run(1)
    #expect(first.numbers.elementsEqual(second.numbers))
    #expect(first.curve == second.curve)
    #expect(first.result == second.result)
    #expect(!first.numbers.elementsEqual(other.numbers))
    #expect(first.curve[0].loss != other.curve[0].loss)
  }

  @Test func `two batches of 16 rows are one of 32`() throws {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.classification, .linear, base: base, name: "a"),
      Toy.training(.regression, .labels, base: base, name: "b", seed: 1),
      Toy.training(.tagging, .linear, base: base, name: "c", seed: 2),
    ]
    let whole = try train(tasks, base: base, Toy.job(tasks, budget: .steps(5)) { $0.batchRows = 32 })
    let halves = try train(
      tasks, base: base,
      Toy.job(tasks, budget: .steps(5)) {
        $0.batchRows = 16
        $0.accumulation = 2
      })
    #expect(whole.result.drawn == halves.result.drawn)
    for (one, two) in zip(whole.curve, halves.curve) {
      #expect(abs(one.loss - two.loss) < 1e-5 * one.loss)
      #expect(abs(one.gradientNorm - two.gradientNorm) < 1e-5 * one.gradientNorm)
    }
    #expect(relativeError(halves.numbers, whole.numbers) < 1e-5)
  }

  @Test func `dropout changes the result`() throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base)]
    let plain = try train(tasks, base: base, Toy.job(tasks))
    let dropped = try train(tasks, base: base, Toy.job(tasks, dropout: 0.3))
    #expect(!plain.numbers.elementsEqual(dropped.numbers))
    // B starts at zero, so that nothing can be dropped before the first update.
    #expect(abs(plain.curve[0].loss - dropped.curve[0].loss) < 1e-6)
    #expect(plain.curve[0].gradientNorm != dropped.curve[0].gradientNorm)
  }

  @Test func `the frozen base keeps its bytes`() throws {
    let base = try Toy.base()
    let before = base.network.tensors.map { $0.values.values }
    let tasks = [Toy.training(.classification, .linear, base: base)]
    _ = try train(tasks, base: base, Toy.job(tasks) { $0.validateEvery = 2 })
    #expect(base.network.tensors.map { $0.values.values }.elementsEqual(before))
  }

  // MARK: Tagging

  @Test func `words behind the longest input are neither trained on nor predicted`() throws {
    let base = try Toy.base()
    // [CLS], three tokens and [SEP]: longer sentences lose words.
    let task = Toy.training(.tagging, .linear, base: base, maxTokens: 5)
    #expect(task.train.contains { $0.wordStarts.count < $0.target.tagCount })
    #expect(task.train.allSatisfy { $0.ids.count <= 5 && $0.wordStarts.count <= 3 })
    let trained = try train([task], base: base, Toy.job([task]))
    #expect(trained.curve.allSatisfy { $0.loss.isFinite && $0.loss > 0 })
    let predictions = try Evaluator(network: base.network, pooling: base.pooling)
      .predict(task.train, head: trained.heads[0])
    for (prediction, example) in zip(predictions, task.train) {
      guard case .tags(let tags) = prediction.target else {
        Issue.record("\(prediction) is no list of tags")
        continue
      }
      #expect(tags.count == example.target.tagCount)
      #expect(tags.dropFirst(example.wordStarts.count).allSatisfy { $0 == 0 })
    }
  }

  @Test func `a sentence counts once, whatever the number of its words`() throws {
    let base = try Toy.base()
    // Without positions equal words are equal tokens, so that tagging both is tagging one.
    let positions = try #require(base.network.tensors.first { $0.name.contains("position") })
    positions.values.fill(0)
    func firstStep(_ starts: [Int]) throws -> CurvePoint {
      let encoding = base.tokenizer.encode("up up", maxTokens: 32)
      let tags = Target.tags(starts.map { _ in 1 })
      let example = TokenizedExample(
        ids: encoding.ids, types: encoding.types, wordStarts: starts, target: tags)
      let task = TrainingTask(task: Toy.task(.tagging, .linear), train: [example], validation: [])
      return try train([task], base: base, Toy.job([task], budget: .steps(1))).curve[0]
    }
    let both = try firstStep([1, 2])
    let one = try firstStep([1])
    #expect(abs(both.loss - one.loss) < 1e-5 * one.loss)
    #expect(abs(both.gradientNorm - one.gradientNorm) < 1e-5 * one.gradientNorm)
  }

  @Test func `a batch in which no word fits trains nothing and breaks nothing`() throws {
    let base = try Toy.base()
    let task = Toy.training(.tagging, .linear, base: base, maxTokens: 2)
    #expect(task.train.allSatisfy { $0.wordStarts.isEmpty })
    let trained = try train([task], base: base, Toy.job([task], budget: .steps(2)))
    #expect(trained.curve.map(\.loss) == [0, 0])
    #expect(trained.curve.map(\.gradientNorm) == [0, 0])
    let predictions = try Evaluator(network: base.network, pooling: base.pooling)
      .predict(task.train, head: trained.heads[0])
    #expect(
      predictions.map(\.target) == task.train.map { .tags([Int](repeating: 0, count: $0.target.tagCount)) })
  }

  @Test func `a word without tokens does not lose the words behind it`() throws {
    let base = try Toy.base()
    let words = ["acme", "\u{200b}", "profit", "up"]
    let example = TokenizedExample(
      Example(text: words.joined(separator: " "), words: words, target: .tags([1, 0, 0, 0])),
      tokenizer: base.tokenizer, maxTokens: 32)
    // [CLS] acme profit up [SEP]
    #expect(example.ids.count == 5)
    #expect(example.wordStarts == [1, 2, 3])
    #expect(example.words == [0, 2, 3])
  }

  @Test func `a word without tokens is predicted O, wherever it stands, and takes part in no loss`() throws {
    let base = try Toy.base()
    let words = ["\u{200b}", "acme", "\u{200b}", "profit", "\u{200b}"]
    let task = TaskSpec(
      name: "names", kind: .tagging, source: .files([:]),
      labels: ["O", "B-X"].map { LabelSpec(name: $0, description: $0) }, metrics: ["entity_f1"],
      head: .linear)
    func example(_ tags: [Int]) -> TokenizedExample {
      TokenizedExample(
        Example(text: words.joined(separator: " "), words: words, target: .tags(tags)),
        tokenizer: base.tokenizer, maxTokens: 32)
    }
    // A head that says B-X to everything.
    let head = TaskHead(
      task: task,
      head: .linear(
        weight: Matrix(rows: 2, columns: base.network.outline.width),
        bias: Matrix(rows: 1, columns: 2, values: [0, 1])))
    let evaluator = Evaluator(network: base.network, pooling: base.pooling)
    #expect(
      try evaluator.predict([example([0, 0, 1, 0, 0])], head: head).map(\.target) == [.tags([0, 1, 0, 1, 0])])
    func loss(_ tags: [Int]) -> Double { evaluator.meanLoss([example(tags)], head: head) }
    #expect(loss([1, 1, 1, 0, 1]) == loss([0, 1, 0, 0, 0]))
    #expect(loss([0, 0, 0, 0, 0]) != loss([0, 1, 0, 0, 0]))
  }
}

extension Target {
  /// Tags of a tagging target.
  var tagCount: Int {
    if case .tags(let tags) = self { tags.count } else { 0 }
  }
}
