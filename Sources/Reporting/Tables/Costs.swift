package import Results
internal import Specs

extension ReportTable {
  /// What every job cost; the one file that differs between two runs of the same manifest.
  static let costs = ReportTable(
    name: "costs", question: "What did every job cost?", isOfMachine: true
  ) { evidence in
    Table(evidence.costs, costFields)
  }

  private static let costFields: [Field<CostRow>] = [
    .text("job", "The job's id.") { $0.job },
    .text("kind", "pretrain, train, statistics, merge, tune or predict.") { $0.kind },
    .text("label", "The job in words.") { $0.label },
    .number("cpu_seconds", unit: "seconds", "Processor time over all threads.") { $0.cost.cpuSeconds },
    .number(
      "arithmetic_seconds", unit: "seconds",
      "Processor time inside training, measuring, merging or predicting; the rest reads, tokenises and writes."
    ) { $0.cost.arithmeticSeconds },
    .number("wall_seconds", unit: "seconds", "Time from start to end.") { $0.cost.wallSeconds },
    .number("peak_rss_mb", unit: "megabytes", "Largest resident memory of the worker while it ran.") {
      $0.cost.peakResidentMegabytes
    },
    .number(
      "predicted_seconds", unit: "seconds",
      "What was expected when the job was handed out, from the jobs done until then; empty without one."
    ) { $0.predictedSeconds },
    .text("worker", "The worker process that ran it.") { $0.cost.worker },
    .text("machine", "The machine that it ran on.") { $0.cost.machine },
  ]
}

extension Evidence {
  /// The costs in the order of the work: what no model names (pretraining) first, then models, then
  /// evaluations.
  package var costs: [CostRow] {
    var positions: [String: Int] = [:]
    for job in candidates.flatMap(\.rows).map(\.job) + runs.map(\.score.job) where positions[job] == nil {
      positions[job] = positions.count
    }
    return results.costs.sorted { left, right in
      let places = (positions[left.job] ?? -1, positions[right.job] ?? -1)
      if places.0 != places.1 { return places.0 < places.1 }
      return [left.kind, left.label, left.job].lexicographicallyPrecedes([right.kind, right.label, right.job])
    }
  }
}
