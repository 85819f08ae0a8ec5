package import Results
internal import Specs
package import Statistics

extension ReportTable {
  /// What training on some tasks does to another one.
  static let transfer = ReportTable(
    name: "transfer", question: "What does training on some tasks bring to another one?"
  ) { evidence in
    Table(evidence.transfers, transferFields)
  }

  private static let transferFields: [Field<TransferRow>] = [
    .text("model", "The trained model.") { $0.candidate.model },
    .text("kind", "single or cocktail.") { $0.candidate.kind.rawValue },
    .text("settings", "The grid point; empty where the manifest has no grid.") { $0.candidate.settings },
    .text("trained_on", "The tasks that it learned from, joined by +.") { $0.candidate.taskList },
    .text("evaluated_on", "The task it was evaluated on.") { $0.task.name },
    .flag("seen", "Whether it learned from that task.") { $0.seen },
    .text("metric", "The task's first metric.") { $0.metric.name },
    .flag("higher_is_better", "Whether larger values of the metric are better.") { $0.metric.higherIsBetter },
    .integer("seeds", "Seeds with a test value.") { $0.score.count },
    .number("value", unit: "metric", "Mean over seeds on the test split.") { $0.score.mean },
    .number("value_ci", unit: "metric", "Half the width of its 95 % interval; empty for one seed.") {
      $0.score.halfWidth
    },
    .number("gain_over_base", unit: "metric", "Mean gain over the base; positive is better.") { $0.overBase },
    .number(
      "gain_over_single", unit: "metric",
      "Gain over the task's single at the same settings (contrasts.csv); positive is better; empty for that single."
    ) { $0.overSingle?.estimate },
    .number("gain_over_single_low", unit: "metric", "Lower end of that gain's 95 % interval.") {
      $0.overSingle?.interval?.lowerBound
    },
    .number("gain_over_single_high", unit: "metric", "Its upper end.") {
      $0.overSingle?.interval?.upperBound
    },
  ]
}

/// A trained model on a task.
package struct TransferRow {
  package var candidate: Candidate
  package var task: TaskColumn
  package var metric: MetricColumn
  package var score: Estimate
  package var overBase: Double?
  /// As the register has it; without a verdict, as nothing is asked here.
  package var overSingle: Contrast?

  package var seen: Bool { candidate.tasks.contains(task.name) }
}

extension Evidence {
  /// Singles and cocktails on every task that they were evaluated on, by the task's first metric.
  package var transfers: [TransferRow] {
    let shown = register.contrasts.filter { $0.question == "model" && !$0.task.isEmpty }
    let contrasts = Dictionary(
      shown.map { ([$0.subject, $0.task], $0) }, uniquingKeysWith: { first, _ in first })
    return candidates(of: .single, .cocktail).flatMap { candidate in
      tasks.compactMap { task in
        guard let metric = task.decidingMetric,
          let score = estimate(candidate, task.name, .test, metric.name)
        else { return nil }
        return TransferRow(
          candidate: candidate, task: task, metric: metric, score: score,
          overBase: base(settings: candidate.settings).flatMap {
            gain(of: candidate, over: $0, task, metric)
          },
          overSingle: contrasts[[candidate.model, task.name]])
      }
    }
  }
}
