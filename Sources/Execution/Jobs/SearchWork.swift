internal import Basics
internal import Checkpoints
internal import Foundation
internal import Merging
internal import Models
internal import Specs
internal import Tasks
internal import Training

extension JobPerformer {
  /// Tries merges and keeps the best; of equal ones the earlier.
  func search(
    _ tuning: Tuning, _ search: MergeSearch, into folder: URL, progress: Progress
  ) throws -> TuneResult {
    let space = try TrialSpace(tuning, search)
    var trials: [Trial] = []
    var best: (trial: Trial, merged: MergeOutcome)?
    let experts = try counted { try search.score == .normalised ? expertScores(tuning) : [] }
    var searcher = search.searcher.make(
      dimensions: space.dimensions.count, start: space.start, trials: search.trials,
      random: RandomStream(seed: tuning.job.seed, "tune", "search"))
    while trials.count < search.trials, let point = searcher.next() {
      let (trial, merged) = try counted {
        let merged = try space.merge(at: point)
        let parts = try scores(of: merged.adapter, tuning, search, experts)
        return (Trial(values: space.values(at: point), parts: parts, search: search, space: space), merged)
      }
      searcher.tell(search.score == .normalised ? -trial.score : trial.score)
      trials.append(trial)
      if best.map({ trial.isBetter(than: $0.trial, search) }) ?? true { best = (trial, merged) }
      try progress(
        Double(trials.count) / Double(search.trials), "best score \(rounded(best?.trial.score ?? 0))")
    }
    guard let best else { preconditionFailure("a search without trials") }
    try write(trials, space, tuning, to: folder)
    return TuneResult(
      merged: try write(best.merged, to: folder), rounds: trials.count, trainable: space.dimensions.count,
      examples: tuning.rows, measure: search.score == .normalised ? "normalised_score" : "cross_entropy",
      start: trials[0].score, end: best.trial.score)
  }

  /// The first metric of every task's expert on its rows.
  private func expertScores(_ tuning: Tuning) throws -> [Double] {
    try zip(tuning.tasks, tuning.job.tasks).map { task, entry in
      try score(task, weights: tuning.base.weights.folding(tuning.adapters[entry.expert]), tuning)
    }
  }

  /// What a merge comes to on every task: its score over the expert's, or its loss.
  private func scores(
    of adapter: Adapter, _ tuning: Tuning, _ search: MergeSearch, _ experts: [Double]
  ) throws -> [Double] {
    let weights = try tuning.base.weights.folding(adapter)
    guard search.score == .normalised else {
      return tuning.tasks.map {
        $0.meanLoss(weights: weights, pooling: tuning.base.pooling, workspace: workspaces[0])
      }
    }
    return try zip(tuning.tasks, experts).map { task, expert in
      let metric = try Metrics.all.entry(named: task.head.task.metrics[0])
      let value = try score(task, weights: weights, tuning)
      // A ratio to an expert at or below zero says nothing; then differences count.
      guard expert > 0 else { return metric.higherIsBetter ? 1 + value - expert : 1 + expert - value }
      return metric.higherIsBetter ? value / expert : expert / max(value, 1e-9)
    }
  }

  private func score(_ task: CoefficientTask, weights: EncoderWeights, _ tuning: Tuning) throws -> Double {
    let predictions = try Evaluator(weights: weights, pooling: tuning.base.pooling).predict(
      task.examples, head: task.head, workspaces: workspaces)
    let metric = try Metrics.all.entry(named: task.head.task.metrics[0])
    return metric.compute(predictions, task.examples.map(\.target), task.head.task.labels.map(\.name))
  }

  /// Writes `trials.csv`: one line a trial with what was tried and what it came to.
  private func write(_ trials: [Trial], _ space: TrialSpace, _ tuning: Tuning, to folder: URL) throws {
    let tasks = tuning.job.tasks.map(\.task.name)
    var text = (["trial"] + space.dimensions.map(\.name) + tasks + ["score"]).joined(separator: ",") + "\n"
    for (number, trial) in trials.enumerated() {
      let numbers = (trial.values + trial.parts + [trial.score]).map { "\($0)" }
      text += (["\(number)"] + numbers).joined(separator: ",") + "\n"
    }
    try Data(text.utf8).write(to: folder.appendingPathComponent("trials.csv"))
  }
}

