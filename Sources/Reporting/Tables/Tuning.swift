internal import Results
internal import Specs
internal import Statistics

extension ReportTable {
  /// What the seeds of `tune` tried.
  static let tuning = ReportTable(
    name: "tuning", question: "What was tried for every model, and what did validation choose?"
  ) { evidence in
    Table(
      evidence.tuningRows,
      [
        .text("model", "The model's name.") { $0.entry.model },
        .text("kind", "single, cocktail or merge: of singles at their chosen points.") {
          $0.entry.kind.rawValue
        },
        .text("tasks", "The tasks that it learned from, joined by +.") {
          $0.entry.tasks.joined(separator: "+")
        },
        .text("settings", "The point that was tried; empty for merges, and where the models alone were.") {
          $0.entry.tuned
        },
        .text("task", "The task; empty for what the point is chosen by.") { $0.task },
        .text("metric", "Its first metric; empty for what the point is chosen by.") { $0.metric },
        .integer("seeds", "Seeds of `tune` behind the value.") { $0.seeds },
        .number(
          "validation", unit: "metric",
          "Mean over these seeds on validation. What the point is chosen by: its mean over the model's own tasks, or, where a "
            + "metric has a scale of its own, of how many of the model's points are worse; empty where a seed failed. Merges are chosen by "
            + "what they recover, which stands in no row."
        ) { $0.value },
        .flag(
          "distinct",
          "Whether no earlier point of the model is the same training, as of a single any way to draw."
        ) {
          $0.isDistinct
        },
        .flag("chosen", "Whether the point was chosen for the model, or the merge for its grid.") {
          $0.isChosen
        },
      ])
  }

  /// What as many tries are worth.
  static let expectedBest = ReportTable(
    name: "expected_best",
    question: "What is the best of so many tries worth, for a single and for a cocktail?"
  ) { evidence in
    Table(
      evidence.expectedBestRows,
      [
        .text("task", "The task.") { $0.task },
        .text("metric", "Its first metric.") { $0.metric },
        .text(
          "kind", "single, or cocktail: those of two and more tasks that hold the task, each at each point."
        ) { $0.kind },
        .integer("tried", "How many were tried.") { $0.tried },
        .integer("k", "How many of them, drawn without repetition, the best is taken of.") { $0.k },
        .number(
          "expected", unit: "metric",
          "The expected validation value of the best of k, as Tang et al. 2020 estimate it."
        ) { $0.expected },
      ])
  }
}

/// One try on one task; on what its point is chosen by where `task` is empty.
package struct TuningRow {
  package var entry: Try
  package var task: String
  package var metric: String
  package var seeds: Int
  package var value: Double?
  package var isDistinct: Bool
  package var isChosen: Bool
}

/// The expected best of k tries.
package struct ExpectedBestRow {
  package var task: String
  package var metric: String
  package var kind: String
  package var tried: Int
  package var k: Int
  package var expected: Double
}

extension Evidence {
  /// By model and point, each first with what it is chosen by.
  package var tuningRows: [TuningRow] {
    guard let tries else { return [] }
    let merges = Set(candidates(of: .merge).map(\.plain))
    return (tries.tries + tries.merges).flatMap { entry -> [TuningRow] in
      let isChosen =
        entry.kind == .merge
        ? merges.contains(entry.model) : tries.best(of: entry.model)?.tuned == entry.tuned
      let scores = tasks.compactMap { task -> TuningRow? in
        guard let metric = task.decidingMetric, let score = tries.score(entry, task) else { return nil }
        return TuningRow(
          entry: entry, task: task.name, metric: metric.name, seeds: score.count, value: score.mean,
          isDistinct: tries.isDistinct(entry), isChosen: isChosen)
      }
      if entry.kind == .merge { return scores }
      let seeds = scores.filter { entry.tasks.contains($0.task) }.map(\.seeds).min() ?? 0
      return [
        TuningRow(
          entry: entry, task: "", metric: "", seeds: seeds, value: tries.chosenBy(entry),
          isDistinct: tries.isDistinct(entry), isChosen: isChosen)
      ] + scores
    }
  }

  /// By task, kind and k.
  package var expectedBestRows: [ExpectedBestRow] {
    guard let tries else { return [] }
    return tasks.flatMap { task -> [ExpectedBestRow] in
      guard let metric = task.decidingMetric else { return [] }
      return [ModelKind.single, .cocktail].flatMap { kind -> [ExpectedBestRow] in
        let own = tries.tries.filter {
          $0.kind == kind && $0.tasks.contains(task.name) && tries.isDistinct($0) && tries.chosenBy($0) != nil
        }
        let values = own.compactMap { tries.score($0, task)?.mean }.map(metric.merit)
        return values.indices.compactMap { index in
          ExpectedBest.withoutRepetition(values, of: index + 1).map {
            ExpectedBestRow(
              task: task.name, metric: metric.name, kind: kind.rawValue, tried: values.count, k: index + 1,
              expected: metric.merit($0))
          }
        }
      }
    }
  }
}
