import Basics
import Foundation
import Reporting
import Statistics
import TestSupport

/// Seeds of one recipe dealt into two names: no difference is real.
///
/// Reads what `mixology run Tests/Calibration/same-recipe.yaml` left, which `make calibrate` runs first.
enum RealTrainings {
  /// Right answers by task, seed and item; nil where the trainings were not run.
  static func answers() throws -> [String: [[Double]]]? {
    let folder = Reference.package.appendingPathComponent("Results/same-recipe/predictions")
    guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
    var answers: [String: [[Double]]] = [:]
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    for name in names where name.hasPrefix("single_") {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      let own = name.dropFirst("single_".count).prefix { $0 != "." }
      var right: [Double] = []
      for line in text.split(separator: "\n")
      where line.contains("\"task\":\"\(own)\"") && line.contains("\"split\":\"test\"") {
        right.append(line.contains("\"correct\":true") ? 1 : 0)
      }
      answers[String(own), default: []].append(right)
    }
    return answers
  }

  /// Deals of so many seeds a side with a false verdict of the mean or a task, with a false verdict on a task alone at
  /// 95 %, and all of the tasks' intervals.
  struct Tally: Sendable {
    var deals = 0
    var wrong = 0
    var tasks = 0
    var covered = 0
  }

  static func tally(_ answers: [String: [[Double]]], seeds: Int, deals: Int) -> Tally {
    var tally = Tally()
    var stream = RandomStream(seed: 0, "deals", "\(seeds)")
    for _ in 0..<deals {
      let cells = answers.keys.sorted().map { task -> ContrastPlan.Cell in
        let rows = answers[task] ?? []
        let order = stream.permutation(rows.count)
        func side(_ places: ArraySlice<Int>) -> SeedScores {
          let own = places.map { rows[$0] }
          return SeedScores(seeds: own.indices.map { $0 }, values: own.map(Estimate.mean), items: own)
        }
        return ContrastPlan.Cell(
          task: task, metric: "accuracy", first: .init("one", "one:\(task)"),
          second: .init("other", "other:\(task)"), firstScores: side(order[..<seeds]),
          secondScores: side(order[seeds..<2 * seeds]))
      }
      let rows = ContrastPlan(question: "same", cells: cells).contrasts(ContrastSettings())
      tally.deals += 1
      if rows.contains(where: { $0.outcome == .win || $0.outcome == .loss }) { tally.wrong += 1 }
      for row in rows where !row.task.isEmpty {
        guard let interval = row.interval else { continue }
        tally.tasks += 1
        if interval.contains(0) { tally.covered += 1 }
      }
    }
    return tally
  }
}
