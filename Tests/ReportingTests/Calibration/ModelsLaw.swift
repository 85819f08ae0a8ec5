import Basics
import Foundation
import Reporting
import Statistics

/// Several equal models against one cocktail of all: the family of `one_model`.
struct ModelsLaw: Sendable {
  var name: String
  var seeds = 4
  var models = 12
  var items = [200, 400, 400, 800]
  /// Seed deviations are 0.02·√(d₀/χ²_{d₀}) for each model; nil for 0.02 everywhere.
  var spread: Int? = 5
  var sharing = 0.5

  /// Families with a false win or loss, and means whose interval holds zero.
  struct Tally: Sendable {
    var families = 0
    var wrong = 0
    var means = 0
    var covered = 0
  }

  func tally(_ law: AnswerLaw, draws: Int) -> Tally {
    var tally = Tally()
    var source = Normals(RandomStream(seed: 0, "models", name, "\(seeds)"))
    for _ in 0..<draws {
      let rows = ContrastPlan.contrasts(ofMeans: plans(law, &source), ContrastSettings())
      tally.families += 1
      if rows.contains(where: { $0.outcome == .win || $0.outcome == .loss }) { tally.wrong += 1 }
      for row in rows {
        guard let interval = row.interval else { continue }
        tally.means += 1
        if interval.contains(0) { tally.covered += 1 }
      }
    }
    return tally
  }

  private func plans(_ law: AnswerLaw, _ source: inout Normals) -> [ContrastPlan] {
    let shared = items.map { count in
      (0..<count).map { _ in law.tau * 0.9.squareRoot() * source.next() }
    }
    let all = model(law, shared, &source)
    return (0..<models).map { index in
      let own = model(law, shared, &source)
      return ContrastPlan(
        question: name, subject: "m\(index)",
        cells: items.indices.map { task in
          ContrastPlan.Cell(
            task: "t\(task)", metric: "accuracy", first: .init("merge", "m\(index)"),
            second: .init("all_cocktail", "all"), firstScores: own[task], secondScores: all[task])
        })
    }
  }

  private func model(_ law: AnswerLaw, _ shared: [[Double]], _ source: inout Normals) -> [SeedScores] {
    let deviation = spread.map { (Double($0) / source.chiSquared($0)).squareRoot() } ?? 1
    let common = (0..<seeds).map { _ in source.next() }
    return shared.map { items in
      let effects = common.map {
        law.seedScale * deviation * (sharing.squareRoot() * $0 + (1 - sharing).squareRoot() * source.next())
      }
      var rows = effects.map { _ in [Double](repeating: 0, count: items.count) }
      for (item, effect) in items.enumerated() {
        let x = law.mu + effect + law.tau * 0.1.squareRoot() * source.next()
        for seed in effects.indices {
          rows[seed][item] = source.stream.uniform() * (1 + exp(-x - effects[seed])) < 1 ? 1 : 0
        }
      }
      return SeedScores(seeds: rows.indices.map { $0 }, values: rows.map(Estimate.mean), items: rows)
    }
  }
}
