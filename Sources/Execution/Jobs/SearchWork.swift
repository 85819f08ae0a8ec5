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
  ///
  /// Values that the tried method refuses are the worst there are; anything else that goes wrong fails the search.
  /// - Throws: a `Diagnostic` where it refuses all of them.
  func search(
    _ tuning: Tuning, _ search: MergeSearch, into folder: URL, progress: Progress
  ) throws -> TuneResult {
    let space = try TrialSpace(tuning, search)
    var trials: [Trial] = []
    var best: (score: Double, merged: MergeOutcome)?
    let experts = try counted { try search.score == .normalised ? expertScores(tuning) : [] }
    var searcher = search.searcher.make(
      dimensions: space.dimensions.count, start: space.start, trials: search.trials, levels: space.levels,
      random: RandomStream(seed: tuning.job.seed, "tune", "search"))
    while trials.count < search.trials, let point = searcher.next() {
      let values = space.values(at: point)
      try counted {
        func refuse(_ problem: Diagnostic) {
          trials.append(Trial(values: values, refused: problem))
          searcher.tell(.infinity)
        }
        let merged: MergeOutcome
        do { merged = try space.merge(values) } catch let problem as Diagnostic where problem.isRefusal {
          return refuse(problem)
        }
        let parts = try scores(of: merged.adapter, tuning, search, experts)
        let score = space.score(parts, values)
        // What is no number would never be beaten.
        guard score.isFinite else { return refuse(Diagnostic("the merge predicts no numbers")) }
        trials.append(Trial(values: values, parts: parts, score: score))
        let cost = search.score == .normalised ? -score : score
        searcher.tell(cost)
        if best.map({ search.score == .normalised ? score > $0.score : score < $0.score }) ?? true {
          best = (score, merged)
        }
      }
      try progress(
        Double(trials.count) / Double(search.trials), best.map { "best score \(rounded($0.score))" } ?? "")
    }
    guard let best, let first = trials.lazy.compactMap(\.score).first else { throw allRefused(trials) }
    try write(trials, space, tuning, to: folder)
    return TuneResult(
      merged: try write(best.merged, to: folder), rounds: trials.count, trainable: space.dimensions.count,
      examples: tuning.rows, measure: search.score == .normalised ? "normalised_score" : "cross_entropy",
      start: first, end: best.score)
  }

  private func allRefused(_ trials: [Trial]) -> Diagnostic {
    guard let problem = trials.first?.refused else { preconditionFailure("a search without trials") }
    return Diagnostic(
      "the method refuses all \(trials.count) trials of the search; the first: \(problem.what)",
      at: problem.place, hint: problem.hint)
  }

  /// The first metric of every task's expert on its rows.
  private func expertScores(_ tuning: Tuning) throws -> [Double] {
    try tuning.job.tasks.enumerated().map { index, entry in
      try score(index, network: tuning.base.network.folding(tuning.adapters[entry.expert]), tuning).value
    }
  }

  /// What a merge comes to on every task: its score over the expert's, or its loss.
  private func scores(
    of adapter: Adapter, _ tuning: Tuning, _ search: MergeSearch, _ experts: [Double]
  ) throws -> [Double] {
    let network = try tuning.base.network.folding(adapter)
    guard search.score == .normalised else {
      return try tuning.tasks.enumerated().map { index, task in
        Evaluator(network: network, pooling: tuning.base.pooling).meanLoss(
          task.examples, head: task.head, states: try states(index, tuning), workspaces: workspaces)
      }
    }
    return try experts.enumerated().map { index, expert in
      let (metric, value) = try score(index, network: network, tuning)
      return MergeSearch.normalised(value, expert: expert, higherIsBetter: metric.higherIsBetter)
    }
  }

  /// The metric that decides for a task, and its value.
  private func score(
    _ index: Int, network: any Network, _ tuning: Tuning
  ) throws -> (metric: Metric, value: Double) {
    let task = tuning.tasks[index]
    let predictions = try Evaluator(network: network, pooling: tuning.base.pooling).predict(
      task.examples, head: task.head, states: try states(index, tuning), workspaces: workspaces)
    return try task.head.task.decidingScore(predictions, task.examples.map(\.target))
  }

  /// What enters the lowest adapted block for the rows of a task: computed once for all trials.
  private func states(_ index: Int, _ tuning: Tuning) throws -> FrozenStates? {
    let job = tuning.job
    let all = try key(job.tasks[index].task, job.split.split, base: job.base, maxTokens: job.maxTokens)
    return frozen.states(
      [("\(all) \(tuning.parameters.integer("rows")) \(job.seed)", tuning.tasks[index].examples)],
      below: tuning.lowestLayer, of: tuning.base.network, workspaces: workspaces)?.first
  }

  /// Writes `trials.csv`: one line a trial with what was tried and what it came to, or why it was refused.
  private func write(_ trials: [Trial], _ space: TrialSpace, _ tuning: Tuning, to folder: URL) throws {
    let tasks = tuning.job.tasks.map(\.task.name)
    let names = ["trial"] + space.dimensions.map(\.name) + tasks + ["score", "refused"]
    var text = names.joined(separator: ",") + "\n"
    for (number, trial) in trials.enumerated() {
      let values = trial.values.map { "\($0)" }
      let parts = trial.refused == nil ? trial.parts.map { "\($0)" } : tasks.map { _ in "" }
      let reason = trial.refused.map { "\"\($0.what.replacingOccurrences(of: "\"", with: "\"\""))\"" } ?? ""
      let score = trial.score.map { "\($0)" } ?? ""
      text += (["\(number)"] + values + parts + [score, reason]).joined(separator: ",") + "\n"
    }
    try Data(text.utf8).write(to: folder.appendingPathComponent("trials.csv"))
  }
}

