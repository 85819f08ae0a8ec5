import Basics
import LinearAlgebra
import Models
import Specs
import Tasks
import Testing
import Training

/// Where a training stops, what it keeps, and what it refuses.
@Suite struct BudgetTests {
  private func train(
    _ tasks: [TrainingTask], base: BaseModel, _ job: TrainJob,
    progress: (Double, CurvePoint) throws -> Void = { _, _ in }
  ) throws -> TrainedAdapter {
    try Trainer(base: base, tasks: tasks, job: job).run(progress: progress)
  }

  // MARK: Budgets

  @Test func `a budget of steps is so many steps`() throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base)]
    var shares: [Double] = []
    let trained = try train(tasks, base: base, Toy.job(tasks, budget: .steps(4))) { share, _ in
      shares.append(share)
    }
    #expect(trained.result.steps == 4)
    #expect(trained.result.keptStep == 4)
    #expect(trained.result.examples == 32)
    #expect(trained.curve.map(\.step) == [1, 2, 3, 4])
    #expect(shares == [0.25, 0.5, 0.75, 1])
  }

  @Test func `a budget of tokens ends with the step that reaches it`() throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base)]
    var tokens: [Int] = []
    let trained = try train(tasks, base: base, Toy.job(tasks, budget: .tokens(300))) { share, _ in
      tokens.append(Int((share * 300).rounded()))
    }
    #expect(trained.result.tokens >= 300)
    #expect(tokens.dropLast().allSatisfy { $0 < 300 })
    #expect(tokens.last == 300)
    #expect(trained.result.tokens - 300 < trained.result.tokens / trained.result.steps * 2)
  }

  @Test(arguments: [1, 3]) func `a budget of passes draws so many rows and not one more`(_ accumulation: Int)
    throws
  {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base, train: 21)]
    let trained = try train(
      tasks, base: base, Toy.job(tasks, budget: .passes(1.5)) { $0.accumulation = accumulation })
    // 31.5 rows, rounded up.
    #expect(trained.result.examples == 32)
    #expect(trained.result.steps == (accumulation == 1 ? 4 : 2))
    #expect(trained.result.drawn[0].repeats == 11)
  }

  @Test(arguments: [1, 3])
  func `the last batch of passes is as large as what is left`(_ accumulation: Int) throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base, train: 17)]
    let trained = try train(
      tasks, base: base, Toy.job(tasks, budget: .passes(1)) { $0.accumulation = accumulation })
    #expect(trained.result.examples == 17)
    #expect(trained.result.drawn[0].repeats == 0)
    #expect(trained.result.steps == (accumulation == 1 ? 3 : 1))
  }

  @Test func `passes count the rarest task of a cocktail`() throws {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.classification, .labels, base: base, name: "large", train: 40),
      Toy.training(.classification, .labels, base: base, name: "small", train: 10, seed: 1),
    ]
    // Equal shares: the large task is seen once after 80 draws.
    let trained = try train(tasks, base: base, Toy.job(tasks, budget: .passes(1), rule: "equal"))
    #expect(trained.result.examples == 80)
  }

  @Test func `batches by tokens keep to the limit and fill it`() throws {
    let base = try Toy.base()
    let task = Toy.training(.classification, .labels, base: base)
    let longest = task.train.map(\.ids.count).max() ?? 0
    var used: [Int] = []
    let job = Toy.job([task], budget: .tokens(600)) { $0.batchTokens = 40 }
    _ = try train([task], base: base, job) { share, _ in used.append(Int((share * 600).rounded())) }
    let batches = zip([0] + used, used).map { $1 - $0 }.dropLast()
    #expect(batches.allSatisfy { $0 <= 40 && $0 + longest > 40 }, "\(batches)")
  }

  @Test func `an example longer than the limit is a batch of its own`() throws {
    let base = try Toy.base()
    let task = Toy.training(.classification, .labels, base: base)
    let trained = try train([task], base: base, Toy.job([task], budget: .steps(5)) { $0.batchTokens = 3 })
    #expect(trained.result.examples == 5)
  }

  @Test func `no drawn example is lost between batches by tokens`() throws {
    let base = try Toy.base()
    var task = Toy.training(.classification, .labels, base: base)
    // Six powers of two sum to 63 in one way only: each of them once.
    task.train = [1, 2, 4, 8, 16, 32].map { count in
      TokenizedExample(
        ids: [Int32](repeating: 7, count: count), types: [Int32](repeating: 0, count: count), wordStarts: [],
        target: .label(0))
    }
    for seed in 0..<4 {
      let job = Toy.job([task], budget: .passes(1), seed: seed) { $0.batchTokens = 36 }
      #expect(try train([task], base: base, job).result.tokens == 63)
    }
  }

  // MARK: Validation

  @Test func `the best step on validation is kept`() throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.regression, .linear, base: base, train: 12, validation: 12)]
    func job(_ steps: Int, keepBest: Bool) -> TrainJob {
      Toy.job(tasks, budget: .steps(steps)) {
        $0.schedule = .constant
        $0.warmup = 0
        $0.learningRate = 0.2
        $0.validateEvery = 1
        $0.keepBest = keepBest
      }
    }
    let best = try train(tasks, base: base, job(20, keepBest: true))
    let values = best.curve.compactMap(\.validation)
    #expect(values.count == 20)
    let top = try #require(values.max())
    let step = try #require(values.firstIndex(of: top)) + 1
    #expect(step < 20, "the last step is the best one, so that this test says nothing")
    #expect(best.result.keptStep == step)
    // With a constant rate a shorter training is the first part of a longer one.
    let short = try train(tasks, base: base, job(step, keepBest: false))
    #expect(best.numbers.elementsEqual(short.numbers))
    let last = try train(tasks, base: base, job(20, keepBest: false))
    #expect(last.result.keptStep == 20)
    #expect(!last.numbers.elementsEqual(best.numbers))
  }

  @Test func `validation is the metric of the weights at that step, turned so that more is better`() throws {
    let base = try Toy.base()
    let tasks = [
      Toy.training(.regression, .linear, base: base, name: "a"),
      Toy.training(.classification, .labels, base: base, name: "b", seed: 1),
    ]
    let job = Toy.job(tasks, budget: .steps(5)) { $0.validateEvery = 2 }
    let trained = try train(tasks, base: base, job)
    #expect(trained.curve.map { $0.validation != nil } == [false, true, false, true, true])
    let weights = try base.network.folding(
      trained.parameters.adapter(name: "toy", alpha: 8, dropout: 0, rslora: false, targets: ["all-linear"]))
    let evaluator = Evaluator(network: weights, pooling: base.pooling)
    let scores = try zip(tasks, trained.heads).map { task, head in
      let predictions = try evaluator.predict(task.validation, head: head)
      return (try task.task.decidingScore(predictions, task.validation.wanted).value)
    }
    let expected = (scores[1] - scores[0]) / 2
    #expect(abs(try #require(trained.curve.last?.validation) - expected) < 1e-6)
  }

  @Test func `patience ends a training that makes no progress`() throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base)]
    let job = Toy.job(tasks, budget: .steps(50)) {
      $0.learningRate = 1e-12
      $0.validateEvery = 3
      $0.patience = 2
      $0.keepBest = true
    }
    let trained = try train(tasks, base: base, job)
    // The first validation is the best; two more without progress follow.
    #expect(trained.result.steps == 9)
    #expect(trained.result.keptStep == 3)
  }

  // MARK: What is refused

  @Test(arguments: Toy.heads)
  func `a loss that is no number any more is reported with its step`(_ head: HeadKind) throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, head, base: base)]
    var last = 0
    let text = complaint {
      let job = Toy.job(tasks, budget: .steps(20)) { $0.learningRate = 1e30 }
      _ = try train(tasks, base: base, job) { _, point in last = point.step }
    }
    #expect(
      text == """
        error: the loss is no number any more at step \(last + 1) (loss nan, gradient norm nan)
          lower training.learning_rate (now 1e+30) or set training.clip
        """)
    #expect(last >= 1)
  }

  @Test func `what progress throws ends the training`() throws {
    let base = try Toy.base()
    let tasks = [Toy.training(.classification, .labels, base: base)]
    let text = complaint {
      _ = try train(tasks, base: base, Toy.job(tasks)) { _, point in
        if point.step == 2 { throw Diagnostic("stopped at 2") }
      }
    }
    #expect(text == "error: stopped at 2")
  }

  @Test func `a task without examples is refused by its name`() throws {
    let base = try Toy.base()
    var empty = Toy.training(.classification, .labels, base: base)
    empty.train = []
    #expect(
      complaint { _ = try Trainer(base: base, tasks: [empty], job: Toy.job([empty])) } == """
        error: task 'toy' has no training examples
        """)
  }

  @Test func `validation without validation data is refused before the first step`() throws {
    let base = try Toy.base()
    var empty = Toy.training(.classification, .labels, base: base)
    empty.validation = []
    let job = Toy.job([empty]) { $0.validateEvery = 5 }
    #expect(
      complaint { _ = try Trainer(base: base, tasks: [empty], job: job) } == """
        error: task 'toy' has no validation examples, but training.validate_every is 5
          give it validation data, set its validation_fraction above 0, or set training.validate_every to 0
        """)
  }

  @Test func `a target that no layer matches is refused with the layers that there are`() throws {
    let base = try Toy.base()
    let task = Toy.training(.classification, .labels, base: base)
    var job = Toy.job([task])
    job.adapter.targets = ["q_proj"]
    #expect(
      complaint { _ = try Trainer(base: base, tasks: [task], job: job) } == """
        error: no linear layer of the base matches the target 'q_proj'
          the layers of a block are attention.self.query, attention.self.key, attention.self.value, \
        attention.output.dense, intermediate.dense, output.dense
        """)
  }
}
