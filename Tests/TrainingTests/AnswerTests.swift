import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Models
import Outlines
import Specs
import Tasks
import TestSupport
import Testing
import Tokenizers
import Training

/// What a decoder says behind a text, against transformers and PEFT (generate_answers.py).
@Suite struct AnswerTests {
  private struct Golden: Decodable {
    struct Model: Decodable {
      let end: Int32
      let likelihoods: [[Double]]
      let losses: [Double]
      let norms: [Double]
    }
    struct Text: Decodable {
      let text: String
      let label: Int
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        text = try list.decode(String.self)
        label = try list.decode(Int.self)
      }
    }
    let texts: [Text]
    let answers: [String]
    let models: [String: Model]
  }

  private struct Setting {
    let base: BaseModel
    let task: TaskSpec
    let examples: [Example]
    let golden: Golden.Model
    let lora: SafeTensorsFile

    init(_ name: String) throws {
      let golden = try JSONDecoder().decode(
        Golden.self, from: Data(contentsOf: Reference.golden("models/answers.json")))
      let folder = Reference.golden("models/answers/\(name)").path
      self.golden = try #require(golden.models[name])
      base = BaseModel(
        network: try NetworkFamilies.open(folder: folder), pooling: .last,
        tokenizer: try Tokenizer(file: Reference.golden("tokenizers/decoders/\(name).json").path),
        end: self.golden.end)
      task = TaskSpec(
        name: "task", kind: .classification, source: .files([:]),
        labels: golden.answers.map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"],
        head: .answers)
      examples = golden.texts.map { Example(text: $0.text, target: .label($0.label)) }
      lora = try SafeTensorsFile(path: folder + "/lora.safetensors")
    }

    func head() -> TaskHead {
      TaskHead(task: task, head: base.answerHead)
    }
  }

  static let names = ["smollm", "llama3"]

  @Test(arguments: names) func `the likelihoods of answers are those of transformers`(_ name: String) throws {
    let setting = try Setting(name)
    let rows = setting.base.rows(setting.examples, of: setting.task, maxTokens: 128, areLearnt: false)
    #expect(rows.contains { $0.answers?.forks.isEmpty == false })
    let head = setting.head()
    let workspace = Workspace()
    let states = setting.base.reader.read(PackedBatch(rows), workspace: workspace)
    let features = head.features(states, rows: 0..<rows.count, examples: rows, workspace: workspace)
    let logits = head.logits(features, rows, workspace: workspace)
    for (row, golden) in setting.golden.likelihoods.enumerated() {
      for (answer, value) in golden.enumerated() {
        #expect(abs(Double(logits[row, answer]) - value) < 1e-4 * abs(value), "\(name) \(row) \(answer)")
      }
    }
    let predicted = try Evaluator(network: setting.base.network, pooling: .last).predict(rows, head: head)
    for (row, golden) in setting.golden.likelihoods.enumerated() {
      let best = golden.indices.max { golden[$0] < golden[$1] }
      #expect(predicted[row].target.label == best)
      let sum = golden.reduce(0) { $0 + exp($1) }
      for (share, value) in zip(predicted[row].probabilities, golden) {
        #expect(abs(Double(share) - exp(value) / sum) < 1e-4)
      }
    }
  }

  @Test(arguments: names) func `ten steps give the losses and norms of PEFT`(_ name: String) throws {
    let setting = try Setting(name)
    let rows = setting.base.rows(setting.examples, of: setting.task, maxTokens: 128, areLearnt: true)
    let network = setting.base.network
    let parameters = LoRAParameters(sites: network.outline.layers, rank: 2, scale: 2)
    for factor in parameters.factors {
      factor.a.copy(from: try setting.lora.matrix("\(factor.site.path).lora_A"))
      factor.b.copy(from: try setting.lora.matrix("\(factor.site.path).lora_B"))
    }
    let gradients = parameters.zeroed()
    let optimiser = AdamW(
      [(parameters.storage, gradients.storage)], spec: TrainingSpec(weightDecay: 0, clip: 0))
    let adapted = AdaptedNetwork(network, factors: parameters.factors)
    let door = LoRADoor(outline: network.outline, parameters: parameters, gradients: [gradients])
    let head = setting.head()
    let tokens = rows.reduce(0) { $0 + ($1.answers?.count ?? 0) }
    for step in 0..<10 {
      optimiser.zeroGradients()
      adapted.update()
      var loss = 0.0
      // In two parts: how a step is cut changes nothing.
      for part in [Array(rows[..<2]), Array(rows[2...])] {
        let workspace = Workspace()
        let (states, tape) = setting.base.reader(adapted.network).forward(
          PackedBatch(part), door: door, workspace: workspace)
        let dhidden = workspace.zeros(rows: states.batch.tokens, columns: states.hidden.columns)
        loss += head.loss(
          states, rows: 0..<part.count, examples: part, weight: 1 / Float(tokens), dhidden: dhidden,
          workspace: workspace)
        adapted.network.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
      }
      loss /= Double(tokens)
      let norm = optimiser.clip(to: 0)
      optimiser.update(learningRate: 0.02)
      #expect(abs(loss - setting.golden.losses[step]) < 1e-4 * setting.golden.losses[step], "loss \(step)")
      #expect(abs(norm - setting.golden.norms[step]) < 5e-4 * setting.golden.norms[step], "norm \(step)")
    }
  }

  @Test func `a training's step is a mean over tokens, whatever its batches`() throws {
    let setting = try Setting("smollm")
    let rows = setting.base.rows(setting.examples, of: setting.task, maxTokens: 128, areLearnt: true)
    func losses(batch: Int, accumulation: Int) throws -> [Double] {
      let job = TrainJob(
        base: .folder(sha256: ""), tasks: [setting.task], sampling: SamplingSpec(), budget: .steps(3),
        adapter: AdapterSpec(rank: 2, alpha: 4, targets: ["q_proj", "down_proj"]),
        training: TrainingSpec(
          learningRate: 0.01, clip: 0, batchRows: batch, accumulation: accumulation, maxTokens: 128), seed: 0)
      let task = TrainingTask(task: setting.task, train: rows, validation: [])
      return try Trainer(base: setting.base, tasks: [task], job: job).run().curve.map(\.loss)
    }
    let (one, three) = try (losses(batch: 6, accumulation: 1), losses(batch: 2, accumulation: 3))
    for (a, b) in zip(one, three) { #expect(abs(a - b) < 1e-5 * a) }
  }

  @Test(arguments: names)
  func `gradients through forks are those of each answer in a row of its own`(_ name: String) throws {
    let setting = try Setting(name)
    let network = setting.base.network
    let parameters = LoRAParameters(sites: network.outline.layers, rank: 2, scale: 2)
    for factor in parameters.factors {
      factor.a.copy(from: try setting.lora.matrix("\(factor.site.path).lora_A"))
      factor.b.copy(from: try setting.lora.matrix("\(factor.site.path).lora_B"))
    }
    let adapted = AdaptedNetwork(network, factors: parameters.factors)
    adapted.update()
    let head = setting.head()
    /// The gradients by the factors of Σ weight · loss over some rows.
    func gradients(_ rows: [TokenizedExample], _ weights: [Float]) -> [Float] {
      let gradients = parameters.zeroed()
      let door = LoRADoor(outline: network.outline, parameters: parameters, gradients: [gradients])
      let workspace = Workspace()
      let (states, tape) = setting.base.reader(adapted.network).forward(
        PackedBatch(rows), door: door, workspace: workspace)
      let dhidden = workspace.zeros(rows: states.batch.tokens, columns: states.hidden.columns)
      for (row, weight) in weights.enumerated() {
        _ = head.loss(
          states, rows: [row], examples: [rows[row]], weight: weight, dhidden: dhidden, workspace: workspace)
      }
      adapted.network.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
      return gradients.storage.flat.values
    }
    let asked = setting.base.rows(setting.examples, of: setting.task, maxTokens: 128, areLearnt: false)
    let together = gradients(asked, asked.map { _ in 1 })

    // The same by the chain rule: what cross-entropy asks of each likelihood, and every likelihood's own gradient.
    let workspace = Workspace()
    let states = setting.base.reader(adapted.network).read(PackedBatch(asked), workspace: workspace)
    let features = head.features(states, rows: 0..<asked.count, examples: asked, workspace: workspace)
    let likelihoods = head.logits(features, asked, workspace: workspace)
    let reader = AnswerReader(setting.task, tokenizer: setting.base.tokenizer, end: nil)
    var rows: [TokenizedExample] = []
    var weights: [Float] = []
    for (index, example) in setting.examples.enumerated() {
      let row = likelihoods.rows(index..<index + 1)
      _ = Loss.crossEntropy(row, label: example.target.label, weight: 1)
      for label in setting.task.labels.indices {
        var other = example
        other.target = .label(label)
        rows.append(reader.learnt(other, maxTokens: 128))
        weights.append(-row[0, label])
      }
    }
    #expect(relativeError(together, gradients(rows, weights)) < 1e-4)
  }

  @Test func `the text's left is cut, never the answer, and the end token is always a target`() throws {
    let setting = try Setting("llama3")
    let whole = setting.base.rows(setting.examples, of: setting.task, maxTokens: 128, areLearnt: true)
    let cut = setting.base.rows(setting.examples, of: setting.task, maxTokens: 12, areLearnt: true)
    for (whole, cut) in zip(whole, cut) {
      #expect(cut.answers?.tokens[0].map(\.id) == whole.answers?.tokens[0].map(\.id))
      #expect(cut.answers?.tokens[0].last?.id == setting.golden.end)
      #expect(cut.ids.count <= 12 || cut.ids.count <= (cut.answers?.count ?? 0) + 1)
      #expect(cut.ids.first == whole.ids.first, "what begins a text stays")
      let kept = cut.ids.count - (cut.answers?.count ?? 0)
      let text = whole.ids.dropLast((whole.answers?.count ?? 0) - 1)
      #expect(Array(cut.ids.dropFirst().prefix(kept)) == Array(text.suffix(kept)))
    }
  }
}
