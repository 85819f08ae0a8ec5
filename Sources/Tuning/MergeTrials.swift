package import Adapters
package import Basics
package import Merging
internal import Specs

/// Merges that a search makes one after the other, of which the best is kept; of equal ones the earlier.
///
/// Values that the tried method refuses are the worst there are; anything else that goes wrong ends the search.
package struct MergeTrials {
  /// One merge that was tried.
  package struct Trial: Sendable {
    /// By dimension.
    package let values: [Double]
    /// By task.
    package var parts: [Double] = []
    /// Nil where the method refused the values.
    package var score: Double?
    /// What the method has against the values.
    package var refused: Diagnostic?
  }

  private let tuning: MergeTuning
  private let search: MergeSearch
  private let space: TrialSpace
  private var searcher: any Searching
  /// What was tried, in order.
  package private(set) var trials: [Trial] = []
  /// The best one so far.
  package private(set) var best: (score: Double, merged: MergeOutcome)?

  /// Prepares a search.
  ///
  /// - Throws: a `Diagnostic` where there is nothing to search.
  package init(_ tuning: MergeTuning, _ search: MergeSearch) throws {
    self.tuning = tuning
    self.search = search
    space = try TrialSpace(tuning, search)
    searcher = search.searcher.make(
      dimensions: space.dimensions.count, start: space.start, trials: search.trials, levels: space.levels,
      random: RandomStream(seed: tuning.job.seed, "tune", "search"))
  }

  /// How many numbers the search moves.
  package var dimensions: Int { space.dimensions.count }

  /// How far it is, 0…1.
  package var share: Double { Double(trials.count) / Double(search.trials) }

  /// Makes and scores the next merge; false where none is left.
  ///
  /// - Parameter parts: What a merge comes to on every task.
  package mutating func next(_ parts: (Adapter) throws -> [Double]) throws -> Bool {
    guard trials.count < search.trials, let point = searcher.next() else { return false }
    let values = space.values(at: point)
    let merged: MergeOutcome
    do { merged = try space.merge(values) } catch let problem as Diagnostic where problem.isRefusal {
      refuse(values, problem)
      return true
    }
    let parts = try parts(merged.adapter)
    let score = space.score(parts, values)
    // What is no number would never be beaten.
    guard score.isFinite else {
      refuse(values, Diagnostic("the merge predicts no numbers"))
      return true
    }
    trials.append(Trial(values: values, parts: parts, score: score))
    let moreIsBetter = search.score == .normalised
    searcher.tell(moreIsBetter ? -score : score)
    if best.map({ moreIsBetter ? score > $0.score : score < $0.score }) ?? true { best = (score, merged) }
    return true
  }

  private mutating func refuse(_ values: [Double], _ problem: Diagnostic) {
    trials.append(Trial(values: values, refused: problem))
    searcher.tell(.infinity)
  }

  /// The best merge, what the first one came to, and what the best one does.
  ///
  /// - Throws: a `Diagnostic` where the method refuses all trials.
  package func outcome() throws -> (merged: MergeOutcome, start: Double, end: Double) {
    if let best, let first = trials.lazy.compactMap(\.score).first { return (best.merged, first, best.score) }
    guard let problem = trials.first?.refused else { preconditionFailure("a search without trials") }
    throw Diagnostic(
      "the method refuses all \(trials.count) trials of the search; the first: \(problem.what)",
      at: problem.place, hint: problem.hint)
  }

  /// `trials.csv`: one line a trial with what was tried and what it came to, or why it was refused.
  package var table: String {
    let tasks = tuning.job.tasks.map(\.task.name)
    let names = ["trial"] + space.dimensions.map(\.name) + tasks + ["score", "refused"]
    var text = names.joined(separator: ",") + "\n"
    for (number, trial) in trials.enumerated() {
      let values = trial.values.map { "\($0)" }
      let parts = trial.refused == nil ? trial.parts.map { "\($0)" } : tasks.map { _ in "" }
      let reason = trial.refused.map { "\"\($0.what.replacing("\"", with: "\"\""))\"" } ?? ""
      let score = trial.score.map { "\($0)" } ?? ""
      text += (["\(number)"] + values + parts + [score, reason]).joined(separator: ",") + "\n"
    }
    return text
  }
}
