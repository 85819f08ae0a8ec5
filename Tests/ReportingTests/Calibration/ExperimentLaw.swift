import Basics
import Foundation
import Reporting
import Results
import Specs
import Statistics

/// A whole simulated experiment, which the report reads as it reads a real one: base, singles, a cocktail of all and a merge
/// of the singles, on validation and test.
struct ExperimentLaw: Sendable {
  var name: String
  var seeds = 4
  var items = [200, 400, 400, 800]
  var validationItems = 200
  /// What each task's single is above the base, in accuracy.
  var gain = 0.15
  /// Of that gain the part that the cocktail has; the merge has half of it.
  var share = 0.7
  static let baseAccuracy = 0.5

  /// A drawn experiment with its items.
  struct Drawn: ItemScoreSource {
    var results: ResultSet
    var scores: [String: [Double]]

    func labels(_ row: ScoreRow) -> LabelCounts? { nil }

    func items(_ row: ScoreRow) -> ItemScores? {
      scores[row.job].map { ItemScores(pseudoScores: $0, answers: $0, floor: 0.4) }
    }
  }

  /// True shares by role.
  var cocktail: Double { share }
  var merge: Double { share / 2 }

  /// Items share an effect between all models, models of one recipe another one, and seeds have one of their own.
  func draw(_ source: inout Normals) -> Drawn {
    let tasks = items.indices.map {
      TaskColumn(
        name: "t\($0)", kind: TaskKind("classification"),
        metrics: [MetricColumn(name: "accuracy", higherIsBetter: true)])
    }
    var models: [ModelRow] = []
    var drawn = Drawn(
      results: ResultSet(experiment: "drawn", tasks: tasks, models: [], scores: []), scores: [:])
    func add(_ model: String, _ kind: ModelKind, _ learned: [String], _ seed: Int?) {
      models.append(
        ModelRow(
          model: model, kind: kind, recipe: model, settings: "", tasks: learned, seed: seed, steps: 1,
          examples: 1,
          tokens: 1, bytes: 4, job: ""))
    }
    add("base", .base, [], nil)
    for task in tasks { for seed in 0..<seeds { add("single:\(task.name)", .single, [task.name], seed) } }
    for seed in 0..<seeds { add("cocktail:all", .cocktail, tasks.map(\.name), seed) }
    for seed in 0..<seeds { add("merge:linear", .merge, tasks.map(\.name), seed) }
    let effects = items.map { _ in (0..<seeds).map { _ in source.next() } }
    let common = (0..<seeds).map { _ in source.next() }
    for (index, task) in tasks.enumerated() {
      // What a seed of the cocktail or the single is above its recipe: two points of accuracy.
      let own = (0..<seeds).map { _ in source.next() }
      for (split, count) in [(Split.validation, validationItems), (.test, items[index])] {
        let hard = (0..<count).map { _ in source.stream.uniform() }
        let turns = (0..<3).map { _ in (0..<count).map { _ in source.stream.uniform() } }
        for model in models where model.kind != .single || model.tasks == [task.name] {
          let seed = model.seed ?? 0
          let (part, turn, deviation): (Double, Int, Double) =
            switch model.kind {
            case .base, .floor: (0, 0, 0)
            case .single: (1, 1, effects[index][seed])
            case .cocktail: (cocktail, 2, (common[seed] + own[seed]) / 2.0.squareRoot())
            // Made of the single: its seed in it.
            case .merge: (merge, 1, effects[index][seed])
            }
          let p = Self.baseAccuracy + gain * part + 0.02 * deviation
          let right = (0..<count).map { item -> Double in
            // An item is right where its difficulty, partly the recipe's and partly the seed's own, lies below p.
            let x = source.stream.uniform()
            let y = x < 0.1 ? source.stream.uniform() : x < 0.3 ? turns[turn][item] : hard[item]
            return y < p ? 1 : 0
          }
          let job = "\(model.model) \(seed) \(task.name) \(split.rawValue)"
          drawn.scores[job] = right
          drawn.results.scores.append(
            ScoreRow(
              model: model.model, seed: model.seed, task: task.name, split: split, metric: "accuracy",
              value: Estimate.mean(right), n: count, job: job))
        }
      }
    }
    drawn.results.models = models
    return drawn
  }
}

/// What the report says of drawn experiments.
struct ExperimentTally: Sendable {
  var experiments = 0
  /// Tasks, those that are learned, and those that are measured.
  var tasks = 0
  var learned = 0
  var measured = 0
  /// Shares of tasks with intervals, and those that hold the truth.
  var shares = 0
  var covered = 0
  /// Means over tasks.
  var means = 0
  var meansCovered = 0
  /// Half widths over 1.96 deviations.
  var width = 0.0
  /// Experiments with a verdict on a task that is not learned.
  var judgedUnlearned = 0

  mutating func add(_ law: ExperimentLaw, _ drawn: ExperimentLaw.Drawn) throws {
    let evidence = try Evidence.judged(drawn.results, items: drawn)
    experiments += 1
    tasks += law.items.count
    let unlearned = Set(evidence.register.contrasts.filter { $0.note == "not learned" }.map(\.task))
    learned += law.items.count - unlearned.count
    measured += evidence.scale.tasks(at: "").count
    if evidence.register.contrasts.contains(where: { $0.outcome != nil && unlearned.contains($0.task) }) {
      judgedUnlearned += 1
    }
    for (model, truth) in [("cocktail:all", law.cocktail), ("merge:linear", law.merge)] {
      guard let row = evidence.register.recovered[model] else { continue }
      for share in row.byTask.values {
        guard let interval = share.interval else { continue }
        shares += 1
        if interval.contains(truth) { covered += 1 }
      }
      if let interval = row.all?.interval {
        means += 1
        if interval.contains(truth) { meansCovered += 1 }
      }
    }
  }
}
