import Basics
import Checkpoints
import LinearAlgebra
import Models
import Outlines
import Specs
import Tasks
import TestSupport
import Testing
import Training

@Suite struct EvaluatorTests {
  /// Random factors, and the adapter that they are.
  private func factors(_ base: BaseModel) throws -> LoRAParameters {
    let outline = base.network.outline
    let parameters = LoRAParameters(
      sites: try outline.chosen(by: LayerTargets(["query", "value", "output.dense"])), rank: 3, scale: 2
    )
    var stream = RandomStream(seed: 5, "factors")
    Matrix(storage: parameters.storage, rows: 1, columns: parameters.storage.count).withMutableSpan { span in
      for i in 0..<span.count { span[i] = Float(stream.normal() * 0.2) }
    }
    return parameters
  }

  private func head(_ task: TaskSpec, _ base: BaseModel) -> TaskHead {
    let head =
      task.head == .labels
      ? base.labelHead(task, scale: 20, workspace: Workspace())
      : Head.linear(
        outputs: TaskHead.outputs(task), channels: 16,
        over: Matrix(rows: 1, columns: TaskHead.outputs(task) * 17), stream: RandomStream(seed: 2, "head"))
    return TaskHead(task: task, head: head)
  }

  @Test(arguments: TrainerTests.everything)
  func `predictions do not depend on how rows are packed`(_ kind: TaskKind, _ headKind: HeadKind) throws {
    let base = try Toy.base(layers: 2)
    let task = Toy.training(kind, headKind, base: base, train: 40)
    let head = head(task.task, base)
    let predictions = try [1, 20, 4096].map { tokens in
      try Evaluator(network: base.network, pooling: base.pooling, tokensPerBatch: tokens)
        .predict(task.train, head: head)
    }
    #expect(predictions[0].count == 40)
    // Numbers may differ in their last bits, labels and tags may not.
    for (a, b) in zip(predictions[0] + predictions[0], predictions[1] + predictions[2]) {
      if case .number(let a) = a.target, case .number(let b) = b.target {
        #expect(abs(a - b) < 1e-5)
      } else {
        #expect(a.target == b.target)
      }
      #expect(a.probabilities.count == b.probabilities.count)
      #expect(zip(a.probabilities, b.probabilities).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    #expect(Set(predictions[0]).count > 1, "all predictions are the same, so that this test says nothing")
  }

  @Test(arguments: TrainerTests.everything)
  func `the mean loss is that of the examples one by one, whatever the threads and states`(
    _ kind: TaskKind, _ headKind: HeadKind
  ) throws {
    let base = try Toy.base(layers: 2)
    let task = Toy.training(kind, headKind, base: base, train: 12)
    let head = head(task.task, base)
    func loss(_ examples: [TokenizedExample], threads: Int = 1) -> Double {
      Evaluator(network: base.network, pooling: base.pooling, tokensPerBatch: 40).meanLoss(
        examples, head: head, workspaces: (0..<threads).map { _ in Workspace() })
    }
    let whole = loss(task.train)
    let alone = task.train.reduce(0) { $0 + loss([$1]) } / 12
    #expect(whole > 0 && abs(whole - alone) < 1e-5 * whole)
    #expect(loss(task.train, threads: 3) == whole)
    let states = FrozenStates(base.network, below: 1, examples: task.train, workspaces: [Workspace()])
    // Kept states are those of the usual batches.
    let evaluator = Evaluator(network: base.network, pooling: base.pooling)
    #expect(
      evaluator.meanLoss(task.train, head: head, states: states)
        == evaluator.meanLoss(task.train, head: head))
  }

  @Test(arguments: TrainerTests.everything)
  func `a head whose numbers have overflowed is seen in every prediction`(
    _ kind: TaskKind, _ headKind: HeadKind
  ) throws {
    let base = try Toy.base()
    let task = Toy.training(kind, headKind, base: base, train: 6)
    let sound = head(task.task, base)
    for number in [Float.nan, .infinity] {
      let broken: Head
      switch sound.head {
      case .linear(let weight, let bias):
        let copy = weight.copied()
        copy.fill(number)
        broken = .linear(weight: copy, bias: bias)
      case .cosine(let labels, _): broken = .cosine(labels: labels, scale: number)
      case .answers: continue
      }
      let evaluator = Evaluator(network: base.network, pooling: base.pooling)
      let (good, bad) = try (
        evaluator.predict(task.train, head: sound),
        evaluator.predict(task.train, head: TaskHead(task: task.task, head: broken))
      )
      #expect(!good.contains(where: \.isUnsound) && bad.allSatisfy(\.isUnsound), "\(number)")
    }
  }

