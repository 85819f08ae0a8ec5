internal import Basics
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Probes
internal import Specs
internal import Tasks
internal import Training

extension JobPerformer {
  /// Fits a linear head on the base's own vectors, its penalty by cross-validation on the training data.
  func probe(_ job: ProbeJob, into folder: URL, progress: Progress) throws -> ProbeResult {
    let base = try base(job.base, job.productPrecision)
    var key = RowsKey(job.$task, .train, base: job.$base, maxTokens: job.maxTokens)
    key.hides = job.hides
    let examples = try rows(key).examples.drawn(items: WorkLimits.probedVectors, job.task)
    let outputs = TaskHead.outputs(job.task)
    let blank = Head.linear(
      weight: Matrix(rows: outputs, columns: base.network.outline.width),
      bias: Matrix(rows: 1, columns: outputs))
    let head = TaskHead(task: job.task, head: blank)
    let (vectors, places) = try counted {
      try Evaluator(network: base.network, pooling: base.pooling).features(
        examples, of: head, workspaces: workspaces
      ) { try progress(0.5 * Double($0) / Double(examples.count), "") }
    }
    guard vectors.rows > 0 else {
      throw Diagnostic("no text of the training data has a vector to fit a probe on")
    }
    let found = counted {
      ProbeSearch().probe(
        DoubleMatrix(vectors), ProbeTargets(examples, places, outputs: outputs), groups: places)
    }
    try progress(1, "")
    let fitted = Head.linear(
      weight: found.probe.weight.matrix,
      bias: Matrix(rows: 1, columns: outputs, values: found.probe.bias.map { Float($0) }))
    try HeadFile.write([TaskHead(task: job.task, head: fitted)], to: folder)
    return ProbeResult(
      examples: examples.count, tokens: examples.reduce(0) { $0 + $1.ids.count }, vectors: vectors.rows,
      penalty: found.lambda, loss: found.losses.min() ?? 0)
  }

  /// Answers a split without a model.
  func guess(_ job: GuessJob, into folder: URL) throws -> PredictResult {
    func read(_ split: Split) throws -> SplitRows {
      try TaskLoader.rows(job.task, split: split) { locations[$0] }
    }
    let (known, rows) = (try read(.train).examples, try read(job.split))
    let predictions = counted { rows.examples.map(Guess(known, labels: job.task.labels.count).answer) }
    let columns = PredictionColumns(
      rows: rows.numbers.map { UInt32($0) }, texts: rows.examples.map(\.textHash), predictions: predictions,
      labels: predictions.contains { !$0.probabilities.isEmpty } ? job.task.labels.count : 0)
    try Data(columns.bytes).write(to: folder.appendingPathComponent(PredictionColumns.name))
    return PredictResult(n: rows.examples.count, tokens: 0)
  }
}

extension ProbeTargets {
  /// What the vectors of examples are to give.
  ///
  /// - Parameter places: The place of the example of each vector.
  fileprivate init(_ examples: [TokenizedExample], _ places: [Int], outputs: Int) {
    switch examples.first?.target.form ?? .label {
    case .label: self = .classes(places.map { examples[$0].target.label }, count: outputs)
    case .number: self = .numbers(places.map { examples[$0].target.number })
    case .labels:
      self = .sets(
        places.flatMap { place in
          let holding = Set(examples[place].target.labelSet)
          return (0..<outputs).map(holding.contains)
        }, count: outputs)
    case .tags:
      self = .classes(
        examples.flatMap { example in example.words.map { example.target.tags[$0] } }, count: outputs)
    }
  }
}

extension [TokenizedExample] {
  /// As many of them, drawn in their order, as have so many vectors together: a probe is fitted in memory.
  fileprivate func drawn(items: Int, _ task: TaskSpec) -> [TokenizedExample] {
    let all = reduce(0) { $0 + ($1.words.isEmpty ? 1 : $1.words.count) }
    if all <= items { return self }
    return drawn(
      Swift.max(1, count * items / all), RandomStream(seed: 0, "probe", task.name))
  }
}
