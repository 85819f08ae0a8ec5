import Basics
import Reporting
import Statistics
import Testing

/// One family of comparisons: what changes it, and when it says nothing.
@Suite struct ContrastTests {
  /// Scores of a recipe: an item effect that all recipes share, and seeds around a mean.
  private func scores(
    _ name: String, _ task: String, mean: Double, seeds: Int = 4, items: Int = 300, deviation: Double = 0.02
  ) -> SeedScores {
    var shared = RandomStream(seed: 0, "items", task)
    let effects = (0..<items).map { _ in 0.3 * shared.normal() }
    var own = RandomStream(seed: 0, name, task)
    let rows = (0..<seeds).map { _ -> [Double] in
      let seed = deviation * own.normal()
      return effects.map { mean + $0 + seed + 0.2 * own.normal() }
    }
    return SeedScores(seeds: rows.indices.map { $0 }, values: rows.map(Estimate.mean), items: rows)
  }

  private func plan(
    _ gains: [Double], seeds: Int = 4, isPaired: Bool = false, candidates: Int = 1, hasVerdicts: Bool = true
  ) -> ContrastPlan {
    let cells = gains.enumerated().map { index, gain in
      ContrastPlan.Cell(
        task: "t\(index)", metric: "accuracy", first: .init("all", "all"),
        second: .init("single", "s\(index)"),
        firstScores: scores("all", "t\(index)", mean: 0.7 + gain, seeds: seeds),
        secondScores: scores("single", "t\(index)", mean: 0.7, seeds: seeds))
    }
    return ContrastPlan(
      question: "q", isPaired: isPaired, candidates: candidates, hasVerdicts: hasVerdicts, cells: cells)
  }

  private let settings = ContrastSettings(margin: 0.06)

