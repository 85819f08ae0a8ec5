import Basics
import Reporting
import Results
import Specs

/// Items behind the scores of `Sample`: what all models share of a text, and noise of their own around the score.
struct SampleItems: ItemScoreSource {
  private let rows: [String: ScoreRow]

  init(_ results: ResultSet = Sample.results) {
    rows = Dictionary(results.scores.map { ($0.job + $0.metric, $0) }) { first, _ in first }
  }

  func items(_ score: ScoreRow) -> ItemScores? {
    guard let row = rows[score.job + score.metric] else { return nil }
    var shared = RandomStream(seed: 0, row.task, row.split.rawValue, row.metric)
    var own = RandomStream(seed: 0, row.job, row.metric)
    let noise = (0..<row.n).map { _ in 0.2 * shared.normal() + 0.1 * own.normal() }
    let center = noise.reduce(0, +) / Double(row.n)
    let scores = noise.map { row.value + $0 - center }
    return ItemScores(pseudoScores: scores, answers: scores)
  }
}

extension SampleItems {
  /// Three labels, of which a better model takes fewer for the next one.
  func labels(_ row: ScoreRow) -> LabelCounts? {
    guard row.task != "fiqa", row.value.isFinite else { return nil }
    let counts = [600, 300, 70].enumerated().map { target, wanted in
      let right = Int(Double(wanted) * max(0, min(1, row.value)))
      return (0..<3).map { $0 == target ? right : $0 == (target + 1) % 3 ? wanted - right : 0 }
    }
    return LabelCounts(labels: ["neutral", "positive", "=negative"], counts: counts)
  }
}

extension Sample {
  /// The evidence of some results with its register.
  static func judged(_ results: ResultSet = Sample.results) throws -> Evidence {
    try Evidence.judged(results, items: SampleItems(results))
  }
}
