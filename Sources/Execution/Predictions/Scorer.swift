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
    return targets.missing(targets.task.metrics, in: ScoreBook(store.path(evaluation.job)))
  }

  /// Computes and writes every score that predictions can have: once they are gone a metric that is asked for later can be
  /// computed no more.
  ///
  /// - Throws: what keeps a score from being computed or written.
  func keepAll(_ evaluation: PlannedEvaluation) throws {
    guard let targets = targets(Question(task: evaluation.task, split: evaluation.split)) else { return }
    let metrics = Metrics.measuring(TaskKinds.row(of: targets.task.kind).form).map(\.name)
    let book = ScoreBook(store.path(evaluation.job))
    let missing = targets.missing(metrics, in: book)
    if missing.isEmpty { return }
    for (name, value) in try scores(missing, evaluation.job, targets) {
      if let key = targets.key(name) { try book.keep(value, key) }
    }
  }

  /// The predictions of a job, held against the rows that they are of.
  ///
  /// - Throws: a `Diagnostic` for predictions that are not what their job wrote, that are of other rows or texts, and for data
  ///   that cannot be read.
  func joined(_ id: JobID, _ targets: Targets) throws -> JoinedRows {
    try targets.join(try store.predictions(id), of: store.path(id))
  }

  private func answer(_ evaluation: PlannedEvaluation, _ targets: Targets) -> Answer {
    let book = ScoreBook(store.path(evaluation.job))
    var answer = Answer()
    func lookUp() {
      for name in targets.task.metrics where answer.scores[name] == nil {
        answer.scores[name] = targets.key(name).flatMap(book.score)
      }
    }
    lookUp()
    let missing = targets.task.metrics.filter { answer.scores[$0] == nil }
    if missing.isEmpty || store.isDropped(evaluation.job) { return answer }
    do {
      for (name, value) in try scores(missing, evaluation.job, targets) {
        answer.scores[name] = value
        // What cannot be written is computed again.
        if keeps, let key = targets.key(name) { try? book.keep(value, key) }
      }
    } catch {
      // Another run may have dropped them in between, and has scored them before.
      lookUp()
      let isDropped = store.isDropped(evaluation.job)
      if !isDropped { answer.problem = error as? Diagnostic ?? Diagnostic("\(error)") }
    }
    return answer
  }

  private func scores(_ metrics: [String], _ id: JobID, _ targets: Targets) throws -> [String: Double] {
    let rows = try joined(id, targets)
    return try targets.task.scores(metrics, rows.columns.predictions, rows.wanted)
  }
}

/// What a task asks for in a split, read when it is needed.
final class Targets: Sendable {
  let task: TaskSpec
  let split: Split
  /// The hash of what of the task decides its targets and their groups.
  let key: String
  private let locations: [String: String]
  private let read = Lock<Result<Rows, Diagnostic>?>(nil)

  /// The rows of the split, in the order of the file.
  struct Rows: Sendable {
    var numbers: [Int]
    /// The line of each in its file.
    var lines: [Int]
    var texts: [UInt64]
    var wanted: WantedRows
  }

  init(_ task: TaskSpec, _ split: Split, _ locations: [String: String]) {
    self.task = task
    self.split = split
    self.locations = locations
    var read = task.scored(split)
    for index in read.labels.indices { read.labels[index].description = "" }
    key = String(Hashed(read).hex.prefix(32))
  }

  /// What a metric's score over these targets is known by; nil for a metric that there is not.
  func key(_ metric: String) -> ScoreKey? {
    guard let row = try? Metrics.all.entry(named: metric) else { return nil }
    return ScoreKey(targets: key, metric: row.name, revision: row.revision)
  }

  /// Those of some metrics whose scores over these targets a book does not have.
  func missing(_ metrics: [String], in book: ScoreBook) -> [String] {
    metrics.filter { name in key(name).flatMap(book.score) == nil }
  }

  /// Holds predictions against the rows that they are of, by the number and the text of each.
  ///
  /// - Parameter folder: That of their job.
  /// - Throws: a `Diagnostic` with file and row where they are of others, and what is wrong with the data.
  func join(_ columns: PredictionColumns, of folder: String) throws -> JoinedRows {
    let table = try table()
    let again = "remove the folder \(folder) and run again, which does the job anew"
    func refuse(_ what: String) -> Diagnostic {
      Diagnostic(what, at: Place(file: "\(folder)/\(PredictionColumns.name)"), hint: again)
    }
    guard columns.rows.count == table.numbers.count else {
      throw refuse("\(columns.rows.count) predictions for the \(table.numbers.count) rows of \(words)")
    }
    guard columns.labels == 0 || columns.labels == task.labels.count else {
      throw refuse("predictions of \(columns.labels) labels for a task of \(task.labels.count)")
    }
    for (index, number) in table.numbers.enumerated() {
      guard columns.rows[index] == number else {
        throw refuse(
          "prediction \(index + 1) is of row \(columns.rows[index]), not of row \(number) of \(words)")
      }
      guard columns.texts[index] == table.texts[index] else {
        throw refuse(
          "the prediction for row \(number) is of another text than stands in line \(table.lines[index]) of \(words)"
        )
      }
    }
    return JoinedRows(columns: columns, wanted: table.wanted)
  }

  /// `data/fpb/test.jsonl`, or the task and the split where no file is known.
  private var words: String {
    guard case .files(let files) = task.source,
      let file = files[split.rawValue] ?? files[Split.train.rawValue], let path = locations[file.sha256]
    else { return "\(split.rawValue) of '\(task.name)'" }
    return path
  }

  private func table() throws -> Rows {
    try read.withLock { known in
      if let known { return try known.get() }
      let found: Result<Rows, Diagnostic>
      do {
        let rows = try TaskLoader.rows(task, split: split) { locations[$0] }
        found = .success(
          Rows(
            numbers: rows.numbers, lines: rows.lines, texts: rows.examples.map(\.textHash),
            wanted: WantedRows(rows.examples.map(\.target), groups: rows.examples.map(\.group))))
      } catch let problem as Diagnostic { found = .failure(problem) } catch {
        found = .failure(Diagnostic("\(error)"))
      }
      known = found
      return try found.get()
    }
  }
}

/// Predictions with the targets of the same rows.
struct JoinedRows {
  var columns: PredictionColumns
  /// What was asked for in each row.
  var wanted: WantedRows
  /// The same without groups.
  var targets: [Target] { wanted.targets }
}
