internal import Statistics

extension ContrastPlan {
  /// All rows of the question: its mean over tasks where there are two or more, then its tasks in the plan's order.
  package func contrasts(_ settings: ContrastSettings) -> [Contrast] {
    let measured = cells.map { MeasuredCell($0, isPaired: isPaired) }.filter { $0.estimate != nil }
    let testable = measured.filter { $0.obstacle == nil }
    let rule = testable.isEmpty ? ContrastRule.none("") : ContrastRule(testable)
    let variances = rule.variances(testable)
    let mean = FamilyMean(measured, sharesSeeds: sharesSeeds)
    let meanVariance = rule.name.isEmpty ? nil : mean?.variance
    let level = settings.alpha * rule.share

    let isTested = hasVerdicts && !testable.isEmpty && !variances.contains { $0 == nil }
    let meanObstacle = mean?.obstacle ?? reason(rule)
    let members = zip(testable, variances).compactMap { GatedFamily.Member($0.estimate, $1) }
    let first = meanObstacle == nil ? GatedFamily.Member(mean?.estimate, meanVariance) : nil
    let family =
      isTested && members.count == testable.count
      ? GatedFamily(mean: first, tasks: members, alpha: level, share: settings.meanShare) : nil
    let hasMean = family?.mean != nil

    var rows: [Contrast] = []
    if let mean, hasVerdicts {
      var row = row(of: mean, tasks: measured.count, settings)
      row.level = level * (hasMean ? settings.meanShare : 1)
      fill(&row, meanObstacle == nil ? meanVariance : nil, meanObstacle, settings)
      row.rule = row.variance == nil ? "" : "sum"
      judge(&row, family?.mean, rule)
      rows.append(row)
    }
    var next = 0
    for cell in measured {
      var row = row(of: cell, tasks: measured.count, settings)
      let share = hasMean ? 1 - settings.meanShare : 1
      row.level = hasVerdicts ? level * share / Double(max(1, testable.count)) : settings.alpha
      row.rule = rule.name
      if cell.obstacle == nil {
        fill(&row, variances[next], reason(rule), settings)
        judge(&row, family?.tasks[next], rule)
        next += 1
      } else {
        let own = rule.name.isEmpty ? nil : cell.contrast?.variance(.sum)
        fill(&row, own, cell.obstacle, settings)
        row.rule = row.variance == nil ? "" : "sum"
      }
      rows.append(row)
    }
    let tasks = rows.indices.filter { !rows[$0].task.isEmpty }
    let means = rows.indices.filter { rows[$0].task.isEmpty }
    if candidates == 1, rivals == 1 {
      ContrastPlan.equalize(&rows, [tasks] + means.map { [$0] }, share: rule.share, settings)
    }
    return rows
  }

  /// A family whose members are means over tasks: several models against one, by Holm over the models.
  package static func contrasts(ofMeans plans: [ContrastPlan], _ settings: ContrastSettings) -> [Contrast] {
    var rows: [Contrast] = []
    var judged: [(row: Int, plan: ContrastPlan, member: GatedFamily.Member, rule: ContrastRule)] = []
    for plan in plans {
      let measured = plan.cells.map { MeasuredCell($0, isPaired: plan.isPaired) }.filter {
        $0.estimate != nil
      }
      guard let mean = FamilyMean(measured, sharesSeeds: plan.sharesSeeds) else { continue }
      let rule = ContrastRule(mean.cells)
      let obstacle = mean.obstacle ?? plan.reason(rule)
      var row = plan.row(of: mean, tasks: mean.cells.count, settings)
      plan.fill(&row, obstacle == nil ? mean.variance : nil, obstacle, settings)
      row.rule = row.variance == nil ? "" : "sum"
      if let member = GatedFamily.Member(row.estimate, row.variance) {
        judged.append((rows.count, plan, member, rule))
      }
      rows.append(row)
    }
    // One level for all: that of the weakest rule.
    guard let weakest = judged.map(\.rule).min(by: { $0.share < $1.share }) else { return rows }
    let level = settings.alpha * weakest.share
    let family = GatedFamily(mean: nil, tasks: judged.map(\.member), alpha: level)
    for (entry, finding) in zip(judged, family.tasks) {
      rows[entry.row].level = level / Double(judged.count)
      entry.plan.judge(&rows[entry.row], finding, weakest)
    }
    let plain = judged.filter { $0.plan.candidates == 1 && $0.plan.rivals == 1 }.map(\.row)
    equalize(&rows, [plain], share: weakest.share, settings)
    return rows
  }

  private func reason(_ rule: ContrastRule) -> String? {
    if case .none(let reason) = rule { reason } else { nil }
  }

  /// Says equal where a difference is shown to lie within the margin, by Holm over the rows of a group.
  ///
  /// Not of what was chosen by these very trainings: it may stand too high.
  private static func equalize(
    _ rows: inout [Contrast], _ groups: [[Int]], share: Double, _ settings: ContrastSettings
  ) {
    func p(_ row: Contrast) -> Double? {
      guard row.outcome != nil, let part = row.variance, let margin = row.margin else { return nil }
      return EquivalenceTest.p(
        row.estimate, error: part.variance.squareRoot(), degrees: part.degrees, margin: margin)
    }
    for group in groups {
      for (index, value) in zip(group, Holm.adjusted(group.map { p(rows[$0]) })) {
        rows[index].equalP = value
      }
    }
    for index in groups.joined() {
      rows[index].equalP = rows[index].equalP.map { min(1, $0 / share) }
      guard let value = rows[index].equalP, value <= settings.alpha else { continue }
      if rows[index].outcome == .undecided {
        rows[index].outcome = .equal
      } else {
        rows[index].note = "within the margin"
      }
    }
  }

