internal import Basics
internal import Results
internal import Specs
internal import Statistics

/// The first screen: one line a question, one a task, one model for all.
extension Page {
  /// Verdict, mean over tasks, and how much stands behind it; ingredients stand in the lines of the tasks.
  package var answerTable: Table {
    let rows = Questions.all.entries.filter {
      !["pair", "pair_other", "ingredient", "one_model"].contains($0.name)
    }
    .flatMap { question in
      evidence.register.contrasts.filter { $0.question == question.name && $0.task.isEmpty }.map {
        (question: question, contrast: $0)
      }
    }
    return Table(
      rows,
      [
        .text("question", "What is asked.") { row in
          row.question.summary + Page.armWords(row.contrast)
        },
        .text("answer", "The verdict.") { $0.contrast.outcome?.rawValue ?? $0.contrast.note },
        .text("mean gain", "Over the learned tasks.") { NumberText.gain($0.contrast) },
        .integer("tasks", "Behind the mean.") { $0.contrast.tasks },
        .text("seeds", "Of both sides.") { "\($0.contrast.firstSeeds)/\($0.contrast.secondSeeds)" },
        .integer("n", "Test items.") { $0.contrast.items },
      ])
  }

  /// ` (budget.steps=800; equal steps)`; nothing where there is one budget and nothing to tell.
  private static func armWords(_ contrast: Contrast) -> String {
    let held = contrast.held.isEmpty ? "" : "equal \(contrast.held)"
    let parts = contrast.arm.isEmpty ? [] : [arms(contrast), held].filter { !$0.isEmpty }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: "; ")))"
  }

  /// `budget.steps=800`, `budget.steps=800 against budget.steps=200`.
  private static func arms(_ contrast: Contrast) -> String {
    contrast.arm + (contrast.secondArm.isEmpty ? "" : " against \(contrast.secondArm)")
  }

  /// What the two tables are.
  package var answerSentences: [String] {
    guard !evidence.register.contrasts.isEmpty else { return ["Nothing could be compared."] }
    let judged = evidence.register.judged
    let fallen =
      judged.collapsed == 0
      ? ""
      : ", \(judged.collapsed) more \(judged.collapsed == 1 ? "has" : "have") no verdict, as a seed collapsed"
    return [
      "One line a question, then one a task. \(judged.decided) of \(NumberText.count(judged.all, "judged comparison")) "
        + "\(judged.decided == 1 ? "is" : "are") decided\(fallen). Intervals are those of each gain alone; a verdict counts all comparisons of "
        + "its question, so that one may clear zero and be undecided."
    ] + budgetSentences
  }

  /// Where the cocktail of all of one arm wins with as many examples of the task and is worse or equal with as many steps, the gain
  /// is the budget's; what is undecided says nothing.
  private var budgetSentences: [String] {
    let asked = evidence.register.contrasts.filter { $0.question == "all_cocktail" && !$0.held.isEmpty }
    func words(_ contrast: Contrast) -> String { MarkdownFormat.escaped(Page.arms(contrast)) }
    return (evidence.tasks.map(\.name) + [""]).compactMap { task in
      let metric = evidence.tasks.first { $0.name == task }?.decidingMetric?.name ?? ""
      let own = asked.filter { $0.task == task && $0.metric == metric }
      guard let gain = own.first(where: { $0.held.contains("exposure") && $0.outcome == .win }),
        let equal = own.first(where: {
          $0.held == "steps" && $0.arm == gain.arm && ($0.outcome == .loss || $0.outcome == .equal)
        })
      else { return nil }
      let who = task.isEmpty ? "The mean over tasks" : MarkdownFormat.escaped(task)
      return "\(who): the cocktail of all wins with as many examples of the task (\(words(gain))) and "
        + "\(equal.outcome == .loss ? "loses" : "is equal") with as many steps (\(words(equal))): the gain is the budget's."
    }
  }

  /// One line a task: scores, verdicts, what helps and harms, what it costs, what to do.
  package var taskAnswers: String {
    let deciding = answered
    guard !deciding.isEmpty else { return "" }
    let challengers = shortRoles.map { role -> Field<ComparisonRow> in
      .text(role == .allTaskCocktail ? "all" : role.words, role.definition) { scoreAndVerdict($0[role]) }
    }
    let table = Table(
      deciding,
      [
        .text("task", "The task with its first metric.") { row in taskName(row) },
        .text("floor", "The best of base, majority, blind and probe.") {
          NumberText.fixed($0.floor?.score?.mean)
        },
        .text("single", "The single.") { NumberText.fixed($0.single?.score?.mean) },
      ] + challengers + [
        .text("helps, harms", "Ingredients of the cocktail of all, and of pairs, with a verdict.") { row in
          ingredients(of: row)
        },
        .text("steps", "Of the cocktail of all over the single's.") { row in costRatio(row) },
        .text("train", "What the verdicts recommend, or what would decide.") { row in advice(row) },
      ])
    return "\n" + MarkdownFormat.text(of: table)
  }

  /// `fpb (macro_f1 ↑)`, and that the single's gain over its floor is open where it is.
  private func taskName(_ row: ComparisonRow) -> String {
    let learned = evidence.register.contrasts.first {
      $0.question == "learned" && $0.arm == row.arm && $0.task == row.task.name
        && $0.metric == row.metric.name
    }
    // That it is not learned stands in the last column.
    let isOpen = learned != nil && learned?.outcome != .win && learned?.note != "not learned"
    let open = isOpen ? "; learned: open" : ""
    return
      "\(Page.name(row.task.name, in: row.arm)) (\(row.metricWords) \(row.metric.higherIsBetter ? "↑" : "↓")\(open))"
  }

  private func scoreAndVerdict(_ contender: Contender?) -> String {
    guard let contender, let score = contender.score else { return NumberText.missing }
    let verdict =
      contender.decided.flatMap { contrast in contrast.outcome.map { "\($0.rawValue) (\(contrast.question))" }
      }
      ?? contender.contrast?.outcome?.rawValue ?? contender.contrast?.note ?? ""
    return NumberText.fixed(score.mean) + (verdict.isEmpty ? "" : " \(verdict)")
  }

  /// `+fpb −fomc`, then what a task does to this one as the other half of a pair: `in pairs −fomc`.
  private func ingredients(of row: ComparisonRow) -> String {
    let task = row.task.name
    let settings = Set(evidence.candidates.filter { $0.arm == row.arm }.map(\.settings))
    let parts = [("ingredient", ""), ("pair", "in pairs ")].compactMap { question, place -> String? in
      let found = evidence.register.contrasts.filter {
        $0.question == question && $0.task == task && settings.contains($0.arm)
      }
      let words = found.compactMap { contrast -> String? in
        switch contrast.outcome {
        case .win: "+" + contrast.subject
        case .loss: "−" + contrast.subject
        case .equal, .undecided, nil: nil
        }
      }
      // Two grid points may say the same.
      let unlike = words.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
      return unlike.isEmpty ? nil : place + unlike.joined(separator: " ")
    }
    return parts.isEmpty ? "–" : parts.joined(separator: "; ")
  }

  /// `×5.0`.
  private func costRatio(_ row: ComparisonRow) -> String {
    guard let all = row[.allTaskCocktail]?.candidate.mean(\.steps),
      let single = row.single?.candidate.mean(\.steps), single > 0
    else { return "–" }
    return "×" + NumberText.fixed(all / single, digits: 1)
  }

  /// What won, a pair too; the single where all lost; else what would decide.
  private func advice(_ row: ComparisonRow) -> String {
    let contrasts = roles.compactMap { row[$0]?.contrast }
    if contrasts.contains(where: { $0.note == "not learned" }) { return "not learned" }
    let pairs = evidence.register.contrasts.filter {
      $0.question == "pair" && $0.task == row.task.name && $0.second.model == row.single?.candidate.model
    }
    let wins = (contrasts + pairs).filter { $0.outcome == .win }
    if let best = wins.max(by: { $0.estimate < $1.estimate }) {
      if best.question == "pair", let other = unbeaten(by: best) {
        return "\(best.first.model), or \(other), which it does not beat"
      }
      let better = contrasts.filter { $0.outcome == .undecided && $0.estimate > best.estimate }
        .max { $0.estimate < $1.estimate }
      return best.first.model + (better.map { "; open: fresh seeds of \($0.first.model)" } ?? "")
    }
    if let equal = contrasts.first(where: { $0.outcome == .equal }) {
      return "single, or as good \(equal.first.model)"
    }
    if !contrasts.isEmpty, contrasts.allSatisfy({ $0.outcome == .loss }) { return "single" }
    let promising = contrasts.filter { $0.outcome != .loss }.max { $0.estimate < $1.estimate }
    guard let promising else { return "–" }
    let model = promising.first.model
    if promising.candidates > 1, promising.estimate > 0 { return "open: fresh seeds of \(model)" }
    if promising.collapsed > 0 { return "single so far; \(model) collapsed" }
    guard let need = promising.need else { return "single so far" }
    return "single so far; \(need.words) would decide \(model)"
  }

  /// The other half's single, where a pair is not shown to beat it.
  private func unbeaten(by pair: Contrast) -> String? {
    let other = evidence.register.contrast(
      "pair_other", subject: pair.subject, arm: pair.arm, task: pair.task, metric: pair.metric)
    return other.flatMap { $0.outcome == .win ? nil : $0.second.model }
  }

  /// Which one model to use for all tasks, and what words of the tables mean.
  package var servingSentences: String {
    // By the first metrics, as on this page: words that explain nothing on it only ask a question.
    let first = Dictionary(evidence.tasks.map { ($0.name, $0.decidingMetric?.name) }) { one, _ in one }
    let shown = evidence.register.contrasts.filter {
      $0.question != "model" && ($0.task.isEmpty || $0.metric == first[$0.task])
    }
    let words = [
      shown.contains { $0.note.hasPrefix("collapsed") }
        ? "*Collapsed*: a seed of either side answers one label nearly always, or no better than a constant while another "
          + "seed is better by four standard errors: no interval repairs that, so there is no verdict." : nil,
      shown.contains { $0.interval?.lowerBound == -.infinity || $0.interval?.upperBound == .infinity }
        ? "*…*: an open end, as that side was chosen on validation by the same trainings: it can lose and cannot win."
        : nil,
    ].compactMap(\.self)
    let lines = modelSentences + (words.isEmpty ? [] : [words.joined(separator: " ")])
    return lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n\n") + "\n"
  }

  /// One sentence a grid point: the model that was chosen for all tasks, or why there is none.
  private var modelSentences: [String] {
    let rows = evidence.servingRows
    let models = evidence.serving.filter { $0.kind != .base }
    if models.isEmpty, evidence.tasks.count > 1, !evidence.candidates(of: .cocktail, .merge).isEmpty {
      return ["One model for all tasks: none was tested on all of them."]
    }
    return settings(of: models).map { setting, place in
      let own = rows.filter { $0.settings == setting }
      if let chosen = own.first(where: \.isChosen) {
        return sentence(of: chosen, beside: own.first { $0.name == "singles" })
      }
      let learned = evidence.learnedTasks(at: setting)
      let apart = learned.filter { $0.decidingMetric?.isInPoints != true }
      let reason =
        learned.count < 2
        ? "fewer than two tasks were learned"
        : apart.isEmpty
          ? "none has scores on validation of all \(learned.count) learned tasks"
          : "no mean holds all learned tasks: the metric of \(names(apart)) has a scale of its own"
      return "One model for all tasks\(place): none is told, as \(reason)."
    }
  }

  private func sentence(of row: ServingRow, beside singles: ServingRow?) -> String {
    var text =
      "One model for all tasks: \(MarkdownFormat.escaped(row.name)), chosen by its mean over the \(row.learned) learned tasks "
      + "on validation; "
    if let recovered = row.recovered {
      text += "recovers \(NumberText.share(recovered)) of what the singles gain over the base"
      let own = row.kind == ModelKind.single.rawValue ? "its own, where it is 1 by definition" : ""
      let weak = unmeasuredNames(at: row.settings)
      let without = [weak, own].filter { !$0.isEmpty }.joined(separator: ", ")
      if !without.isEmpty {
        text += " on \(NumberText.count(row.measured, "measured task")) (without \(without))"
      }
      if let worst = row.worst {
        text +=
          ", least of \(MarkdownFormat.escaped(worst.task)): \(NumberText.fixed(worst.recovered.value))"
      }
    } else {
      text +=
        "what it recovers cannot be told, as no \(row.kind == ModelKind.single.rawValue ? "other " : "")single is far "
        + "enough above the base"
    }
    if let singles {
      text +=
        "; \(NumberText.fixed(row.steps, digits: 0)) steps and \(NumberText.fixed(row.bytes / 1e6, digits: 2)) MB, the "
        + "singles together \(NumberText.fixed(singles.steps, digits: 0)) and "
        + "\(NumberText.fixed(singles.bytes / 1e6, digits: 2))"
    }
    if row.gain != nil {
      text +=
        "; against the cocktail of all \(NumberText.signed(row.gain)) (\(row.verdict?.rawValue ?? row.note))"
    }
    return text + "."
  }

  /// Learned tasks whose singles are too near the base to be a measure.
  private func unmeasuredNames(at settings: String) -> String {
    let measured = evidence.scale.tasks(at: settings)
    return names(evidence.learnedTasks(at: settings).filter { !measured.contains($0.name) })
  }

  private func names(_ tasks: [TaskColumn]) -> String {
    tasks.map { MarkdownFormat.escaped($0.name) }.joined(separator: ", ")
  }
}