  @Test func `progress counts the examples that are done`() throws {
    let base = try Toy.base()
    let task = Toy.training(.classification, .labels, base: base, train: 10)
    var counts: [Int] = []
    _ = Evaluator(network: base.network, pooling: base.pooling, tokensPerBatch: 20)
      .predict(task.train, head: head(task.task, base)) { counts.append($0) }
    #expect(counts.count > 1)
    #expect(counts == counts.sorted())
    for (first, end) in zip([0] + counts, counts) {
      let lengths = task.train[first..<end].map(\.ids.count)
      #expect(lengths.reduce(0, +) <= 20, "rows \(first) to \(end) are more than a batch")
    }
    #expect(counts.last == 10)
  }

  @Test func `a folded adapter is the adapter beside the weights`() throws {
    let base = try Toy.base(layers: 2)
    let parameters = try factors(base)
    let adapter = parameters.adapter(
      name: "toy", alpha: 6, dropout: 0, rslora: false, targets: ["query", "value", "output.dense"])
    let folded = try base.network.folding(adapter)
    let task = Toy.training(.regression, .labels, base: base, train: 12)
    var batch = PackedBatch()
    for example in task.train { batch.append(ids: example.ids, types: example.types) }
    let door = DropoutLoRADoor(
      outline: base.network.outline, parameters: parameters, gradients: [parameters], rate: 0,
      stream: RandomStream(seed: 0, "none"))
    let beside = base.network.forward(batch, door: door, workspace: Workspace()).hidden.values
    let inside = folded.hidden(batch, workspace: Workspace()).values
    let without = base.network.hidden(batch, workspace: Workspace()).values
    #expect(relativeError(inside, beside) < 1e-5)
    #expect(relativeError(without, beside) > 0.01)
  }

  @Test func `rsLoRA scales by the root of the rank`() throws {
    let base = try Toy.base()
    let parameters = try factors(base)
    // α/√3 = 2 as α/3 = 2 above.
    let adapter = parameters.adapter(
      name: "toy", alpha: 2 * 3.0.squareRoot(), dropout: 0, rslora: true, targets: ["query"])
    let plain = parameters.adapter(name: "toy", alpha: 6, dropout: 0, rslora: false, targets: ["query"])
    let site = parameters.factors[0].site
    let one = try base.network.folding(adapter).weight(site).values
    let two = try base.network.folding(plain).weight(site).values
    #expect(relativeError(one, two) < 1e-6)
    #expect(AdapterSpec(rank: 16, alpha: 8, rslora: true).scale == 2)
    #expect(AdapterSpec(rank: 16, alpha: 8).scale == 0.5)
  }

  @Test func `a label head's rows are unit embeddings of the descriptions`() throws {
    let base = try Toy.base()
    let task = Toy.task(.classification, .labels)
    guard case .cosine(let labels, let scale) = base.labelHead(task, scale: 7, workspace: Workspace()) else {
      Issue.record("no cosine head")
      return
    }
    #expect(scale == 7)
    #expect(labels.rows == 3)
    // A text that is a label's description is nearest to that label, at cosine 1.
    for (index, label) in task.labels.enumerated() {
      let example = TokenizedExample(
        Example(text: label.description, target: .label(0)), tokenizer: base.tokenizer, maxTokens: 32)
      let prediction = try Evaluator(network: base.network, pooling: base.pooling)
        .predict([example], head: head(task, base))
      #expect(prediction.map(\.target) == [.label(index)])
      let shares = try #require(prediction.first?.probabilities)
      #expect(shares.count == task.labels.count && abs(shares.reduce(0, +) - 1) < 1e-5)
      #expect(shares.indices.max { shares[$0] < shares[$1] } == index)
      let norm = labels.rows(index..<index + 1).values.reduce(0) { $0 + $1 * $1 }
      #expect(abs(norm - 1) < 1e-5)
    }
  }

  @Test func `scores are the task's metrics by name`() throws {
    let task = Toy.task(.classification, .labels)
    let said = [Prediction(.label(0)), Prediction(.label(1))]
    let scores = try task.scores(["accuracy", "macro_f1"], said, WantedRows([.label(0), .label(0)]))
    #expect(scores.keys.sorted() == ["accuracy", "macro_f1"])
    #expect(scores["accuracy"] == 0.5)
    #expect(
      complaint { _ = try task.scores(["acuracy"], [Prediction(.label(0))], WantedRows([.label(0)])) } == """
        error: unknown metric 'acuracy'
          did you mean 'accuracy'?
        """)
  }
}