/// One merge that was tried.
private struct Trial {
  /// By dimension.
  let values: [Double]
  /// By task.
  var parts: [Double] = []
  /// Nil where the method refused the values.
  var score: Double?
  /// What the method has against the values.
  var refused: Diagnostic?
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

    /// The value at a place in 0…1; at those of the start, the levels and the bounds these themselves, to the last bit.
    func value(at place: Double) -> Double {
      let known = [start, range.lowerBound, range.upperBound] + levels
      if let same = known.first(where: { self.place(of: $0) == place }) { return same }
      let value = range.lowerBound + min(max(place, 0), 1) * (range.upperBound - range.lowerBound)
      return isInteger ? value.rounded() : min(value, range.upperBound)
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
    zip(dimensions, point).map { $0.value(at: $1) }
  }

  /// What a trial comes to: the mean over the tasks, with the regulariser of a loss.
  func score(_ parts: [Double], _ values: [Double]) -> Double {
    let mean = parts.reduce(0, +) / Double(parts.count)
    guard case .crossEntropy(let l1) = search.score else { return mean }
    let weights = zip(dimensions, values).filter { $0.0.model != nil }.map { abs($0.1) }
    return mean + l1 * weights.reduce(0, +) / Double(max(1, weights.count))
  }

  /// The merge with some values.
  ///
  /// - Throws: a refusal where the method has something against them.
  func merge(_ values: [Double]) throws -> MergeOutcome {
    var weights = tuning.job.weights
    var given: [String: ParameterValue] = [:]
    for (dimension, value) in zip(dimensions, values) {
      if let model = dimension.model {
        weights[model] = value
      } else {
        given[dimension.name] = .number(value)
      }
    }
    if let tried, weights.contains(where: { $0 != 0 }) {
      for spec in Finish.parameters where given[spec.name] == nil {
        given[spec.name] = .number(tuning.parameters.number(spec.name))
      }
      let parameters = try Parameters(given, for: tried.parameters, of: "merge method '\(tried.name)'")
      return try AdapterMerger.merge(
        tuning.adapters, weights: weights, method: tried, parameters: parameters, seed: tuning.job.seed)
    }
    return try AdapterMerger.merge(
      tuning.adapters, weights: tuning.adapters.map { _ in 1 }, by: search.rule(coefficients: weights),
      tuning.method, Finish(tuning.parameters), seed: tuning.job.seed)
  }
}

extension ParameterValue {
  /// A number; nil for anything else.
  fileprivate var number: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }
}
