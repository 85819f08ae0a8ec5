package import Basics
package import Results
package import Specs
package import Statistics

/// The rows of one model over its seeds: a candidate of the comparisons.
package struct Candidate: Sendable, Hashable {
  /// One row for each seed, in the manifest's order.
  package var rows: [ModelRow]

  package var model: String { rows[0].model }
  /// The name without the grid point behind it: `single:fpb`.
  package var plain: String { rows[0].plain }
  package var kind: ModelKind { rows[0].kind }
  package var recipe: String { rows[0].recipe }
  package var settings: String { rows[0].settings }
  package var tasks: [String] { rows[0].tasks }
  /// The budget under which it was trained, where there are several.
  package var arm: String { rows[0].arm }

  /// Whether a training is behind it, its own or those of what it merges; base and floors have none.
  package var isTrained: Bool { kind != .base && kind != .floor }

  /// How many seeds it has; none where all share it.
  package var seedCount: Int { rows.count { $0.seed != nil } }

  /// How a model of several parts is used; the same for all seeds.
  package var serving: Serving? { rows[0].serving }
  /// Whether the model is told which task a text belongs to.
  package var isTold: Bool { serving?.isTold ?? false }

  /// `fpb+fomc`.
  package var taskList: String { tasks.joined(separator: "+") }

  /// The mean over seeds of what each row says of itself.
  package func mean(_ value: (ModelRow) -> Int) -> Double {
    Estimate.mean(rows.map { Double(value($0)) })
  }

  /// The mean over seeds of the operations of its trainings.
  package var meanFLOPs: Double { Estimate.mean(rows.map(\.flops)) }
}

/// A result set, checked, put in the manifest's order and made ready to be asked.
///
/// The order of `models` and `tasks` is the manifest's; all other rows may come in any order.
package struct Evidence: Sendable {
  private struct Key: Hashable {
    var model: String
    var seed: Int?
    var task: String
    var split: Split
    var metric: String
  }

  package let results: ResultSet
  /// All models, in the manifest's order.
  package private(set) var candidates: [Candidate]
  /// The same by kind: a sweep has ten thousand merges and one base.
  private var candidatesOfKind: [ModelKind: [Candidate]]
  /// The budget whose models these are; empty for all of them.
  package private(set) var arm = ""
  /// Every comparison with its verdict; empty before `judged`.
  package private(set) var register = Register()
  /// What models are measured by; by predictions where there are some.
  package private(set) var scale = RecoveredScale()
  /// What the seeds of `tune` chose; nil where nothing was tried, so that the models that are reported choose among themselves.
  package private(set) var choice: TuningChoice?
  /// What they tried.
  package private(set) var tries: Tries?
  private let scores: [Key: ScoreRow]
  /// Examples of each task that a model drew.
  let exposures: [String: [String: Double]]

  /// Checks and sorts.
  ///
  /// - Throws: a `Diagnostic` where rows contradict each other: two values of one thing, or a value of nothing.
  package init(_ results: ResultSet) throws(Diagnostic) {
    let candidates = try Evidence.candidates(of: results.models)
    let tasks = Set(results.tasks.map(\.name))
    if tasks.count != results.tasks.count { throw Evidence.contradiction("two tasks of one name") }
    let models = Set(results.models.map { [$0.model, $0.seed.map(String.init) ?? ""] })
    var scores: [Key: ScoreRow] = [:]
    for row in results.scores {
      let name = "\(row.model), seed \(row.seed.map(String.init) ?? "none")"
      if !models.contains([row.model, row.seed.map(String.init) ?? ""]) {
        throw Evidence.contradiction("a score of the unknown model \(name)")
      }
      if !tasks.contains(row.task) {
        throw Evidence.contradiction("a score on the unknown task '\(row.task)'")
      }
      let key = Key(model: row.model, seed: row.seed, task: row.task, split: row.split, metric: row.metric)
      if let other = scores.updateValue(row, forKey: key) {
        throw Evidence.contradiction(
          "two values of \(row.metric) for \(name) on \(row.task) \(row.split.rawValue): \(other.value) "
            + "and \(row.value)"
        )
      }
    }
    self.results = results
    self.candidates = candidates
    candidatesOfKind = Dictionary(grouping: candidates, by: \.kind)
    self.scores = scores
    exposures = Evidence.exposures(results.mixtures)
    // Without predictions nothing is read that could fail.
    scale = (try? RecoveredScale(self, ScoreReader(self, nil))) ?? RecoveredScale()
  }

  /// The evidence with its register.
  ///
  /// - Parameter items: What the models said, item by item; without it nothing is judged.
  /// - Throws: a `Diagnostic` where rows contradict each other, or predictions are not what was written.
  package static func judged(
    _ results: ResultSet, items: (any ItemScoreSource)?
  ) throws -> Evidence {
    var evidence = try Evidence(results)
    evidence.tries = try Tries(results)
    if evidence.tries != nil { evidence.choice = try TuningChoice(results, grids: []) }
    if items != nil { evidence.scale = try RecoveredScale(evidence, ScoreReader(evidence, items)) }
    evidence.register = try Register(evidence, items: items)
    return evidence
  }

  /// The models of one budget with base and floors.
  func restricted(to arm: String) -> Evidence {
    var part = self
    part.arm = arm
    part.candidates.removeAll { $0.isTrained && $0.arm != arm }
    part.candidatesOfKind = Dictionary(grouping: part.candidates, by: \.kind)
    return part
  }

  private static func candidates(of models: [ModelRow]) throws(Diagnostic) -> [Candidate] {
    var positions: [String: Int] = [:]
    var candidates: [Candidate] = []
    for row in models {
      guard let position = positions[row.model] else {
        positions[row.model] = candidates.count
        candidates.append(Candidate(rows: [row]))
        continue
      }
      if candidates[position].rows.contains(where: { $0.seed == row.seed }) {
        throw contradiction("two models '\(row.model)' of one seed")
      }
      candidates[position].rows.append(row)
    }
    return candidates
  }

  private static func contradiction(_ what: String) -> Diagnostic {
    Diagnostic(
      "the results hold \(what)",
      hint:
        "that is a mistake of this program: run `mixology report` again, and if it stays, file a bug report")
  }
}

