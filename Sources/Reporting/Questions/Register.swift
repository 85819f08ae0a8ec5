internal import Basics
package import Results

/// Every comparison that a table or a sentence makes, once, with its verdict.
package struct Register: Sendable {
  /// The name of the one merge for all tasks; nil where there is none.
  package let merge: String?
  /// By question, in the order of `Questions`.
  package let contrasts: [Contrast]
  /// Tested models on the scale from the base to the singles, by name.
  package let recovered: [String: RecoveredRow]
  /// What the models of the comparison answered, label by label.
  package let labels: [LabelAnswers]
  /// How firmly validation chose.
  package let choices: [Choice]

  /// No comparison.
  package init() { (contrasts, merge, recovered, labels, choices) = ([], nil, [:], [], []) }

  /// Makes all comparisons; without predictions there are estimates and no intervals for new texts.
  /// - Throws: a `Diagnostic` for predictions that are not what an evaluation wrote.
  package init(
    _ evidence: Evidence, items: (any ItemScoreSource)?
  ) throws {
    let settings = ContrastSettings(margin: evidence.results.margin)
    let reader = ScoreReader(evidence, items)
    merge = evidence.servingMerge?.model.model
    contrasts = try Questions.all.entries.flatMap { question in
      try question.contrasts(evidence, reader, settings)
    }
    var recovered: [String: RecoveredRow] = [:]
    for model in evidence.candidates where !evidence.recovered(model).byTask.isEmpty {
      recovered[model.model] = try reader.recovered(model)
    }
    self.recovered = recovered
    labels = try reader.labelAnswers()
    choices = try reader.choices()
  }

  /// The answer to a question on a task by a metric; on the mean over tasks where both are empty.
  package func contrast(
    _ question: String, subject: String = "", task: String = "", metric: String = ""
  ) -> Contrast? {
    contrasts.first {
      $0.question == question && $0.subject == subject && $0.task == task && $0.metric == metric
    }
  }
}
