public import Results
internal import Specs
internal import Statistics

/// One point that a trained model was tried at.
package struct Try: Sendable {
  /// The model's name without the point: `single:fpb`.
  package var model: String
  package var kind: ModelKind
  package var tasks: [String]
  package var tuned: String
  /// Its models, one for each seed that is done.
  package var candidate: Candidate
}

/// What the seeds of `tune` tried, ready to be asked.
package final class Tries: Sendable {
  /// Trained models, in the manifest's order.
  package let tries: [Try]
  /// Merges of them at their chosen points.
  package let merges: [Try]
  /// Scores of all that was tried, merges too.
  let evidence: Evidence
  private let results: TuningResults

  /// Nil where nothing is tried.
  /// - Throws: a `Diagnostic` where rows contradict each other.
  init?(_ results: ResultSet) throws {
    guard let tuning = results.tuning else { return nil }
    self.results = tuning
    evidence = try Evidence(
      ResultSet(experiment: "", tasks: results.tasks, models: tuning.models, scores: tuning.scores))
    func entry(_ candidate: Candidate) -> Try {
      Try(
        model: candidate.plain, kind: candidate.kind, tasks: candidate.tasks,
        tuned: candidate.rows[0].tuned, candidate: candidate)
    }
    tries = evidence.candidates(of: .single, .cocktail).map(entry)
    merges = evidence.candidates(of: .merge).map(entry)
    ofModel = Dictionary(grouping: tries, by: \.model)
    var (names, seen, repeated): ([String], Set<[String]>, Set<String>) = ([], [], [])
    for entry in tries {
      if names.last != entry.model { names.append(entry.model) }
      if !seen.insert([entry.model] + entry.candidate.rows.map(\.job)).inserted {
        repeated.insert(entry.candidate.model)
      }
    }
    (models, self.repeated) = (names, repeated)
  }

  /// Names of models, each once.
  package let models: [String]
  private let ofModel: [String: [Try]]
  private let repeated: Set<String>

  /// Whether no earlier point of the model is the same trainings.
  package func isDistinct(_ entry: Try) -> Bool { !repeated.contains(entry.candidate.model) }

  /// Whether no try that is planned is left to be done.
  var areDone: Bool { results.open.isEmpty }
  /// Whether all that is to be tried was planned.
  var arePlanned: Bool { results.isPlanned }

  /// The mean over seeds of a try's first metric on validation of a task.
  func score(_ entry: Try, _ task: TaskColumn) -> Estimate? {
    task.decidingMetric.flatMap { evidence.estimate(entry.candidate, task.name, .validation, $0.name) }
  }

  /// What a model's point is chosen by; more is better.
  ///
  /// The mean over its tasks of the first metrics, or, where one of them has a scale of its own, of how many other points are
  /// worse. Nil for a try without the scores of all seeds and tasks that the fullest has.
  package func chosenBy(_ entry: Try) -> Double? {
    let rivals = ofModel[entry.model] ?? []
    let own = evidence.tasks.filter { entry.tasks.contains($0.name) }
    func seeds(_ entry: Try) -> Int { own.map { score(entry, $0)?.count ?? 0 }.min() ?? 0 }
    let most = rivals.map(seeds).max() ?? 0
    guard most > 0, seeds(entry) == most else { return nil }
    let means = own.compactMap { task -> Double? in
      guard let metric = task.decidingMetric, let mine = score(entry, task) else { return nil }
      if own.allSatisfy({ $0.decidingMetric?.isInPoints == true }) { return mine.mean }
      let others = rivals.filter { $0.tuned != entry.tuned && seeds($0) == most }.compactMap {
        score($0, task)?.mean
      }
      return others.reduce(0) { sum, other in
        let ahead = metric.merit(mine.mean - other)
        return sum + (ahead > 0 ? 1 : ahead == 0 ? 0.5 : 0)
      }
    }
    return means.count == own.count ? Estimate.mean(means) : nil
  }

  /// The point of a model that validation prefers, of equal ones the first; nil where no try is whole.
  package func best(of model: String) -> Try? {
    let scored = (ofModel[model] ?? []).compactMap { entry in chosenBy(entry).map { (entry, $0) }
    }
    let most = scored.map(\.1).max()
    return scored.first { $0.1 == most }?.0
  }
}

extension TuningChoice {
  /// What the tries have chosen: the points when all of them are done, and when what followed from these is done the rest.
  ///
  /// - Parameters:
  ///   - grids: Those of the merges that are tried.
  ///   - before: What was chosen when these tries were planned, which stays while some of them are open.
  /// - Throws: a `Diagnostic` where results contradict each other.
  public init(
    _ results: ResultSet, grids: [(name: String, models: [String])], before: TuningChoice = TuningChoice()
  ) throws {
    self = before
    guard let tries = try Tries(results), tries.areDone else { return }
    for model in tries.models { points[model] = tries.best(of: model)?.tuned }
    guard tries.arePlanned else { return }
    isWhole = true
    let evidence = try tries.chosenEvidence(points, beside: results)
    for task in evidence.tasks {
      cocktails[task.name] = evidence.bestCocktail(for: task)?.model
      unseen[task.name] = evidence.bestUnseen(for: task)?.model
    }
    all = evidence.bestOfAllTasks?.model
    let merged = evidence.candidates(of: .merge)
    for grid in grids {
      let names = Set(grid.models)
      merges[grid.name] = evidence.winner(ofRivals: merged.filter { names.contains($0.model) })?.model.model
    }
    let names = Set(evidence.tasks.map(\.name))
    merge =
      evidence.winner(ofRivals: merged.filter { Set($0.tasks) == names && $0.serving == nil })?.model.model
  }
}

extension Tries {
  /// The models at their chosen points, under their plain names, with the merges made of them and the base.
  fileprivate func chosenEvidence(_ points: [String: String], beside results: ResultSet) throws -> Evidence {
    let chosen = Dictionary(
      uniqueKeysWithValues: tries.filter { points[$0.model] == $0.tuned }.map {
        ($0.candidate.model, $0.model)
      })
    // Where seeds have bases of their own, those of `tune` have too.
    let isOwn = self.results.models.contains { $0.kind == .base }
    var models = isOwn ? [] : results.models.filter { $0.kind == .base }
    var scores = results.scores.filter { row in models.contains { $0.model == row.model } }
    let scored = Dictionary(grouping: self.results.scores) { [$0.model, "\($0.seed ?? -1)"] }
    for var row in self.results.models {
      let old = row.model
      if row.kind != .merge, row.kind != .base {
        guard let plain = chosen[old] else { continue }
        (row.model, row.plain) = (plain, plain)
      }
      (row.settings, row.arm) = ("", "")
      models.append(row)
      scores += (scored[[old, "\(row.seed ?? -1)"]] ?? []).map { score in
        var score = score
        score.model = row.model
        return score
      }
    }
    var known = ResultSet(experiment: "", tasks: results.tasks, models: models, scores: scores)
    known.varies = results.varies
    return try Evidence(known)
  }
}

extension Evidence {
  /// Of several cocktails of all tasks the one with the best mean on validation, turned so that more is better.
  fileprivate var bestOfAllTasks: Candidate? {
    let scored = allTaskCocktails.compactMap { model in meritOnValidation(model).map { (model, $0) } }
    let best = scored.map(\.1).max()
    return scored.first { $0.1 == best }?.0 ?? (allTaskCocktails.count == 1 ? allTaskCocktails[0] : nil)
  }
}
