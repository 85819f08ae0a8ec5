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

  /// The page: tables of what was simulated, and what in them breaks a promise.
  static func page(draws: Int) async throws -> (text: String, problems: [String]) {
    var text = """
      # Calibration

      What the register's verdicts and intervals are worth, by simulation through the code that makes `contrasts.csv` and
      `models.csv`. Written by `make calibrate`: \(draws) families of each law, \(min(draws, 2000)) where something is
      bootstrapped or searched for. The standard error of an error rate of 5 % is \(percent(0.05 * 0.95, draws)) points, of \(min(draws, 2000))
      families \(percent(0.05 * 0.95, min(draws, 2000))).

      Answers are right with logit P = μ + item + item and recipe + seed, at an accuracy of 0.75 where two seeds disagree on
      6 % of the items, and a deviation of 0.02 over seeds, times √(5/χ²₅) for each recipe and task; six tasks of 100 to
      1,600 test items; no true difference unless said.


      """
    var problems: [String] = []
    let parts = [
      await families(draws), await models(draws), await power(min(draws, 2000)),
      try await shares(min(draws, 2000)), try real(),
    ]
    for part in parts {
      text += part.text
      problems += part.problems
    }
    return (text, problems)
  }

  private typealias Part = (text: String, problems: [String])

  /// All values of a function, in their order, made on all cores.
  private static func all<Law: Sendable, Value: Sendable>(
    _ laws: [Law], _ make: @escaping @Sendable (Law) throws -> Value
  ) async rethrows -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self, returning: [Value].self) { group in
      for (index, law) in laws.enumerated() { group.addTask { (index, try make(law)) } }
      var found: [Int: Value] = [:]
      for try await (index, value) in group { found[index] = value }
      return laws.indices.compactMap { found[$0] }
    }
  }

  /// More errors than 5 % and three standard errors.
  private static func isTooOften(_ wrong: Int, _ count: Int) -> Bool {
    Double(wrong) > 0.05 * Double(count) + 3 * (0.05 * 0.95 * Double(count)).squareRoot()
  }

  private static func families(_ draws: Int) async -> Part {
    let laws = laws()
    let tallies = await all(laws) { tally($0, draws: draws) }
    var text = """
      ## Families

      *False*: families with a win or loss that is none, of the mean or
      a task. *Tasks*, *mean*: coverage of the 95 % intervals. *Together*: families all of whose simultaneous intervals
      hold. *Width*: over that of one who knows the variances, as they are on average. *Judged*: families with verdicts. What was
      chosen on validation by the same trainings cannot win, and its intervals have no lower end.
      A comparison with a collapsed seed has neither interval nor verdict.

      | law | seeds | false % | tasks % | mean % | together % | width | judged % |
      |---|---|---|---|---|---|---|---|

      """
    var problems: [String] = []
    for (law, tally) in zip(laws, tallies) {
      let cells = [
        law.name, "\(law.seeds)", share(tally.wrong, tally.families), share(tally.covered, tally.tasks),
        share(tally.meansCovered, tally.means), share(tally.simultaneous, tally.withFamily),
        tally.width.isFinite ? String(format: "%.2f", tally.width) : "–",
        share(tally.withFamily, tally.families),
      ]
      text += "| " + cells.joined(separator: " | ") + " |\n"
      let name = "\(law.name), \(law.seeds) seeds"
      if isTooOften(tally.wrong, tally.families) { problems.append("\(name): \(cells[2]) % false") }
      if Double(tally.covered) < 0.93 * Double(tally.tasks) {
        problems.append("\(name): tasks covered \(cells[3]) %")
      }
      if Double(tally.meansCovered) < 0.93 * Double(tally.means) {
        problems.append("\(name): means covered \(cells[4]) %")
      }
      if law.seeds >= 4, tally.width > 1.3 { problems.append("\(name): width \(cells[6])") }
    }
    return (text + "\n", problems)
  }

  private static func models(_ draws: Int) async -> Part {
    let laws = [3, 4, 5, 6, 8].flatMap { seeds in
      [
        ModelsLaw(name: "12 models", seeds: seeds),
        ModelsLaw(name: "12 models, equal deviations", seeds: seeds, spread: nil),
        ModelsLaw(name: "40 models, 2 tasks", seeds: seeds, models: 40, items: [200, 400]),
      ]
    }
    let tallies = await all(laws) { $0.tally(answer, draws: draws / ($0.models > 12 ? 2 : 1)) }
    var text = """
      ## Several models against one

      The family of `one_model`: equal models, each serving all tasks, against the cocktail of all. *Means*: coverage of their 95 %
      intervals.

      | law | seeds | families | false % | means % |
      |---|---|---|---|---|

      """
    var problems: [String] = []
    for (law, tally) in zip(laws, tallies) {
      text +=
        "| \(law.name) | \(law.seeds) | \(tally.families) | \(share(tally.wrong, tally.families)) | "
        + "\(share(tally.covered, tally.means)) |\n"
      let name = "\(law.name), \(law.seeds) seeds"
      if isTooOften(tally.wrong, tally.families) {
        problems.append("\(name): \(share(tally.wrong, tally.families)) % false")
      }
      if Double(tally.covered) < 0.93 * Double(tally.means) {
        problems.append("\(name): means covered \(share(tally.covered, tally.means)) %")
      }
    }
    return (text + "\n", problems)
  }

  private static func power(_ draws: Int) async -> Part {
    let laws = [4, 5, 8].flatMap { seeds in
      [PowerLaw(seeds: seeds, task: nil), PowerLaw(seeds: seeds, task: 1), PowerLaw(seeds: seeds, task: 3)]
    }
    let found = await all(laws) { $0.found(answer, draws: draws) }
    var text = """
      ## Detectable differences

      How often a true difference as large as the column `detectable` says on average (for 80 % power) is found: of one task out
      of four (200, 400, 400 and 800 items, equal deviations), no other differing, or of all four by their mean.

      | what differs | seeds | detectable | found % |
      |---|---|---|---|

      """
    var problems: [String] = []
    for (law, result) in zip(laws, found) {
      let what = law.task.map { "task of \(law.items[$0]) items" } ?? "all, by the mean"
      text +=
        "| \(what) | \(law.seeds) | \(String(format: "%.3f", result.detectable)) | \(share(result.found, draws)) |\n"
      if Double(result.found) < 0.75 * Double(draws) {
        problems.append("\(what), \(law.seeds) seeds: found \(share(result.found, draws)) %")
      }
    }
    return (text + "\n", problems)
  }

  private static func shares(_ draws: Int) async throws -> Part {
    let laws = [0, 0.03, 0.06, 0.12, 0.24].flatMap { gain in
      [3, 4, 5, 8].map { seeds in ExperimentLaw(name: "gain \(gain)", seeds: seeds, gain: gain) }
    }
    let tallies = try await all(laws) { law in
      var tally = ExperimentTally()
      var source = Normals(RandomStream(seed: 0, "experiments", law.name, "\(law.seeds)"))
      for _ in 0..<(law.gain < 0.1 ? draws : draws / 2) { try tally.add(law, law.draw(&source)) }
      return tally
    }
    var text = """
      ## Shares of the singles' gains

      Whole experiments through the report: four tasks of 200 to 800 test and 200 validation items, a cocktail that has 0.7 and a merge
      that has 0.35 of what the singles gain over the base. *Learned*: tasks whose single is held to be better than the base;
      *measured*: at least four standard errors better on validation, so that shares are told. *Shares*, *means*: coverage of the
      95 % intervals of a task (Fieller) and of a mean over tasks (bootstrap).

      | gain of the singles | seeds | experiments | learned % | measured % | shares told | shares % | means % |
      |---|---|---|---|---|---|---|---|

      """
    var problems: [String] = []
    for (law, tally) in zip(laws, tallies) {
      text +=
        "| \(law.gain) | \(law.seeds) | \(tally.experiments) | \(share(tally.learned, tally.tasks)) | "
        + "\(share(tally.measured, tally.tasks)) | \(tally.shares) | \(share(tally.covered, tally.shares)) | "
        + "\(share(tally.meansCovered, tally.means)) |\n"
      let name = "gain \(law.gain), \(law.seeds) seeds"
      if law.gain == 0, isTooOften(tally.learned, tally.tasks) {
        problems.append("\(name): learned \(share(tally.learned, tally.tasks)) %")
      }
      if tally.judgedUnlearned > 0 { problems.append("\(name): verdicts on tasks that are not learned") }
      // A few hundred shares say nothing to a point.
      if tally.shares > 1000, Double(tally.covered) < 0.93 * Double(tally.shares) {
        problems.append("\(name): shares covered \(share(tally.covered, tally.shares)) %")
      }
      if tally.means > 1000, Double(tally.meansCovered) < 0.93 * Double(tally.means) {
        problems.append("\(name): means covered \(share(tally.meansCovered, tally.means)) %")
      }
    }
    return (text + "\n", problems)
  }

  private static func real() throws -> Part {
    var text = """
      ## Real trainings

      24 seeds of one recipe for each of three tasks (same-recipe.yaml), dealt a thousand times into two names of so many seeds: every
      verdict is false. Deals share seeds, so the table is rougher than its count says.

      | seeds a side | deals | false % | tasks % |
      |---|---|---|---|

      """
    guard let answers = try RealTrainings.answers() else {
      return (text + "| not run | – | – | – |\n", [])
    }
    var problems: [String] = []
    for seeds in [3, 4, 6, 8, 12] {
      let tally = RealTrainings.tally(answers, seeds: seeds, deals: 1000)
      text +=
        "| \(seeds) | \(tally.deals) | \(share(tally.wrong, tally.deals)) | \(share(tally.covered, tally.tasks)) |\n"
      // Deals of the same 24 seeds: a wider band.
      if tally.wrong > 100 { problems.append("real, \(seeds) seeds: \(tally.wrong) false") }
    }
    return (text, problems)
  }

  private static func share(_ part: Int, _ whole: Int) -> String {
    whole > 0 ? String(format: "%.1f", 100 * Double(part) / Double(whole)) : "–"
  }

  private static func percent(_ variance: Double, _ count: Int) -> String {
    String(format: "%.2f", 100 * (variance / Double(count)).squareRoot())
  }
}
