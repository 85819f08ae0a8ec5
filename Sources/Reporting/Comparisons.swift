internal import Basics
package import Results
internal import Specs
package import Statistics

/// What a test says at the 5 % level after correction.
package enum Verdict: String, Sendable {
  case better
  case worse
  case notSignificant = "n.s."

  /// Nil where there is no p value: not tested is not the same as not significant.
  package init?(gain: Double?, adjusted: Double?) {
    guard let gain, let adjusted else { return nil }
    self = adjusted >= 0.05 || gain == 0 ? .notSignificant : gain > 0 ? .better : .worse
  }
}

/// A model in the place of one column group of the comparison.
package struct Contender {
  package var candidate: Candidate
  /// On the test split.
  package var score: Estimate?
  /// Against the single.
  package var test: PairedTest?
  package var adjusted: Double?

  package var verdict: Verdict? { Verdict(gain: test?.difference.mean, adjusted: adjusted) }
}

/// One task and metric: the base, the single and those that challenge it.
package struct ComparisonRow {
  /// Who challenges the single.
  package enum Role: String, CaseIterable, Sendable {
    case bestCocktail = "best_cocktail"
    case allTaskCocktail = "all_cocktail"
    case bestMerge = "best_merge"

    /// As people say it.
    package var words: String {
      switch self {
      case .bestCocktail: "best cocktail"
      case .allTaskCocktail: "all-task cocktail"
      case .bestMerge: "best merge"
      }
    }

    /// Who fills it.
    package var definition: String {
      switch self {
      case .bestCocktail:
        "The cocktail of two or more tasks, this one among them, with the best validation mean of the "
          + "first metric."
      case .allTaskCocktail:
        "The cocktail of all tasks; with several of them the one chosen on validation."
      case .bestMerge:
        "The merge with this task among its inputs that has the best validation mean of the first metric."
      }
    }
  }

  package var task: TaskColumn
  package var metric: MetricColumn
  package var testExamples: Int?
  package var base: Estimate?
  package var single: Contender?
  package var contenders: [Role: Contender]
  package var chosenOn: String

  package subscript(role: Role) -> Contender? { contenders[role] }

  /// Whether this is the metric that decides.
  package var isPrimary: Bool { metric.name == task.decidingMetric?.name }
}

extension Evidence {
  /// The main comparison: one row for each task and metric.
  ///
  /// The tests on the metrics that decide are one family, corrected together; those on further metrics are another,
  /// so that a task with three metrics does not pay for its curiosity where it counts.
  package var comparisons: [ComparisonRow] {
    var rows = tasks.flatMap { task in comparisons(for: task) }
    for isPrimary in [true, false] {
      adjust(&rows, at: rows.indices.filter { rows[$0].isPrimary == isPrimary })
    }
    return rows
  }

  /// Corrects the distinct tests of some rows together.
  ///
  /// Where the all-task cocktail is also the best one, both columns show one test, and it counts once.
  private func adjust(_ rows: inout [ComparisonRow], at indices: [Int]) {
    var models: [[String]] = []
    var values: [Double?] = []
    for index in indices {
      for role in ComparisonRow.Role.allCases {
        guard let contender = rows[index][role] else { continue }
        let name = [rows[index].task.name, rows[index].metric.name, contender.candidate.model]
        if models.contains(name) { continue }
        models.append(name)
        values.append(contender.test?.p)
      }
    }
    let adjusted = Dictionary(uniqueKeysWithValues: zip(models, Holm.adjusted(values)))
    for index in indices {
      for role in ComparisonRow.Role.allCases {
        guard let model = rows[index][role]?.candidate.model else { continue }
        let name = [rows[index].task.name, rows[index].metric.name, model]
        rows[index].contenders[role]?.adjusted = adjusted[name] ?? nil
      }
    }
  }

  private func comparisons(for task: TaskColumn) -> [ComparisonRow] {
    let single = chosenSingle(for: task)
    let chosen: [(ComparisonRow.Role, Candidate?)] = [
      (.bestCocktail, bestCocktail(for: task)), (.allTaskCocktail, allTaskCocktail(for: task)),
      (.bestMerge, bestMerge(for: task)),
    ]
    return task.metrics.map { metric in
      var contenders: [ComparisonRow.Role: Contender] = [:]
      for case (let role, let candidate?) in chosen {
        contenders[role] = contender(candidate, against: single, task, metric)
      }
      return ComparisonRow(
        task: task, metric: metric, testExamples: items(task, metric),
        base: base(settings: single?.settings ?? "").flatMap { estimate($0, task.name, .test, metric.name) },
        single: single.map { contender($0, against: nil, task, metric) }, contenders: contenders,
        chosenOn: chosenOn(task))
    }
  }

  private func contender(
    _ candidate: Candidate, against single: Candidate?, _ task: TaskColumn, _ metric: MetricColumn
  ) -> Contender {
    Contender(
      candidate: candidate, score: estimate(candidate, task.name, .test, metric.name),
      test: single.flatMap { gain(of: candidate, over: $0, task, metric) })
  }

  /// `validation macro_f1`, or nothing where no model has that score.
  private func chosenOn(_ task: TaskColumn) -> String {
    guard let metric = task.decidingMetric,
      candidates.contains(where: { estimate($0, task.name, .validation, metric.name) != nil })
    else { return "" }
    return "validation \(metric.name)"
  }
}
