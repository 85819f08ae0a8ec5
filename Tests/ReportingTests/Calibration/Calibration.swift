import Basics
import Foundation
import Reporting
import Statistics

/// The laws under which the register is calibrated, and their table.
enum Calibration {
  /// Families to draw of each law; nil for the short version.
  static let draws = ProcessInfo.processInfo.environment["MIXOLOGY_CALIBRATE"].flatMap { Int($0) }

  static let answer = AnswerLaw(accuracy: 0.75, disagreement: 0.06, seedDeviation: 0.02)
  static let rare = AnswerLaw(accuracy: 0.75, disagreement: 0.01, seedDeviation: 0.02)

  /// All laws; those that only differ in seeds share a name.
  static func laws(seeds: [Int] = [3, 4, 5, 6, 8, 10]) -> [FamilyLaw] {
    let two = [200, 400]
    return seeds.flatMap { r -> [FamilyLaw] in
      [
        FamilyLaw(name: "recipes", seeds: r),
        FamilyLaw(name: "recipes, 2 tasks", seeds: r, items: two),
        FamilyLaw(name: "recipes, few items differ", seeds: r, disagreement: 0.01),
        FamilyLaw(name: "recipes, macro F1", seeds: r, metric: .macroF1),
        FamilyLaw(name: "recipes, deviations of d₀ 2", seeds: r, spread: 2),
        FamilyLaw(name: "recipes, equal deviations", seeds: r, spread: nil),
        FamilyLaw(name: "recipes, deviations shared", seeds: r, spread: 3, isSpreadShared: true),
        FamilyLaw(name: "recipes, t₃ seeds", seeds: r, isHeavyTailed: true),
        FamilyLaw(name: "recipes, a seed missing", seeds: r + 1, missing: 1),
        FamilyLaw(name: "recipes, half of effects", seeds: r, effects: [0, 0, 0, 0.04, 0.04, 0.04]),
        FamilyLaw(
          name: "one side collapses", seeds: r, collapse: 0.25, collapsing: 0.15, isCollapseOneSided: true),
        FamilyLaw(name: "both collapse", seeds: r, collapse: 0.25, collapsing: 0.15),
        FamilyLaw(name: "made of the other", seeds: r, isPaired: true),
        FamilyLaw(name: "made of the other, ρ 0.7", seeds: r, isPaired: true, pairing: 0.7),
        FamilyLaw(name: "made of the other, 2 tasks", seeds: r, items: two, isPaired: true),
        FamilyLaw(name: "against the base", seeds: r, isAgainstBase: true),
        FamilyLaw(name: "chosen among 9", seeds: r, candidates: 9),
        FamilyLaw(name: "chosen among 80", seeds: r, candidates: 80),
        FamilyLaw(name: "chosen among 545", seeds: r, candidates: 545),
      ]
    }
  }

  /// Draws families and holds the register's rows against the truth.
  static func tally(_ law: FamilyLaw, draws: Int, margin: Double? = nil) -> Tally {
    let answer = law.disagreement < 0.03 ? rare : answer
    let truths = law.items.indices.map { task -> Double in
      if law.effects.isEmpty { return 0 }
      let shift = law.effects[task] * answer.tau / 0.318
      return Quadrature.integral(from: -6, to: 6) { x in
        let u = answer.seedScale * x
        return Normal.density(x) * (answer.accuracy(u + shift) - answer.accuracy(u))
      }
    }
    var tally = Tally()
    var source = Normals(RandomStream(seed: 0, "calibration", law.name, "\(law.seeds)"))
    let settings = ContrastSettings(margin: margin)
    for _ in 0..<draws {
      let family = law.draw(answer, truths, &source)
      tally.add(family, family.plan.contrasts(settings))
    }
    return tally
  }

  /// The page: one line for each law and number of seeds.
  static func table(draws: Int) async -> String {
    let laws = laws()
    let tallies = await withTaskGroup(of: (Int, Tally).self, returning: [Tally].self) { group in
      for (index, law) in laws.enumerated() { group.addTask { (index, tally(law, draws: draws)) } }
      var found: [Int: Tally] = [:]
      for await (index, tally) in group { found[index] = tally }
      return laws.indices.compactMap { found[$0] }
    }
    var text = """
      # Calibration

      What the register's verdicts and intervals are worth, by simulation through the code that makes `contrasts.csv`.
      Written by `make calibrate`: \(draws) families of each law. The standard error of an error rate of 5 % is
      \(percent(0.05 * 0.95, draws)) points.

      Answers are right with logit P = μ + item + item and recipe + seed, at an accuracy of 0.75 where two seeds disagree on
      6 % of the items, and a deviation of 0.02 over seeds, times √(5/χ²₅) for each recipe and task; six tasks of 100 to
      1,600 test items; no true difference unless said. *False*: families with a win or loss that is none, of the mean or
      a task. *Tasks*, *mean*: coverage of the 95 % intervals. *Together*: families all of whose simultaneous intervals
      hold. *Width*: over that of one who knows the variances. *Judged*: families with verdicts. What was chosen on
      validation by the same trainings cannot win, and its intervals have no lower end.
      A comparison with a collapsed seed has neither interval nor verdict.

      | law | seeds | false % | tasks % | mean % | together % | width | judged % |
      |---|---|---|---|---|---|---|---|

      """
    for (law, tally) in zip(laws, tallies) {
      let cells = [
        law.name, "\(law.seeds)", share(tally.wrong, tally.families), share(tally.covered, tally.tasks),
        share(tally.meansCovered, tally.means), share(tally.simultaneous, tally.withFamily),
        tally.width.isFinite ? String(format: "%.2f", tally.width) : "–",
        share(tally.withFamily, tally.families),
      ]
      text += "| " + cells.joined(separator: " | ") + " |\n"
    }
    return text
  }

  private static func share(_ part: Int, _ whole: Int) -> String {
    whole > 0 ? String(format: "%.1f", 100 * Double(part) / Double(whole)) : "–"
  }

  private static func percent(_ variance: Double, _ count: Int) -> String {
    String(format: "%.2f", 100 * (variance / Double(count)).squareRoot())
  }
}
