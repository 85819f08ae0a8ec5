import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import ModelFixtures
import Models
import Outlines
import Specs
import Tasks
import TestSupport
import Testing
import Training
import Tuning

@Suite struct CoefficientTrainerTests {
  /// Two trained experts of a toy base with their tasks.
  private struct Bench {
    let base: BaseModel
    var adapters: [Adapter] = []
    var tasks: [CoefficientTask] = []
    var validation: [TrainingTask] = []

    init(_ kinds: [TaskKind] = [.classification, .tagging], steps: Int = 80) throws {
      base = try Toy.base(layers: 2)
      for (index, kind) in kinds.enumerated() {
        let task = Toy.training(kind, .labels, base: base, name: "task\(index)", validation: 24, seed: index)
        let job = Toy.job([task], budget: .steps(steps)) { $0.learningRate = 0.02 }
        let trained = try Trainer(base: base, tasks: [task], job: job).run()
        adapters.append(
          trained.parameters.adapter(
            name: "task\(index)", alpha: job.adapter.alpha, dropout: 0, rslora: false,
            targets: job.adapter.targets))
        tasks.append(CoefficientTask(head: trained.heads[0], examples: task.validation))
      }
    }

    func trainer(_ learning: CoefficientLearning, seed: Int = 0, threads: Int = 1) throws
      -> CoefficientTrainer
    {
      var tasks = tasks
      for index in tasks.indices where learning.objective == .jensenShannon {
        tasks[index].expert = CoefficientTask.distributions(
          of: tasks[index].examples, head: tasks[index].head,
          reader: base.reader(try base.network.folding(adapters[index])), workspace: Workspace())
      }
      let merge = try LearnableMerge(adapters, weights: adapters.map { _ in 1 }, learning: learning)
      return CoefficientTrainer(
        base: base, tasks: tasks, merge: merge, learning: learning, seed: seed,
        workspaces: (0..<threads).map { _ in Workspace() })
    }
  }

  static let learnings: [(String, CoefficientLearning)] = [
    ("entropy by sites", CoefficientLearning(granularity: .site)),
    ("entropy by models", CoefficientLearning(granularity: .model)),
    (
      "labels by directions",
      CoefficientLearning(objective: .crossEntropy, granularity: .directions(groups: 2))
    ),
    ("experts by blocks", CoefficientLearning(objective: .jensenShannon, granularity: .layer)),
    (
      "entropy of trimmed changes",
      CoefficientLearning(granularity: .site, preparation: .trimAndElect(density: 0.4))
    ),
    ("labels with an L1 term", CoefficientLearning(objective: .crossEntropy, l1: 0.1)),
    (
      "entropy under a mask",
      CoefficientLearning(granularity: .site, mask: .init(temperature: 0.5, learningRate: 0.01))
    ),
  ]

  @Test(arguments: learnings)
  func `gradients are those of finite differences`(_ name: String, _ learning: CoefficientLearning) throws {
    let bench = try Bench(steps: 40)
    let trainer = try bench.trainer(learning)
    let merge = try LearnableMerge(bench.adapters, weights: [1, 1], learning: learning)
    var values: [Double] = []
    for i in 0..<merge.count {
      values.append(i < merge.coefficients.count ? 0.3 + 0.02 * Double(i % 7) : 0.1 * Double(i % 5))
    }
    let gradient = trainer.lossAndGradient(values).gradient
    let checked = merge.coefficients.count
    let largest = gradient.prefix(checked).map { abs($0) }.max() ?? 0
    #expect(largest > 1e-3)
    for i in stride(from: 0, to: checked, by: max(1, checked / 6)) {
      func moved(_ by: Double) -> Double {
        var changed = values
        changed[i] += by
        return trainer.lossAndGradient(changed).loss
      }
      let slope: Double = (moved(4e-3) - moved(-4e-3)) / 8e-3
      let allowed: Double = 0.02 * largest + 1e-4
      #expect(abs(slope - gradient[i]) < allowed, "\(name) at \(i): \(slope), \(gradient[i])")
    }
  }

  @Test func `gradients by the logits of a mask are those of a difference along them`() throws {
    let learning = CoefficientLearning(granularity: .site, mask: .init(temperature: 0.5, learningRate: 0.01))
    let bench = try Bench(steps: 40)
    let trainer = try bench.trainer(learning)
    let merge = try LearnableMerge(bench.adapters, weights: [1, 1], learning: learning)
    let first = merge.coefficients.count
    let values = (0..<merge.count).map { $0 < first ? 0.5 : 0.1 * Double($0 % 5) }
    let gradient = trainer.lossAndGradient(values).gradient
    let norm = gradient.dropFirst(first).reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(merge.logits > 100 && norm > 1e-3)
    func moved(_ by: Double) -> Double {
      var changed = values
      for i in first..<merge.count { changed[i] += by * gradient[i] / norm }
      return trainer.lossAndGradient(changed).loss
    }
    let slope = (moved(0.05) - moved(-0.05)) / 0.1
    #expect(abs(slope / norm - 1) < 0.02, "\(slope), \(norm)")
  }

  @Test(arguments: learnings)
  func `learning makes the objective smaller`(_ name: String, _ learning: CoefficientLearning) throws {
    var learning = learning
    (learning.steps, learning.learningRate, learning.batch) = (40, 0.02, 12)
    let learned = try Bench().trainer(learning).run()
    #expect(learned.end < learned.start, "\(name): \(learned.start) to \(learned.end)")
    #expect(learned.curve.map(\.step) == Array(1...40))
    #expect(learned.curve.allSatisfy { $0.loss.isFinite && $0.gradientNorm.isFinite })
  }

