internal import Basics
package import Results
internal import Specs

extension ReportTable {
  /// Every score there is, in long form: what tables of scores are made from.
  static let runs = ReportTable(name: "runs", question: "What did every model score?") { evidence in
    Table(evidence.runs, runFields)
  }

  private static let runFields: [Field<Run>] = [
    .text("model", "The model's name, the same for all seeds.") { $0.model.model },
    .text("kind", "How it came to be: base, floor, single, cocktail or merge.") { $0.model.kind.rawValue },
    .text("recipe", "What was trained or merged.") { $0.model.recipe },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.model.settings },
    .text("arm", "The budget under which it was trained; empty where there is one.") { $0.model.arm },
    .text(
      "tuned",
      "The settings that validation chose for it on the seeds of `tune` (tuning.csv); empty where nothing was tried."
    ) { $0.model.tuned },
    .integer("seed", "The seed; empty for a base and floors that all seeds share.") { $0.model.seed },
    .text("task", "The task it was evaluated on.") { $0.score.task },
    .text("split", "The part of the data: validation or test.") { $0.score.split.rawValue },
    .text("metric", "The metric's name.") { $0.score.metric },
    .text("by", Column.groups) { $0.by },
    .number("value", unit: "metric", "The metric's value; empty where it is not a finite number.") {
      $0.score.value
    },
    .integer("n", unit: "examples", "Examples behind the value.") { $0.score.n },
    .integer(
      "steps",
      "Optimiser steps behind the model, from the base on; for a merge the sum over its inputs, for a base that was "
        + "pretrained here those of its pretraining."
    ) {
      $0.model.steps
    },
    .integer(
      "examples", "Training examples drawn, repeats counted; summed and told for the base as steps are."
    ) {
      $0.model.examples
    },
    .integer(
      "tokens", "Training tokens drawn, padding not counted; summed and told for the base as steps are."
    ) {
      $0.model.tokens
    },
    .number(
      "flops", unit: "flops",
      "Operations in matrix products of these trainings: what a plan counts for a token of the mixture, from the outline of "
        + "the model and the lengths of the texts, times the tokens drawn; a merge's own are not among them."
    ) { $0.model.flops },
    .text(
      "precision",
      "What products with frozen weights read in the trainings behind the model: float32 or bfloat16; empty for a base "
        + "from a folder."
    ) { $0.model.precision?.rawValue ?? "" },
    .text("evaluation_precision", "What they read in the evaluation.") { $0.score.precision.rawValue },
    .text("job", "The evaluation job; its cost is in costs.csv.") { $0.score.job },
    .text(
      "model_job",
      "The job that made the model, for a base the one that pretrained it; empty for a base from a folder."
    ) { $0.model.job },
  ]
}

/// A score and the model it belongs to.
package struct Run {
  package var model: ModelRow
  package var score: ScoreRow
  /// The column whose groups the value is a mean over; empty where it is over all rows.
  package var by: String
}

extension Evidence {
  /// All scores by model, seed, task, split and metric, each in the manifest's order.
  package var runs: [Run] {
    // Metrics that a task does not list come after those that it lists, by name.
    var names: [String: [String]] = [:]
    for task in tasks { names[task.name] = task.metrics.map(\.name) }
    for metric in Set(results.scores.map { [$0.task, $0.metric] }).sorted(by: {
      $0.lexicographicallyPrecedes($1)
    })
    where !(names[metric[0], default: []].contains(metric[1])) {
      names[metric[0], default: []].append(metric[1])
    }
    return candidates.flatMap(\.rows).flatMap { model in
      tasks.flatMap { task in
        Split.allCases.flatMap { split in
          names[task.name, default: []].compactMap { metric in
            score(model, task.name, split, metric).map { Run(model: model, score: $0, by: task.by) }
          }
        }
      }
    }
  }
}
