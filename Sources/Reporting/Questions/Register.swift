internal import Basics
package import Results

/// Every comparison that a table or a sentence makes, once, with its verdict.
package struct Register: Sendable {
  /// The name of the one merge for all tasks, by arm.
  private let merges: [String: String]
  /// By question, in the order of `Questions`.
  package let contrasts: [Contrast]
  /// Tested models on the scale from the base to the singles, by name.
  package let recovered: [String: RecoveredRow]
  /// What the models of the comparison answered, label by label.
  package let labels: [LabelAnswers]
  /// How firmly validation chose.
  package let choices: [Choice]

  /// No comparison.
  package init() { (contrasts, merges, recovered, labels, choices) = ([], [:], [:], [], []) }

  /// Makes all comparisons; without predictions there are estimates and no intervals for new texts.
  /// - Throws: a `Diagnostic` for predictions that are not what an evaluation wrote.
  package init(
    _ evidence: Evidence, items: (any ItemScoreSource)?
  ) throws {
    let settings = ContrastSettings(margin: evidence.results.margin)
    let reader = ScoreReader(evidence, items)
    let chosen = evidence.arms.compactMap { arm in arm.servingMerge.map { (arm.arm, $0.model.model) } }
    merges = Dictionary(uniqueKeysWithValues: chosen)
    contrasts = try Questions.all.entries.flatMap { question in
      try question.contrasts(evidence, reader, settings)
    }
    var recovered: [String: RecoveredRow] = [:]
    for model in evidence.candidates where model.kind != .floor && !evidence.recovered(model).byTask.isEmpty {
      recovered[model.model] = try reader.recovered(model)
    }
    self.recovered = recovered
    labels = try reader.labelAnswers()
    choices = try reader.choices()
  }

  /// How many comparisons are judged, how many of them are decided, and how many are asked and get no verdict, as a seed
  /// collapsed; one that two questions ask counts once.
  package var judged: (all: Int, decided: Int, collapsed: Int) {
    let groups = Dictionary(grouping: contrasts.filter { $0.outcome != nil }, by: \.comparison)
    let fallen = contrasts.filter { $0.question != "model" && $0.outcome == nil && $0.collapsed > 0 }
    return (
      groups.count, groups.values.count { $0.contains { $0.outcome != .undecided } },
      Set(fallen.map(\.comparison)).count
    )
  }

  /// The verdict on a comparison by whichever question decides it, where that is another one: a cocktail that was chosen on
  /// the same seeds cannot win as the chosen one, and can as a pair that was asked about before.
  package func decided(_ contrast: Contrast) -> Contrast? {
    guard contrast.outcome == .undecided else { return nil }
    return contrasts.first {
      $0.comparison == contrast.comparison && $0.first.model == contrast.first.model
        && ($0.outcome == .win || $0.outcome == .loss)
    }
  }

  /// How many families have a verdict: within each, and not over all, at most 5 % are falsely decided.
  package var families: Int {
    let ofModels = Set(Questions.all.entries.filter { $0.family == .models }.map(\.name))
    return Set(
      contrasts.filter { $0.outcome != nil }.map {
        [$0.question, ofModels.contains($0.question) ? "" : $0.subject, $0.arm, $0.secondArm]
      }
    ).count
  }

  /// The name of the one merge for all tasks in an arm; nil where there is none.
  package func merge(in arm: String = "") -> String? { merges[arm] }

  /// The answer to a question on a task by a metric; on the mean over tasks where both are empty.
  ///
  /// - Parameter arm: Nil where the subject says it.
  package func contrast(
    _ question: String, subject: String = "", arm: String? = nil, task: String = "", metric: String = ""
  ) -> Contrast? {
    contrasts.first {
      $0.question == question && $0.subject == subject && $0.task == task && $0.metric == metric
        && (arm == nil || $0.arm == arm) && $0.secondArm.isEmpty
    }
  }
}