  @Test func `wins, losses, equals and what is undecided`() {
    let rows = plan([0.3, -0.3, 0, 0.04]).contrasts(settings)
    #expect(rows.map(\.task) == ["", "t0", "t1", "t2", "t3"])
    #expect(rows[1].outcome == .win && rows[2].outcome == .loss && rows[3].outcome == .equal)
    #expect(rows[4].outcome == .undecided && rows[4].need != nil)
    for row in rows {
      guard let family = row.familyInterval, let interval = row.interval, let part = row.variance else {
        Issue.record("no interval")
        continue
      }
      // The two columns of errors add up to V; verdict and interval agree.
      let errors = [row.seedError, row.itemError].compactMap { $0 }.reduce(0) { $0 + $1 * $1 }
      #expect(row.task.isEmpty || abs(errors - part.variance) < 1e-15)
      #expect(
        (row.outcome == .win) == (family.lowerBound >= 0)
          && (row.outcome == .loss) == (family.upperBound <= 0))
      #expect(interval.contains(row.estimate))
      #expect((row.adjusted ?? 1) >= (row.p ?? 0) && row.rule == "sum")
      #expect((row.smallestMargin ?? 0) > abs(row.estimate))
    }
    let error = rows[1].variance.map { $0.variance.squareRoot() } ?? 0
    #expect((rows[1].detectable ?? 0) > 2.8 * error)
  }

  @Test func `the other way round everything is mirrored`() {
    let forwards = plan([0.3, 0.1, 0])
    var backwards = forwards
    backwards.cells = forwards.cells.map { cell in
      ContrastPlan.Cell(
        task: cell.task, metric: cell.metric, first: cell.second, second: cell.first,
        firstScores: cell.secondScores, secondScores: cell.firstScores)
    }
    for (row, mirror) in zip(forwards.contrasts(settings), backwards.contrasts(settings)) {
      #expect(
        abs(row.estimate + mirror.estimate) < 1e-14
          && abs((row.adjusted ?? 2) - (mirror.adjusted ?? 2)) < 1e-12)
      #expect(row.outcome != .win || mirror.outcome == .loss)
    }
  }

  @Test func `tasks in another order change nothing`() {
    var shuffled = plan([0.3, 0.1, 0, -0.2])
    let rows = shuffled.contrasts(settings)
    shuffled.cells.reverse()
    let others = shuffled.contrasts(settings)
    for row in rows {
      guard let other = others.first(where: { $0.task == row.task }) else {
        Issue.record("no row of \(row.task)")
        continue
      }
      #expect(abs(row.estimate - other.estimate) < 1e-14 && row.outcome == other.outcome)
      #expect(abs((row.adjusted ?? 2) - (other.adjusted ?? 2)) < 1e-12)
    }
  }

  @Test func `a task that is added changes no estimate and no interval of the others`() {
    let small = plan([0.3, 0.1, 0]).contrasts(settings)
    let large = plan([0.3, 0.1, 0, -0.3, 0.2]).contrasts(settings)
    for row in small where !row.task.isEmpty {
      let other = large.first { $0.task == row.task }
      #expect(other?.estimate == row.estimate && other?.interval == row.interval && other?.p == row.p)
    }
  }

  @Test(arguments: [3, 4]) func `a metric in another unit changes its own row alone`(seeds: Int) {
    let before = plan([0.3, 0.1, 0, -0.1], seeds: seeds)
    var after = before
    func scale(_ scores: inout SeedScores) {
      scores.values = scores.values.map { 9 * $0 }
      scores.items = scores.items.map { rows in rows.map { row in row.map { 9 * $0 } } }
    }
    scale(&after.cells[1].firstScores)
    scale(&after.cells[1].secondScores)
    let plain = ContrastSettings()
    let rows = zip(before.contrasts(plain), after.contrasts(plain)).filter { !$0.0.task.isEmpty }
    #expect(rows.count == 4 && rows[0].0.rule == (seeds == 3 ? "moderated" : "sum"))
    for (index, (row, scaled)) in rows.enumerated() {
      let factor = index == 1 ? 9.0 : 1
      #expect(abs(scaled.estimate - factor * row.estimate) < 1e-12)
      #expect(abs((scaled.interval?.lowerBound ?? 0) - factor * (row.interval?.lowerBound ?? 1)) < 1e-9)
      #expect(abs((scaled.p ?? 2) - (row.p ?? 2)) < 1e-9)
    }
  }

  @Test func `what is needed counts one variance of seeds where one is behind it, and two where two are`() {
    let two = plan([0.02], seeds: 5)
    var paired = two
    paired.isPaired = true
    var base = two
    base.cells[0].secondScores.seeds = [nil]
    base.cells[0].secondScores.values.removeLast(4)
    base.cells[0].secondScores.items?.removeLast(4)
    for (plan, parts) in [(two, 2), (paired, 1), (base, 1)] {
      guard let design = plan.contrasts(settings).last?.design else {
        Issue.record("no design of \(parts) parts")
        continue
      }
      #expect(design.seedParts == parts)
      // Of endless items seeds alone are left: four degrees of freedom each.
      #expect(abs(design.variance(seeds: 5, items: 1_000_000_000).degrees - Double(4 * parts)) < 0.01)
    }
  }

  @Test func `what cannot be judged gets no verdict and says why`() {
    func outcome(_ change: (inout ContrastPlan) -> Void) -> Contrast? {
      var changed = plan([0.3, 0.1, 0])
      change(&changed)
      return changed.contrasts(settings).first { $0.task == "t0" }
    }
    let collapsed = outcome { $0.cells[0].firstScores.isCollapsed[1] = true }
    #expect(collapsed?.note == "collapsed" && collapsed?.outcome == nil && collapsed?.interval == nil)
    #expect(collapsed?.collapsed == 1)
    let unread = outcome { $0.cells[0].secondScores.items = nil }
    #expect(unread?.note == "no predictions" && unread?.outcome == nil && unread?.interval == nil)
    #expect(unread?.seedError != nil && unread?.itemError == nil)
    let unlearned = outcome { $0.cells[0].isLearned = false }
    #expect(unlearned?.note == "not learned" && unlearned?.outcome == nil && unlearned?.interval != nil)
    let constant = outcome { $0.cells[0].firstScores.isConstant = true }
    #expect(constant?.note == "constant predictions" && constant?.outcome == nil)
    let same = outcome { $0.cells[0].firstScores = $0.cells[0].secondScores }
    #expect(same?.outcome == nil && same?.note == "fewer than 10 items differ")
    let shown = outcome { $0.hasVerdicts = false }
    #expect(shown?.outcome == nil && shown?.interval != nil && shown?.familyInterval == nil)
  }

  @Test func `one and two seeds give estimates, three what holds for them`() {
    for seeds in [1, 2] {
      let row = plan([0.3, 0.1, 0], seeds: seeds).contrasts(settings).last
      #expect(row?.outcome == nil && row?.interval == nil && row?.note == "fewer than 3 seeds")
    }
    #expect(plan([0.3, 0.1, 0, 0.2], seeds: 3).contrasts(settings).last?.rule == "moderated")
    let few = plan([0.3, 0.1], seeds: 3, isPaired: true).contrasts(settings).last
    #expect(few?.outcome == nil && few?.note == "3 seeds and fewer than 6 tasks")
  }

  @Test func `the page says what few seeds and few tasks take, as the rule has it`() throws {
    func note(_ seeds: Int, _ tasks: Int) -> String? {
      plan([Double](repeating: 0.3, count: tasks), seeds: seeds, isPaired: true).contrasts(settings).last?
        .note
    }
    #expect(note(2, 6) == "fewer than 3 seeds" && note(3, 5) == "3 seeds and fewer than 6 tasks")
    #expect(note(3, 6) == "" && note(4, 5) == "")
    let guide = try Page(Evidence(Sample.results)).guide
    #expect(guide.contains("takes 3 seeds of each trained side"))
    #expect(guide.contains("3 seeds are enough from 6 tasks on"))
    #expect(
      guide.contains("it says \"3 seeds and fewer than 6 tasks\"") && guide.contains("takes a 4th seed."))
  }

  @Test func `what was chosen among many on the same seeds can lose and cannot win`() {
    let plain = plan([0.2, 0.06, -0.3]).contrasts(settings)
    let chosen = plan([0.2, 0.06, -0.3], candidates: 50).contrasts(settings)
    #expect(plain[1].outcome == .win && plain[3].outcome == .loss && plain[1].chosenBias == 0)
    #expect(chosen[1].outcome == .undecided && chosen[1].note == "chosen on the same seeds")
    #expect(chosen[3].outcome == .loss && chosen[1].p == nil && chosen[1].adjusted == nil)
    for (row, other) in zip(plain, chosen) {
      #expect(other.estimate == row.estimate && other.chosenBias > 0)
      #expect(
        other.interval?.lowerBound == -.infinity && other.interval?.upperBound == row.interval?.upperBound)
    }
  }

  @Test func `what was held against the chosen one of many cannot lose`() {
    var plan = plan([0.2, 0.06, -0.3])
    plan.rivals = 2
    let rows = plan.contrasts(settings)
    #expect(rows[1].outcome == .win && rows[3].outcome == .undecided)
    #expect(rows[3].note == "chosen on the same seeds" && rows[3].interval?.upperBound == .infinity)
  }
}