  @Test(arguments: learnings)
  func `threads change no bit, and another seed changes something`(
    _ name: String, _ learning: CoefficientLearning
  ) throws {
    var learning = learning
    (learning.steps, learning.batch) = (3, 16)
    let bench = try Bench(steps: 20)
    let one = try bench.trainer(learning).run()
    let four = try bench.trainer(learning, threads: 4).run()
    #expect(one.parameters == four.parameters && one.curve == four.curve)
    #expect(one.start == four.start && one.end == four.end)
    #expect(try bench.trainer(learning, seed: 1).run().curve != one.curve)
  }

  @Test func `without a step nothing moves`() throws {
    let learned = try Bench(steps: 10).trainer(CoefficientLearning(steps: 0)).run()
    #expect(learned.parameters == [0.3, 0.3] && learned.curve.isEmpty && learned.start == learned.end)
  }

  @Test func `coefficients are moved back into their range`() throws {
    let learning = CoefficientLearning(
      granularity: .site, learningRate: 0.5, steps: 5, batch: 8, range: 0.25...0.4)
    let learned = try Bench(steps: 40).trainer(learning).run()
    #expect(learned.parameters.allSatisfy { $0 >= 0.25 && $0 <= Double(Float(0.4)) })
    #expect(Set(learned.parameters).count > 1)
  }

  @Test func `a learning rate that blows up is told`() throws {
    var bench = try Bench(steps: 10)
    bench.adapters[0].sites[0].delta.alpha = 1e45
    let learning = CoefficientLearning(granularity: .site, learningRate: 0.5, steps: 5)
    let text = complaint { _ = try bench.trainer(learning).run() }
    #expect(
      text == """
        error: the loss is no number any more at step 1 of learning the merge
          lower learning_rate (now 0.5)
        """)
  }

  // MARK: Against PyTorch

  struct Golden: Decodable {
    struct Site: Decodable {
      let path: String, rank: Int, alpha: Double, shape: [Int], a: [Float], b: [Float]
    }
    struct Row: Decodable {
      let task: Int, ids: [Int32], types: [Int32], words: [Int], labels: [Int]
    }
    struct Head: Decodable {
      let weight: [Float], bias: [Float]
    }
    struct Case: Decodable {
      let objective: String, start: Double, loss: Double, gradient: [String: Double]
    }
    let adapters: [[Site]], rows: [Row], heads: [Head], cases: [Case]

    func adapter(_ index: Int) -> Adapter {
      Adapter(
        name: "\(index)",
        sites: adapters[index].map { site in
          let a = Matrix(rows: site.rank, columns: site.shape[1], values: site.a)
          let b = Matrix(rows: site.shape[0], columns: site.rank, values: site.b)
          return (site.path, AdapterSite(a: a, b: b, alpha: site.alpha))
        })
    }

    func task(_ index: Int, channels: Int) -> CoefficientTask {
      let outputs = heads[index].bias.count
      let spec = Toy.task(index == 0 ? .classification : .tagging, .linear, name: "task\(index)")
      let head = Models.Head.linear(
        weight: Matrix(rows: outputs, columns: channels, values: heads[index].weight),
        bias: Matrix(rows: 1, columns: outputs, values: heads[index].bias))
      let examples = rows.filter { $0.task == index }.map { row in
        TokenizedExample(
          ids: row.ids, types: row.types, wordStarts: row.words,
          target: index == 0 ? .label(row.labels[0]) : .tags(row.labels))
      }
      return CoefficientTask(head: TaskHead(task: spec, head: head), examples: examples)
    }
  }

  @Test(arguments: ["entropy", "jensen_shannon", "cross_entropy"])
  func `layer-wise gradients equal PyTorch's`(_ objective: String) throws {
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Reference.golden("merge/learned/gradients.json")))
    let item = try #require(golden.cases.first { $0.objective == objective })
    let network = try PicoNetwork().network
    let base = BaseModel(network: network, pooling: .mean, tokenizer: try Toy.base().tokenizer)
    let adapters = [golden.adapter(0), golden.adapter(1)]
    var tasks = [0, 1].map { golden.task($0, channels: network.outline.width) }
    for index in tasks.indices {
      tasks[index].expert = CoefficientTask.distributions(
        of: tasks[index].examples, head: tasks[index].head,
        reader: Reader(try network.folding(adapters[index]), pooling: .mean), workspace: Workspace())
    }
    for granularity in [CoefficientLearning.Granularity.site, .model] {
      let learning = CoefficientLearning(
        objective: try #require(.init(rawValue: objective)), granularity: granularity)
      let merge = try LearnableMerge(adapters, weights: [1, 1], learning: learning)
      let trainer = CoefficientTrainer(base: base, tasks: tasks, merge: merge, learning: learning, seed: 0)
      let (loss, gradient) = trainer.lossAndGradient(
        Array(repeating: item.start, count: merge.count))
      #expect(abs(loss - item.loss) < 1e-5 * item.loss)
      let expected = merge.coefficients.map { coefficient in
        let prefix = "\(coefficient.model) \(coefficient.place)"
        // A model without a site has a coefficient of no effect there.
        return item.gradient.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }
          .reduce(0) { $0 + $1.value }
      }
      let error = relativeError(gradient.map { Float($0) }, expected.map { Float($0) })
      #expect(error < 1e-5, "\(objective): \(error)")
      #expect(gradient.count == (granularity == .site ? 2 * golden.adapters[0].count : 2))
    }
  }
}
