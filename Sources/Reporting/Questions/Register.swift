internal import Basics
package import Results

/// Every comparison that a table or a sentence makes, once, with its verdict.
package struct Register: Sendable {
  /// The name of the one merge for all tasks; nil where there is none.
  package let merge: String?
  /// By question, in the order of `Questions`.
  package let contrasts: [Contrast]

  /// No comparison.
  package init() { (contrasts, merge) = ([], nil) }

  /// Makes all comparisons; without predictions there are estimates and no intervals for new texts.
  /// - Throws: a `Diagnostic` for predictions that are not what an evaluation wrote.
  package init(
    _ evidence: Evidence, items: (any ItemScoreSource)?, settings: ContrastSettings = ContrastSettings()
  ) throws {
    let reader = ScoreReader(evidence, items)
    merge = try evidence.servingMerge(reader)?.model.model
    contrasts = try Questions.all.entries.flatMap { question in
      try question.plans(evidence, reader).flatMap { $0.contrasts(settings) }
    }
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
