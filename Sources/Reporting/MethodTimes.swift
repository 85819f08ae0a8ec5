public import Results
internal import Specs
internal import Statistics

/// The merge methods with what they took, for people: times are in no table but costs.csv.
public enum MethodTimes {
  /// A Markdown table: every method by the point that validation chose, with its processor seconds.
  ///
  /// - Throws: a `Diagnostic` where rows contradict each other.
  public static func markdown(_ results: ResultSet) throws -> String {
    let evidence = try Evidence(results)
    let seconds = Dictionary(results.costs.map { ($0.job, $0.cost.cpuSeconds) }) { first, _ in first }
    func mean(_ jobs: [String]) -> Double? {
      let known = jobs.compactMap { seconds[$0] }
      return known.isEmpty ? nil : Estimate.mean(known)
    }
    let table = Page(evidence).methodTable
    let times = evidence.methods.map { row in
      let model = row.merge.candidate.model
      let evaluations = results.scores.filter { $0.model == model }.map(\.job)
      return (merging: mean(row.merge.candidate.rows.map(\.job)), evaluation: mean(evaluations))
    }
    let columns = [
      Column("merge s", .text, "Processor seconds of a merge."),
      Column("evaluation s", .text, "Processor seconds of an evaluation."),
    ]
    let rows = zip(table.rows, times).map { row, time in
      row + [time.merging, time.evaluation].map { .text($0.map { NumberText.fixed($0, digits: 2) } ?? "–") }
    }
    return MarkdownFormat.text(of: Table(columns: table.columns + columns, rows: rows))
  }
}
