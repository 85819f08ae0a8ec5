internal import Basics
internal import Experiment
internal import Foundation
internal import LinearAlgebra
internal import Specs
internal import Tasks

/// Holds stored predictions against targets: computes what is not known yet, and keeps it beside the predictions.
///
/// No model runs. The targets of a split are read once, and only where a score is missing.
struct Scorer: Sendable {
  let store: JobStore
  /// Whether what was computed is written down; where not, the next command computes it again.
  let keeps: Bool
  private let targets: [Question: Targets]

  init(store: JobStore, plan: Plan, keeps: Bool) {
    self.store = store
    self.keeps = keeps
    var targets: [Question: Targets] = [:]
    for task in plan.plannedTasks {
      for split in Split.allCases {
        targets[Question(task: task.spec.name, split: split)] = Targets(task.spec, split, plan.locations)
      }
    }
    self.targets = targets
  }

  /// What predictions are held against; nil for a task that the plan does not have.
  func targets(_ question: Question) -> Targets? { targets[question] }

  /// A task's split as predictions are held against it.
  struct Question: Hashable {
    var task: String
    var split: Split
  }

  /// What predictions came to.
  struct Answer {
    var scores: [String: Double] = [:]
    /// Why some are missing.
    var problem: Diagnostic?
  }

  /// The metrics of some evaluations whose jobs are finished.
  func answers(_ evaluations: [PlannedEvaluation]) -> [PlannedEvaluation: Answer] {
    let pieces = (evaluations.count + 255) / 256
    let found = Lock([[(PlannedEvaluation, Answer)]](repeating: [], count: pieces))
    concurrently(pieces) { piece in
      var answers: [(PlannedEvaluation, Answer)] = []
      for evaluation in evaluations.dropFirst(256 * piece).prefix(256) {
        guard let targets = targets[Question(task: evaluation.task, split: evaluation.split)] else {
          continue
        }
        answers.append((evaluation, answer(evaluation, targets)))
      }
      let all = answers
      found.withLock { $0[piece] = all }
    }
    return Dictionary(found.withLock { $0.flatMap(\.self) }) { first, _ in first }
  }

  /// The metrics of a task that are not known of some predictions.
  func missing(_ evaluation: PlannedEvaluation) -> [String] {
    guard let targets = targets(Question(task: evaluation.task, split: evaluation.split)) else { return [] }
    let known = ScoreBook.read(store.path(evaluation.job)).scores[targets.key] ?? [:]
    return targets.task.metrics.filter { known[$0] == nil }
  }

  private func answer(_ evaluation: PlannedEvaluation, _ targets: Targets) -> Answer {
    let folder = store.path(evaluation.job)
    var book = ScoreBook.read(folder)
    let missing = targets.task.metrics.filter { book.scores[targets.key]?[$0] == nil }
    if missing.isEmpty || store.isDropped(evaluation.job) {
      return Answer(scores: book.scores[targets.key] ?? [:])
    }
    do {
      let columns = try store.predictions(evaluation.job)
      let rows = try targets.rows()
      guard columns.predictions.count == rows.count else {
        throw Diagnostic(
          "\(columns.predictions.count) predictions for \(rows.count) rows", at: Place(file: folder),
          hint: "remove the folder \(folder) and run again, which does the job anew")
      }
      book.scores[targets.key, default: [:]].merge(
        try targets.task.scores(missing, columns.predictions, rows)
      ) { $1 }
      if keeps { try? book.write(folder) }
      return Answer(scores: book.scores[targets.key] ?? [:])
    } catch let problem as Diagnostic {
      return Answer(scores: book.scores[targets.key] ?? [:], problem: problem)
    } catch {
      return Answer(scores: book.scores[targets.key] ?? [:], problem: Diagnostic("\(error)"))
    }
  }
}

/// What a task asks for in a split, read when it is needed.
final class Targets: Sendable {
  let task: TaskSpec
  let split: Split
  /// The hash of what of the task decides its targets.
  let key: String
  private let locations: [String: String]
  private let read = Lock<Result<[Target], Diagnostic>?>(nil)

  init(_ task: TaskSpec, _ split: Split, _ locations: [String: String]) {
    self.task = task
    self.split = split
    self.locations = locations
    var read = task.reduced(to: [split])
    for index in read.labels.indices { read.labels[index].description = "" }
    key = String(Hashed(read).hex.prefix(32))
  }

  /// The targets in the order of the rows.
  ///
  /// - Throws: what is wrong with the data.
  func rows() throws -> [Target] {
    try read.withLock { known in
      if let known { return try known.get() }
      let found: Result<[Target], Diagnostic>
      do {
        found = .success(try TaskLoader.load(task, split: split) { locations[$0] }.map(\.target))
      } catch let problem as Diagnostic { found = .failure(problem) } catch {
        found = .failure(Diagnostic("\(error)"))
      }
      known = found
      return try found.get()
    }
  }
}
