internal import Basics
internal import Results
internal import Specs
internal import Statistics

/// Scores by seed and item, read once for each model, task, split and metric.
final class ScoreReader {
  private struct Key: Hashable {
    var model: String
    var task: String
    var split: Split
    var metric: String
  }

  let evidence: Evidence
  let items: (any ItemScoreSource)?
  private var known: [Key: SeedScores?] = [:]
  private var learned: [String: Bool] = [:]

  init(_ evidence: Evidence, _ items: (any ItemScoreSource)?) {
    self.evidence = evidence
    self.items = items
  }

  /// Nil where no seed has a finite score.
  func scores(
    _ model: Candidate, _ task: TaskColumn, _ metric: MetricColumn, on split: Split = .test
  ) throws -> SeedScores? {
    let key = Key(model: model.model, task: task.name, split: split, metric: metric.name)
    if let scores = known[key] { return scores }
    let scores = try read(model, task, metric, split)
    known[key] = scores
    return scores
  }

  private func read(
    _ model: Candidate, _ task: TaskColumn, _ metric: MetricColumn, _ split: Split
  ) throws -> SeedScores? {
    let rows = model.rows.compactMap { row -> ScoreRow? in
      guard let score = evidence.score(row, task.name, split, metric.name), score.value.isFinite else {
        return nil
      }
      return score
    }
    if rows.isEmpty { return nil }
    let found = try rows.compactMap { row in try items?.items(row) }
    var scores = SeedScores(seeds: rows.map(\.seed), values: rows.map { metric.merit($0.value) })
    let sizes = Set(found.map(\.pseudoScores.count))
    guard found.count == rows.count, sizes.count == 1, let size = sizes.first else { return scores }
    scores.items = found.map { $0.pseudoScores.map(metric.merit) }
    scores.answers = (0..<size).map { item in Estimate.mean(found.map { $0.answers[item] }) }
    scores.isConstant = found.contains(where: \.isConstant)
    scores.floor = found[0].floor.map(metric.merit)
    // What was not trained cannot have failed to learn.
    if model.isTrained { scores.isCollapsed = scores.collapses(found.map(\.isOneAnswer)) }
    return scores
  }

  /// Whether the mean over fresh seeds and texts of a task's single beats the best of its floors on validation: by the lower end
  /// of its one-sided 95 % interval.
  ///
  /// Where predictions are not there, by more than the standard deviation over its seeds; a task without a floor is taken as
  /// learned.
  func isLearned(_ task: TaskColumn, settings: String) throws -> Bool {
    let key = task.name + " " + settings
    if let answer = learned[key] { return answer }
    let answer = try findLearned(task, settings)
    learned[key] = answer
    return answer
  }

  private func findLearned(_ task: TaskColumn, _ settings: String) throws -> Bool {
    guard let metric = task.decidingMetric,
      // Where an arm has no single, that of another one tells.
      let single = evidence.single(of: task.name, settings: settings)
        ?? evidence.singles(of: task).first(where: { !$0.arm.isEmpty }),
      let own = try scores(single, task, metric, on: .validation)
    else { return true }
    if let floor = own.floor, Estimate.mean(own.values) <= floor { return false }
    guard let model = evidence.bestFloor(of: task, settings: settings),
      let floor = try scores(model, task, metric, on: .validation)
    else { return true }
    let cell = ContrastPlan.Cell(
      task: task.name, metric: metric.name, first: .init("single", single.model),
      second: .init("floor", model.model),
      firstScores: own, secondScores: floor)
    guard let contrast = MeasuredCell(cell, isPaired: evidence.seedsHaveBases).contrast else {
      return Estimate.mean(own.values) - (Estimate.deviation(own.values) ?? 0) > Estimate.mean(floor.values)
    }
    let part = contrast.variance()
    guard part.variance > 0 else { return contrast.estimate > 0 }
    let half = StudentT.quantile(0.95, degrees: part.degrees) * part.variance.squareRoot()
    return contrast.estimate > half
  }
}

extension MetricColumn {
  /// Whether a mean over tasks of its differences means something: an error has its own scale, R² no lower end.
  var isInPoints: Bool { higherIsBetter && name != "r2" }
}

extension SeedScores {
  /// Which seeds collapsed.
  ///
  /// Those that answer one label, and those that cannot be told from the constant answer while the best seed is so far above
  /// them that the recipe works in one and not in the other: by four standard errors of their difference. A recipe that is
  /// weak in all of its seeds has lost, not collapsed.
  fileprivate func collapses(_ areOneAnswer: [Bool]) -> [Bool] {
    guard let floor, let items, let best = values.indices.max(by: { values[$0] < values[$1] }) else {
      return areOneAnswer
    }
    let squares = items.map { (Estimate.variance($0) ?? 0) / Double($0.count) }
    return values.indices.map { seed in
      areOneAnswer[seed]
        || values[seed] <= floor + 2 * squares[seed].squareRoot()
          && values[best] - values[seed] > 4 * (squares[best] + squares[seed]).squareRoot()
    }
  }
}
