internal import Basics
package import Results
internal import Specs
package import Statistics

/// A model in the place of one column group of the comparison.
package struct Contender {
  package var candidate: Candidate
  /// On the test split.
  package var score: Estimate?
  /// Against the single, as the register has it for this role.
  package var contrast: Contrast?
  /// The same models in another question that decides what this one leaves open.
  package var decided: Contrast?
  /// Why there is no contrast; empty where there is one.
  package var absence = ""

  /// What is to be known of the verdict, or why there is none.
  package var note: String { contrast?.note ?? absence }

  /// Nil where no verdict may be given.
  package var outcome: Contrast.Outcome? { decided?.outcome ?? contrast?.outcome }
}

/// One task and metric: floors, the base, the single and those that challenge it.
package struct ComparisonRow {
  /// Who challenges the single.
  package enum Role: String, CaseIterable, Sendable {
    case bestCocktail = "best_cocktail"
    case allTaskCocktail = "all_cocktail"
    case bestUnseen = "best_unseen"
    case merge = "merge"

    /// As people say it.
    package var words: String {
      switch self {
      case .bestCocktail: "best cocktail"
      case .allTaskCocktail: "all-task cocktail"
      case .bestUnseen: "best unseen"
      case .merge: "merge"
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
      case .bestUnseen:
        "The single or cocktail that never saw this task with the best validation mean of its first metric."
      case .merge:
        "The one merge for all tasks: one adapter, made of all singles, chosen once on validation; the same in every row."
      }
    }
  }

  /// The budget whose models these are; empty where there is one.
  package var arm: String
  package var task: TaskColumn
  package var metric: MetricColumn
  package var testExamples: Int?
  package var base: Estimate?
  /// On the test split.
  package var floors: [Floor: Estimate]
  /// The best of floors and base on validation, with its test score.
  package var floor: Contender?
  package var single: Contender?
  package var contenders: [Role: Contender]
  package var chosenOn: String

  package subscript(role: Role) -> Contender? { contenders[role] }

  /// `macro_f1`, or `macro_f1 by attribute` of a mean over groups.
  package var metricWords: String { metric.name + (task.by.isEmpty ? "" : " by \(task.by)") }

  /// Whether this is the metric that decides.
  package var isPrimary: Bool { metric.name == task.decidingMetric?.name }
}

extension Evidence {
  /// The main comparison: one row for each arm, task and metric; verdicts are the register's.
  package var comparisons: [ComparisonRow] {
    arms.flatMap { arm in tasks.flatMap { task in arm.comparisons(for: task) } }
  }

  private func comparisons(for task: TaskColumn) -> [ComparisonRow] {
    let single = chosenSingle(for: task)
    let chosen: [(ComparisonRow.Role, Candidate?)] = [
      (.bestCocktail, bestCocktail(for: task)), (.allTaskCocktail, allTaskCocktail(for: task)),
      (.bestUnseen, bestUnseen(for: task)),
      (.merge, register.merge(in: arm).flatMap { name in candidates.first { $0.model == name } }),
    ]
    let settings = single?.settings ?? ""
    let floor = bestFloor(of: task, settings: settings)
    return task.metrics.map { metric in
      func tested(_ model: Candidate) -> Contender {
        Contender(candidate: model, score: estimate(model, task.name, .test, metric.name))
      }
      let floors = Floor.allCases.compactMap { kind in
        self.floor(kind, of: task, settings: settings).flatMap { model in
          tested(model).score.map { (kind, $0) }
        }
      }
      var contenders: [ComparisonRow.Role: Contender] = [:]
      for case (let role, let candidate?) in chosen {
        // One contrast, once: where there is nothing to choose both are the cocktail of all.
        let asked = role == .bestCocktail && !choosesCocktail ? .allTaskCocktail : role
        let contrast = register.contrast(asked.rawValue, arm: arm, task: task.name, metric: metric.name)
        contenders[role] = Contender(
          candidate: candidate, score: estimate(candidate, task.name, .test, metric.name), contrast: contrast,
          decided: contrast.flatMap(register.decided),
          absence: contrast == nil && single == nil ? absence(of: asked.rawValue, task, metric) : "")
      }
      return ComparisonRow(
        arm: arm, task: task, metric: metric, testExamples: items(task, metric),
        base: base(settings: settings).flatMap { tested($0).score },
        floors: Dictionary(uniqueKeysWithValues: floors), floor: floor.map(tested),
        single: single.map(tested),
        contenders: contenders, chosenOn: chosenOn(task))
    }
  }

  /// Why nothing is compared with the single of a budget that trains none, and where a comparison stands all the same.
  private func absence(of question: String, _ task: TaskColumn, _ metric: MetricColumn) -> String {
    if arm.isEmpty { return "no single" }
    let across = register.contrasts.filter {
      $0.question == question && $0.arm == arm && $0.task == task.name && $0.metric == metric.name
    }.map(\.secondArm)
    return "no single of this budget"
      + (across.isEmpty ? "" : "; contrasts.csv has it against that of \(across.joined(separator: ", "))")
  }

  /// `validation macro_f1`, or nothing where no model has that score.
  private func chosenOn(_ task: TaskColumn) -> String {
    guard let metric = task.decidingMetric,
      candidates.contains(where: { estimate($0, task.name, .validation, metric.name) != nil })
    else { return "" }
    return "validation \(metric.name)" + (choice == nil ? "" : " of the seeds of tune")
  }
}
