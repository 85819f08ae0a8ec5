internal import Results
internal import Statistics

extension ReportTable {
  /// How trainings went.
  static let curves = ReportTable(name: "curves", question: "How did every training go?") { evidence in
    let order = Dictionary(
      evidence.candidates.flatMap(\.rows).enumerated().map { ([$1.model, "\($1.seed ?? -1)"], $0) }
    ) { first, _ in first }
    let rows = evidence.results.curves.sorted { left, right in
      func place(_ row: CurveRow) -> Int { order[[row.model, "\(row.seed)"]] ?? order.count }
      return (place(left), left.step) < (place(right), right.step)
    }
    return Table(
      rows,
      [
        .text("model", "The trained model.") { $0.model },
        .integer("seed", "The seed.") { $0.seed },
        .integer("step", "The last step of a stretch: a training has twenty at most.") { $0.step },
        .number("loss", "Mean training loss over the stretch.") { $0.loss },
        .number("validation", "The last score on validation in it; empty where training did not look.") {
          $0.validation
        },
      ])
  }
}

/// The curve of a model over its seeds.
package struct CurveSummary {
  package var model: Candidate
  package var steps: Int
  /// Mean loss over the first tenth, the middle tenth and the last tenth of the steps.
  package var losses: [Double]
  /// By how much of itself the loss fell over the last fifth.
  package var lastFall: Double
}

extension Evidence {
  /// Trained models with curves of at least ten stretches, in the manifest's order.
  package var curves: [CurveSummary] {
    let all = Dictionary(grouping: results.curves, by: \.model)
    return candidates(of: .single, .cocktail).compactMap { model in
      let seeds = Dictionary(grouping: all[model.model] ?? [], by: \.seed).values
        .map { $0.sorted { $0.step < $1.step } }.filter { $0.count >= 10 }
      guard let count = seeds.map(\.count).min() else { return nil }
      func mean(_ places: Range<Int>) -> Double {
        Estimate.mean(places.map { place in Estimate.mean(seeds.map { $0[place].loss }.sorted()) })
      }
      let tenth = count / 10
      let middle = (count - tenth) / 2
      let last = mean(count - tenth..<count)
      let before = mean(count - 2 * tenth..<count - tenth)
      return CurveSummary(
        model: model, steps: seeds.compactMap(\.last?.step).max() ?? 0,
        losses: [mean(0..<tenth), mean(middle..<middle + tenth), last],
        lastFall: before > 0 ? 1 - last / before : 0)
    }
  }
}
