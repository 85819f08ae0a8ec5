internal import Adapters
internal import Basics
internal import Foundation
internal import Merging
internal import Models
internal import Specs
internal import Tasks
internal import Training
internal import Tuning

extension JobPerformer {
  /// Tries merges and keeps the best.
  ///
  /// - Throws: a `Diagnostic` where the method refuses all of them.
  func search(
    _ tuning: MergeTuning, _ search: MergeSearch, into folder: URL, progress: Progress
  ) throws -> TuneResult {
    var trials = try MergeTrials(tuning, search)
    let experts = try counted { try search.score == .normalised ? expertScores(tuning) : [] }
    while try counted({ try trials.next { try scores(of: $0, tuning, search, experts) } }) {
      try progress(trials.share, trials.best.map { "best score \(rounded($0.score))" } ?? "")
    }
    let (merged, start, end) = try trials.outcome()
    try Data(trials.table.utf8).write(to: folder.appendingPathComponent("trials.csv"))
    return TuneResult(
      merged: try write(merged, to: folder), rounds: trials.trials.count, trainable: trials.dimensions,
      examples: tuning.rows, measure: search.score == .normalised ? "normalised_score" : "cross_entropy",
      start: start, end: end)
  }

  /// The first metric of every task's expert on its rows.
  private func expertScores(_ tuning: MergeTuning) throws -> [Double] {
    try tuning.job.tasks.enumerated().map { index, entry in
      let adapter = tuning.adapters[entry.expert]
      let value = try score(index, network: tuning.base.network.folding(adapter), tuning).value
      guard value.isFinite else {
        throw Diagnostic(
          "the expert of task '\(entry.task.name)' predicts no numbers", at: Place(file: adapter.name),
          hint: "its weights have overflowed: train it again with a lower learning rate")
      }
      return value
    }
  }

  /// What a merge comes to on every task: its score over the expert's, or its loss.
  private func scores(
    of adapter: Adapter, _ tuning: MergeTuning, _ search: MergeSearch, _ experts: [Double]
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

  /// The metric that decides for a task, and its value: NaN where the model predicts no numbers.
  private func score(
    _ index: Int, network: any Network, _ tuning: MergeTuning
  ) throws -> (metric: Metric, value: Double) {
    let task = tuning.tasks[index]
    let predictions = try Evaluator(network: network, pooling: tuning.base.pooling).predict(
      task.examples, head: task.head, states: try states(index, tuning), workspaces: workspaces)
    let (metric, value) = try task.head.task.decidingScore(predictions, task.examples.wanted)
    return (metric, predictions.contains(where: \.isUnsound) ? .nan : value)
  }

  /// What enters the lowest adapted block for the rows of a task: computed once for all trials.
  private func states(_ index: Int, _ tuning: MergeTuning) throws -> FrozenStates? {
    let job = tuning.job
    let asked = tuning.asked
    let all = RowsKey(
      job.tasks[index].task, asked.split.split, base: job.$base, maxTokens: job.maxTokens)
    return frozen.states(
      [
        (
          "\(all.states(tuning.base.network.precision)) \(asked.rows) \(job.seed)",
          tuning.tasks[index].examples
        )
      ],
      below: tuning.lowestLayer, of: tuning.base.network, workspaces: workspaces)?.first
  }
}
