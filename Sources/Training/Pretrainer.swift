internal import Basics
internal import LinearAlgebra
public import Models
public import Specs
public import Tokenizers

/// Pretrains a tiny base from nothing by masked language modelling.
///
/// Source: Devlin et al. 2019, arXiv:1810.04805, section 3.1. 30 % of the tokens are predicted (more than BERT's 15 %, so
/// that few steps teach more; Wettig et al. 2023, arXiv:2202.08005): 80 % of these are masked, 10 % replaced, 10 % kept.
/// The output layer is the word table itself and a bias.
public final class Pretrainer {
  private let spec: PretrainSpec
  private let tokenizer: Tokenizer
  private let mask: Int32
  private let sentences: [[Int32]]
  private let stream: RandomStream
  private let storage: Storage
  private let gradientStorage: Storage
  private let outputBias: Storage
  private let outputBiasGradient: Storage
  private let gradients: any Network
  private let workspace = Workspace()
  /// The base without its weights.
  public let description: any NetworkDescription
  /// The base with its weights as they are now.
  public let network: any Network

  /// Starts with random weights; the tokenizer must have a mask, as those that `WordPieceVocabulary` makes have.
  public init(spec: PretrainSpec, tokenizer: Tokenizer, corpus: [String], positions: Int) {
    self.spec = spec
    guard let mask = tokenizer.maskID else { preconditionFailure("a tokenizer without a mask") }
    self.tokenizer = tokenizer
    self.mask = mask
    sentences = corpus.map { tokenizer.encode($0, maxTokens: positions).ids }
    stream = RandomStream(seed: spec.seed, "pretrain")
    description = NetworkFamilies.pretrained(
      layers: spec.layers, hidden: spec.hidden, heads: spec.heads, intermediate: spec.intermediate,
      vocabulary: tokenizer.vocabularySize, positions: positions)
    storage = Storage(count: description.floats)
    gradientStorage = Storage(count: description.floats)
    outputBias = Storage(count: tokenizer.vocabularySize)
    outputBiasGradient = Storage(count: tokenizer.vocabularySize)
    network = description.random(over: storage, stream: stream.stream("weights"))
    gradients = description.network(over: gradientStorage)
  }

  /// Trains for the steps of the spec.
  ///
  /// - Throws: a `Diagnostic` where the loss is no number any more, and what `progress` throws.
  public func run(progress: (_ share: Double, _ point: CurvePoint) throws -> Void = { _, _ in }) throws -> (
    result: TrainResult, curve: [CurvePoint]
  ) {
    let settings = TrainingSpec(learningRate: spec.learningRate, schedule: .linear, warmup: 0.06, clip: 1)
    let optimiser = AdamW([(storage, gradientStorage), (outputBias, outputBiasGradient)], spec: settings)
    let door = FullDoor(gradients: gradients)
    var curve: [CurvePoint] = []
    var tokens = 0
    var order: [Int] = []
    var epoch = 0
    for step in 1...max(1, spec.steps) {
      var batch = PackedBatch()
      while batch.rows < spec.batchRows {
        if order.isEmpty {
          var shuffle = stream.stream("order", "\(epoch)")
          order = shuffle.permutation(sentences.count)
          epoch += 1
        }
        let ids = sentences[order.removeLast()]
        batch.append(ids: ids, types: [Int32](repeating: 0, count: ids.count))
      }
      tokens += batch.tokens
      optimiser.zeroGradients()
      let loss = accumulate(batch, step: step, door: door)
      let norm = optimiser.clip(to: settings.clip)
      guard loss.isFinite, norm.isFinite else {
        throw Diagnostic(
          "the pretraining loss is no number any more at step \(step)",
          hint: "lower base.pretrain.learning_rate")
      }
      let progressed = Double(step - 1) / Double(spec.steps)
      let rate =
        spec.learningRate
        * LearningRate.factor(settings.schedule, progress: progressed, warmup: settings.warmup)
      optimiser.update(learningRate: rate)
      let point = CurvePoint(step: step, loss: loss, learningRate: rate, gradientNorm: norm)
      curve.append(point)
      try progress(Double(step) / Double(spec.steps), point)
    }
    let tail = curve.suffix(max(1, curve.count / 10))
    let result = TrainResult(
      steps: spec.steps, examples: spec.steps * spec.batchRows, tokens: tokens, drawn: [],
      keptStep: spec.steps,
      finalLoss: tail.reduce(0) { $0 + $1.loss } / Double(tail.count),
      trainable: storage.count + outputBias.count)
    return (result, curve)
  }

  /// One batch: masks, forward, loss over the masked positions, backward.
  ///
  /// Returns the mean loss.
  private func accumulate(_ original: PackedBatch, step: Int, door: FullDoor) -> Double {
    var batch = original
    let positions = mask(&batch, step: step)
    if positions.isEmpty { return 0 }
    workspace.reset()
    let tape = network.forward(batch, door: door, workspace: workspace)
    let C = spec.hidden
    let V = tokenizer.vocabularySize
    let bias = Matrix(storage: outputBias, rows: 1, columns: V)
    let features = workspace.matrix(rows: positions.count, columns: C)
    for (row, position) in positions.enumerated() {
      features.rows(row..<row + 1).copy(from: tape.hidden.rows(position..<position + 1))
    }
    // The head is linear with the word table as its weight, so that its gradient joins the table's own.
    let head = Head.linear(weight: network.words, bias: bias)
    let gradient = Head.linear(
      weight: gradients.words, bias: Matrix(storage: outputBiasGradient, rows: 1, columns: V))
    let logits = head.forward(features, workspace: workspace)
    let labels = positions.map { Int(original.ids[$0]) }
    let loss = Loss.crossEntropy(logits, labels: labels)
    let dfeatures = head.backward(
      logits, features: features, logits: logits, gradient: gradient, workspace: workspace)
    let dhidden = workspace.zeros(rows: batch.tokens, columns: C)
    for (row, position) in positions.enumerated() {
      dhidden.rows(position..<position + 1).copy(from: dfeatures.rows(row..<row + 1))
    }
    network.backward(tape, dhidden: dhidden, door: door, gradients: gradients, workspace: workspace)
    return loss
  }

  /// Chooses the positions to predict and hides them; special tokens at the ends are left alone.
  private func mask(_ batch: inout PackedBatch, step: Int) -> [Int] {
    var stream = stream.stream("mask", "\(step)")
    var chosen: [Int] = []
    for row in 0..<batch.rows {
      for position in batch.range(row).dropFirst().dropLast() where stream.uniform() < 0.3 {
        chosen.append(position)
        let fate = stream.uniform()
        if fate < 0.8 {
          batch.ids[position] = mask
        } else if fate < 0.9 {
          batch.ids[position] = Int32(stream.index(below: tokenizer.vocabularySize))
        }
      }
    }
    return chosen
  }
}
