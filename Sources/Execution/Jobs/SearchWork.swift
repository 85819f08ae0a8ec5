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
      dimensions: space.dimensions.count, start: space.start, trials: search.trials, levels: space.levels,
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
    try tuning.job.tasks.enumerated().map { index, entry in
      try score(index, weights: tuning.base.weights.folding(tuning.adapters[entry.expert]), tuning)
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
    return try experts.enumerated().map { index, expert in
      let metric = try Metrics.all.entry(named: tuning.tasks[index].head.task.metrics[0])
      let value = try score(index, weights: weights, tuning)
      // A ratio to an expert at or below zero says nothing; then differences count.
      guard expert > 0 else { return metric.higherIsBetter ? 1 + value - expert : 1 + expert - value }
      return metric.higherIsBetter ? value / expert : expert / max(value, 1e-9)
    }
  }

  /// The first metric of a task; what lies below the lowest adapter is computed once for all trials.
  private func score(_ index: Int, weights: EncoderWeights, _ tuning: Tuning) throws -> Double {
    let (task, job) = (tuning.tasks[index], tuning.job)
    let all = try key(job.tasks[index].task, job.split.split, base: job.base, maxTokens: job.maxTokens)
    let states = frozen.states(
      [("\(all) \(tuning.parameters.integer("rows")) \(job.seed)", task.examples)], below: tuning.lowestLayer,
      of: tuning.base.weights, workspaces: workspaces)
    let predictions = try Evaluator(weights: weights, pooling: tuning.base.pooling).predict(
      task.examples, head: task.head, states: states?.first, workspaces: workspaces)
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
    /// What a grid takes, where there are usual values.
    var levels: [Double] = []
    /// What the first trial takes.
    var start: Double

    /// A value in 0…1.
    func place(of value: Double) -> Double {
      let width = range.upperBound - range.lowerBound
      return width > 0 ? (value - range.lowerBound) / width : 0
    }
  }

  let tuning: Tuning
  let search: MergeSearch
  /// Parameters in the order of the row or of the manifest, then weights.
  private(set) var dimensions: [Dimension] = []
  private let tried: MergeMethod?

  init(_ tuning: Tuning, _ search: MergeSearch) throws {
    self.tuning = tuning
    self.search = search
    if case .method(let name) = search.target {
      let method = try MergeMethods.all.entry(named: name)
      tried = method
      dimensions =
        tuning.job.over.isEmpty
        ? method.parameters.compactMap(TrialSpace.usual)
        : tuning.job.over.compactMap { range in
          method.parameters.first { $0.name == range.name }.map { TrialSpace.asked($0, range) }
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

  /// A parameter between two numbers that a manifest gives.
  private static func asked(_ spec: ParameterSpec, _ range: SearchRange) -> Dimension {
    let isInteger = if case .integer = spec.kind { true } else { false }
    let usual = spec.defaultValue.number ?? range.from
    return Dimension(
      name: spec.name, range: range.from...range.to, isInteger: isInteger,
      start: min(max(usual, range.from), range.to))
  }

  /// A parameter over its usual values and its default; nil where it has no usual ones.
  private static func usual(_ spec: ParameterSpec) -> Dimension? {
    let levels = spec.usual.compactMap(\.number)
    guard let start = spec.defaultValue.number, let least = levels.min(), let largest = levels.max() else {
      return nil
    }
    let isInteger = if case .integer = spec.kind { true } else { false }
    return Dimension(
      name: spec.name, range: min(least, start)...max(largest, start), isInteger: isInteger, levels: levels,
      start: start)
  }

  /// The first trial in the cube.
  var start: [Double] { dimensions.map { $0.place(of: $0.start) } }

  /// The usual values in the cube.
  var levels: [[Double]] { dimensions.map { dimension in dimension.levels.map(dimension.place) } }

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
    let depthGain = tuning.parameters.number("depth_gain")
    if let tried, weights.contains(where: { $0 != 0 }) {
      if given["rank"] == nil { given["rank"] = .number(Double(rank)) }
      if given["depth_gain"] == nil { given["depth_gain"] = .number(depthGain) }
      let parameters = try Parameters(given, for: tried.parameters, of: "merge method '\(tried.name)'")
      return try AdapterMerger.merge(
        tuning.adapters, weights: weights, method: tried, parameters: parameters, seed: tuning.job.seed)
    }
    return try AdapterMerger.merge(
      tuning.adapters, weights: tuning.adapters.map { _ in 1 }, by: search.rule(coefficients: weights),
      tuning.method, rank: rank, depthGain: depthGain, seed: tuning.job.seed)
  }
}

extension ParameterValue {
  /// A number; nil for anything else.
  fileprivate var number: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }
}