/// One merge that was tried.
private struct Trial {
  /// By dimension.
  let values: [Double]
  /// By task.
  let parts: [Double]
  let score: Double

  init(values: [Double], parts: [Double], search: MergeSearch, space: TrialSpace) {
    self.values = values
    self.parts = parts
    var score = parts.reduce(0, +) / Double(parts.count)
    if case .crossEntropy(let l1) = search.score {
      let weights = zip(space.dimensions, values).filter { $0.0.model != nil }.map { abs($0.1) }
      score += l1 * weights.reduce(0, +) / Double(max(1, weights.count))
    }
    self.score = score
  }

  func isBetter(than other: Trial, _ search: MergeSearch) -> Bool {
    search.score == .normalised ? score > other.score : score < other.score
  }
}

/// What a search moves, as the cube 0…1 of every dimension.
private struct TrialSpace {
  struct Dimension {
    var name: String
    var range: ClosedRange<Double>
    /// The model whose weight it is; nil for a parameter.
    var model: Int?
    var isInteger = false
    /// What the first trial takes.
    var start: Double
  }

  let tuning: Tuning
  let search: MergeSearch
  private(set) var dimensions: [Dimension] = []
  private let tried: MergeMethod?

  init(_ tuning: Tuning, _ search: MergeSearch) throws {
    self.tuning = tuning
    self.search = search
    if case .method(let name) = search.target {
      let method = try MergeMethods.all.entry(named: name)
      tried = method
      let usual = UsualRange.of(method).map {
        SearchRange(name: $0.name, from: $0.range.lowerBound, to: $0.range.upperBound)
      }
      for range in tuning.job.over.isEmpty ? usual : tuning.job.over {
        guard let spec = method.parameters.first(where: { $0.name == range.name }) else { continue }
        let isInteger = if case .integer = spec.kind { true } else { false }
        let usual = if case .number(let number) = spec.defaultValue { number } else { range.from }
        dimensions.append(
          Dimension(
            name: range.name, range: range.from...range.to, isInteger: isInteger,
            start: min(max(usual, range.from), range.to)))
      }
    } else {
      tried = nil
    }
    if let range = search.weights {
      for (model, weight) in tuning.job.weights.enumerated() where weight != 0 {
        let start = min(max(search.start ?? weight, range.lowerBound), range.upperBound)
        dimensions.append(
          Dimension(
            name: "weight_\(tuning.name(ofModel: model))", range: range, model: model, start: start))
      }
    }
    if dimensions.isEmpty {
      throw Diagnostic(
        "'\(tuning.method.name)' has nothing to search: '\(tried?.name ?? "")' has no usual range",
        hint: "name its parameters under 'over', or set search_weights: true")
    }
  }

  /// The first trial in the cube.
  var start: [Double] {
    dimensions.map { dimension in
      let width = dimension.range.upperBound - dimension.range.lowerBound
      return width > 0 ? (dimension.start - dimension.range.lowerBound) / width : 0
    }
  }

  /// A point of the cube in the parameters' own numbers.
  func values(at point: [Double]) -> [Double] {
    zip(dimensions, point).map { dimension, x in
      let range = dimension.range
      let value = range.lowerBound + min(max(x, 0), 1) * (range.upperBound - range.lowerBound)
      return dimension.isInteger ? value.rounded() : value
    }
  }

  /// The merge at a point.
  func merge(at point: [Double]) throws -> MergeOutcome {
    let values = values(at: point)
    var weights = tuning.job.weights
    var given: [String: ParameterValue] = [:]
    for (dimension, value) in zip(dimensions, values) {
      if let model = dimension.model {
        weights[model] = value
      } else {
        given[dimension.name] = .number(value)
      }
    }
    let rank = tuning.parameters.integer("rank")
    if let tried, weights.contains(where: { $0 != 0 }) {
      if given["rank"] == nil { given["rank"] = .number(Double(rank)) }
      let parameters = try Parameters(given, for: tried.parameters, of: "merge method '\(tried.name)'")
      return try AdapterMerger.merge(
        tuning.adapters, weights: weights, method: tried, parameters: parameters, seed: tuning.job.seed)
    }
    return try AdapterMerger.merge(
      tuning.adapters, weights: tuning.adapters.map { _ in 1 }, by: search.rule(coefficients: weights),
      tuning.method, rank: rank, seed: tuning.job.seed)
  }
}
