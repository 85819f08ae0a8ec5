import Reporting
import Statistics

/// What came of many simulated families.
struct Tally: Sendable {
  var families = 0
  /// Families with a false win or loss.
  var wrong = 0
  /// Tasks with an interval, and those whose interval holds the truth.
  var tasks = 0
  var covered = 0
  var means = 0
  var meansCovered = 0
  /// Families with intervals all of which hold.
  var simultaneous = 0
  var withFamily = 0
  /// Widths and squared errors by task, for the width over the oracle's.
  var widths: [Double] = []
  var squares: [Double] = []
  var counts: [Int] = []
  /// Verdicts given: by truth's sign (loss, none, win) and outcome.
  var outcomes: [String: Int] = [:]
  mutating func add(_ family: DrawnFamily, _ rows: [Contrast]) {
    families += 1
    let hasMean = rows.first?.task == ""
    let tasks = Array(rows.dropFirst(hasMean ? 1 : 0))
    if widths.isEmpty {
      widths = tasks.map { _ in 0 }
      squares = widths
      counts = tasks.map { _ in 0 }
    }
    let mean = Estimate.mean(family.truth)
    var isWrong = false
    var holds = true
    var isTested = false
    let truths = (hasMean ? [mean] : []) + family.truth
    for (row, truth) in zip(rows, truths) {
      let truth = abs(truth) < 1e-9 ? 0 : truth
      if let outcome = row.outcome {
        outcomes["\(truth > 0 ? "win" : truth < 0 ? "loss" : "none")/\(outcome.rawValue)", default: 0] += 1
        if outcome == .win && truth <= 0 || outcome == .loss && truth >= 0 { isWrong = true }
      }
      if let interval = row.familyInterval {
        isTested = true
        // An end at zero is open: the claim is "beyond zero".
        if !interval.contains(truth) || truth == 0 && (interval.lowerBound == 0 || interval.upperBound == 0) {
          holds = false
        }
      }
      guard let interval = row.interval else { continue }
      if row.task.isEmpty {
        means += 1
        if interval.contains(truth) { meansCovered += 1 }
      }
    }
    for (index, (row, truth)) in zip(tasks, family.truth).enumerated() {
      guard let interval = row.interval else { continue }
      squares[index] += (row.estimate - truth) * (row.estimate - truth)
      self.tasks += 1
      counts[index] += 1
      if interval.contains(truth) { covered += 1 }
      // From the upper end: what was chosen has no lower one.
      widths[index] += interval.upperBound - row.estimate
    }
    if isWrong { wrong += 1 }
    if isTested {
      withFamily += 1
      if holds { simultaneous += 1 }
    }
  }

  /// Mean half width over 1.96 times the root mean square error, mean over tasks.
  var width: Double {
    let ratios = widths.indices.compactMap { index -> Double? in
      guard counts[index] > 0 else { return nil }
      let error = (squares[index] / Double(counts[index])).squareRoot()
      return widths[index] / Double(counts[index]) / (1.959964 * error)
    }
    return ratios.isEmpty ? .nan : Estimate.mean(ratios)
  }
}