  private func row(of cell: MeasuredCell, tasks: Int, _ settings: ContrastSettings) -> Contrast {
    Contrast(
      question: question, subject: subject, arm: arm, secondArm: secondArm,
      held: cell.cell.held.words,
      task: cell.cell.task, metric: cell.cell.metric,
      first: cell.cell.first, second: cell.cell.second, tasks: tasks, candidates: candidates, rivals: rivals,
      firstSeeds: cell.first.hasSeeds ? cell.first.seeds.count : 0,
      secondSeeds: cell.second.hasSeeds ? cell.second.seeds.count : 0, items: cell.contrast?.items,
      isPaired: cell.isPaired, estimate: cell.estimate ?? 0,
      seedError: cell.contrast?.seedError ?? cell.seedsAlone,
      itemError: cell.contrast?.itemError, chosenBias: bias(cell.firstSeedError),
      margin: cell.cell.isInPoints ? settings.margin : nil,
      note: "", rule: "",
      collapsed: cell.collapsed, design: cell.design, level: settings.alpha, power: settings.power)
  }

  private func row(of mean: FamilyMean, tasks: Int, _ settings: ContrastSettings) -> Contrast {
    func common(_ side: (Cell) -> Side) -> Side {
      let models = mean.cells.map { side($0.cell).model }
      let role = side(mean.cells[0].cell).role
      return Side(role, Set(models).count == 1 ? models[0] : "")
    }
    return Contrast(
      question: question, subject: subject, arm: arm, secondArm: secondArm, held: held, task: "", metric: "",
      first: common(\.first),
      second: common(\.second), tasks: mean.cells.count, candidates: candidates, rivals: rivals,
      firstSeeds: mean.cells.map { $0.first.hasSeeds ? $0.first.seeds.count : 0 }.min() ?? 0,
      secondSeeds: mean.cells.map { $0.second.hasSeeds ? $0.second.seeds.count : 0 }.min() ?? 0,
      items: mean.items, isPaired: mean.isPaired, estimate: mean.estimate, seedError: mean.seedError,
      itemError: mean.itemError, chosenBias: bias(mean.firstSeedError), margin: settings.margin, note: "",
      rule: "",
      collapsed: mean.cells.reduce(0) { $0 + $1.collapsed }, level: settings.alpha, power: settings.power)
  }

  /// E max of as many normal numbers as there were candidates, in the first side's standard errors of seeds.
  private func bias(_ error: Double) -> Double {
    candidates > 1 ? ExpectedBest.normal(of: candidates) * error : 0
  }

  /// Interval and p of the test alone.
  private func fill(
    _ row: inout Contrast, _ part: Satterthwaite.Part?, _ obstacle: String?, _ settings: ContrastSettings
  ) {
    row.note = obstacle ?? ""
    // The mean over seeds of which some collapsed is no estimate of anything that an interval could speak of.
    guard let part, part.variance > 0, row.collapsed == 0 else { return }
    row.variance = part
    let error = part.variance.squareRoot()
    let half = StudentT.quantile(1 - settings.alpha / 2, degrees: part.degrees) * error
    row.interval = opened(row.estimate - half...row.estimate + half)
    if canBe(row.estimate) { row.p = StudentT.twoSided(row.estimate / error, degrees: part.degrees) }
  }

  /// Whether a difference in this direction can be told.
  ///
  /// What was chosen by the validation scores of these very trainings stands too high, the more so the fewer its seeds: it
  /// can lose and cannot win, and its intervals have no end on the other side. Fresh seeds decide.
  private func canBe(_ difference: Double) -> Bool { difference > 0 ? candidates == 1 : rivals == 1 }

  private func opened(_ interval: ClosedRange<Double>) -> ClosedRange<Double> {
    (candidates > 1 ? -.infinity : interval.lowerBound)...(rivals > 1 ? .infinity : interval.upperBound)
  }

  /// Verdict and simultaneous interval.
  private func judge(_ row: inout Contrast, _ finding: GatedFamily.Finding?, _ rule: ContrastRule) {
    guard let finding else { return }
    row.outcome = finding.direction > 0 ? .win : finding.direction < 0 ? .loss : .undecided
    row.familyInterval = opened(finding.interval)
    if canBe(row.estimate) { row.adjusted = min(1, finding.adjusted / rule.share) }
    if finding.direction != 0, !canBe(row.estimate) {
      row.outcome = .undecided
      row.note = "chosen on the same seeds"
    }
  }
}

extension GatedFamily.Member {
  /// Nil without an estimate, or without an error.
  init?(_ estimate: Double?, _ part: Satterthwaite.Part?) {
    guard let estimate, let part, part.variance > 0 else { return nil }
    self.init(estimate: estimate, error: part.variance.squareRoot(), degrees: part.degrees)
  }
}