extension Evidence {
  /// The tasks in the manifest's order.
  package var tasks: [TaskColumn] { results.tasks }

  /// Whether each seed has a base of its own, which all models of the seed rest on.
  package var seedsHaveBases: Bool { results.varies.contains(.base) }

  /// The models of some kinds.
  package func candidates(of kinds: ModelKind...) -> [Candidate] {
    kinds.count == 1 ? candidatesOfKind[kinds[0]] ?? [] : candidates.filter { kinds.contains($0.kind) }
  }

  /// One row, if it is there.
  package func score(_ row: ModelRow, _ task: String, _ split: Split, _ metric: String) -> ScoreRow? {
    scores[Key(model: row.model, seed: row.seed, task: task, split: split, metric: metric)]
  }

  /// A value for each seed that has one, in the order of the seeds; NaN and infinity count as missing.
  package func values(
    of candidate: Candidate, _ task: String, _ split: Split, _ metric: String
  ) -> [(seed: Int?, value: Double)] {
    candidate.rows.compactMap { row in
      guard let value = score(row, task, split, metric)?.value, value.isFinite else { return nil }
      return (row.seed, value)
    }
  }

  /// The mean over seeds.
  package func estimate(_ candidate: Candidate, _ task: String, _ split: Split, _ metric: String) -> Estimate?
  {
    Estimate(values(of: candidate, task, split, metric).map(\.value))
  }

  /// The values of the seeds that both have; a reference without seeds, as a base that all share, is the same for all of
  /// them.
  package func pairs(
    of candidate: Candidate, with reference: Candidate, _ task: String, _ split: Split, _ metric: String
  ) -> [(seed: Int?, value: Double, reference: Double)] {
    let known = values(of: reference, task, split, metric)
    return values(of: candidate, task, split, metric).compactMap { seed, value in
      let partner = known.first { $0.seed == seed } ?? known.first { $0.seed == nil }
      return partner.map { (seed, value, $0.value) }
    }
  }

  /// Items of a task's test split, the same for every model.
  package func items(_ task: TaskColumn, _ metric: MetricColumn) -> Int? {
    candidates.lazy.flatMap(\.rows).compactMap { score($0, task.name, .test, metric.name)?.n }.first
  }

  /// Items of the test splits of some tasks together; nil where one was not tested.
  package func items(of tasks: [TaskColumn]) -> Int? {
    let counts = tasks.compactMap { task in task.decidingMetric.flatMap { items(task, $0) } }
    return counts.count == tasks.count && !counts.isEmpty ? counts.reduce(0, +) : nil
  }

  /// Seeds of a model that have a test score on all of some tasks.
  package func completeSeeds(of model: Candidate, over tasks: [TaskColumn]) -> Int {
    let known = tasks.map { task -> Set<Int?> in
      Set(task.decidingMetric.map { values(of: model, task.name, .test, $0.name).map(\.seed) } ?? [])
    }
    return tasks.isEmpty ? 0 : model.rows.filter { row in known.allSatisfy { $0.contains(row.seed) } }.count
  }

  /// What a candidate gains over a reference on the test split, mean over equal seeds; positive is better.
  package func gain(
    of candidate: Candidate, over reference: Candidate, _ task: TaskColumn, _ metric: MetricColumn
  ) -> Double? {
    let pairs = pairs(of: candidate, with: reference, task.name, .test, metric.name)
    return Estimate(pairs.map { metric.merit($0.value - $0.reference) })?.mean
  }

  /// The single of a task at the same settings, or the only one there is.
  package func single(of task: String, settings: String) -> Candidate? {
    reference(among: candidates(of: .single).filter { $0.tasks == [task] }, settings: settings)
  }

  /// The base at the same settings, or the only one there is.
  package func base(settings: String) -> Candidate? {
    reference(among: candidates(of: .base), settings: EvaluationSettings.part(of: settings))
  }

  /// Of several models the one at the same settings, or the only one there is; not that of another budget.
  func reference(among candidates: [Candidate], settings: String) -> Candidate? {
    candidates.first { $0.settings == settings }
      ?? (candidates.count == 1 && candidates[0].arm.isEmpty ? candidates[0] : nil)
  }
}
