internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Tasks
internal import Training

extension JobPerformer {
  /// Predicts one split of one task with one model.
  func predict(_ job: PredictJob, into folder: URL, progress: Progress) throws -> PredictResult {
    let base = try base(job.base, job.productPrecision)
    var key = RowsKey(job.$task, job.split, base: job.$base, maxTokens: job.maxTokens)
    key.hides = job.hides
    let rows = try rows(key)
    let examples = rows.examples
    let head = try head(
      job.$task, of: job.head, base: job.$base, labelScale: job.labelScale, job.productPrecision)
    let set = key.states(job.productPrecision)
    func done(_ count: Int) throws { try progress(Double(count) / Double(examples.count), "") }
    func states(below lowest: Int) -> FrozenStates? {
      frozen.states([(set, examples)], below: lowest, of: base.network, workspaces: workspaces)?.first
    }
    let predictions: [Prediction]
    if let routed = try job.adapter.flatMap({ try routed($0) }) {
      let evaluator = RoutedEvaluator(routed, base: base)
      predictions = try counted {
        let states = states(below: evaluator.lowestLayer)
        let known = evaluator.readsBase ? embeddings(of: examples, set, by: base, states) : nil
        return try evaluator.predict(
          examples, head: head, states: states, embeddings: known, workspaces: workspaces, progress: done)
      }
    } else {
      let (network, lowest) = try job.adapter.map { try folded($0, into: base) } ?? (base.network, 0)
      let evaluator = Evaluator(network: network, pooling: base.pooling)
      predictions = try counted {
        try evaluator.predict(
          examples, head: head, states: states(below: lowest), workspaces: workspaces, progress: done)
      }
    }
    if let unsound = predictions.firstIndex(where: \.isUnsound) {
      throw Diagnostic(
        "the model predicts no numbers for row \(rows.numbers[unsound]) of the \(job.split.rawValue) split",
        at: job.adapter.map { Place(file: store.folder($0).relativePath, detail: "the model's job") },
        hint: "its weights have overflowed: are the base's settings right, and the learning rate?")
    }
    let columns = PredictionColumns(
      rows: rows.numbers.map { UInt32($0) }, texts: rows.texts, predictions: predictions,
      labels: predictions.contains { !$0.probabilities.isEmpty } ? job.task.labels.count : 0)
    try Data(columns.bytes).write(to: folder.appendingPathComponent(PredictionColumns.name))
    return PredictResult(n: examples.count, tokens: examples.reduce(0) { $0 + $1.ids.count })
  }

  /// The pooled vectors of the base, which the gates of several models and seeds read.
  private func embeddings(
    of examples: [TokenizedExample], _ set: String, by base: BaseModel, _ states: FrozenStates?
  ) -> Matrix {
    if let known = pooled.value(set) { return known }
    let vectors = Evaluator(network: base.network, pooling: base.pooling)
      .pooled(examples, states: states, workspaces: workspaces)
    pooled.insert(vectors, set, bytes: 4 * vectors.count)
    return vectors
  }

  /// The base's weights with an adapter in them; kept for the next evaluation, which is mostly of the same model.
  func folded(_ adapter: JobID, into base: BaseModel) throws -> (any Network, lowestLayer: Int) {
    if let kept = model, kept.adapter == adapter, kept.network.precision == base.network.precision {
      return (kept.network, kept.lowestLayer)
    }
    // The old copy goes before the new one comes.
    model = nil
    let read = try self.adapter(of: adapter)
    let network = try base.network.folding(read)
    let changed = network.outline.layers.filter { (read.site($0.path)?.rank ?? 0) > 0 }
    let lowest = changed.lowestBlock
    model = (adapter, network, lowest)
    return (network, lowest)
  }
}
