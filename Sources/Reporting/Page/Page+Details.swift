internal import Results
internal import Statistics

extension Page {
  /// F1 of each label for the models of the comparison.
  package var classTable: Table {
    let groups = evidence.register.labels.reduce(into: [[LabelAnswers]]()) { groups, answers in
      if let last = groups.last?.first, last.task == answers.task, last.arm == answers.arm {
        groups[groups.count - 1].append(answers)
      } else {
        groups.append([answers])
      }
    }
    let rows = groups.flatMap { group in group[0].labels.indices.map { (group: group, label: $0) } }
    @Sendable func score(_ row: (group: [LabelAnswers], label: Int), _ role: String) -> String {
      row.group.first { $0.role == role }.map { NumberText.fixed($0.f1(row.label)) } ?? NumberText.missing
    }
    let single: @Sendable ((group: [LabelAnswers], label: Int)) -> String = { row in
      guard let answers = row.group.first(where: { $0.role == "single" }) else { return NumberText.missing }
      let wrong = answers.labels.indices.filter { $0 != row.label && answers.count(row.label, $0) > 0 }
      guard let most = wrong.max(by: { answers.count(row.label, $0) < answers.count(row.label, $1) }) else {
        return "–"
      }
      return "\(answers.labels[most]) (\(NumberText.fixed(answers.count(row.label, most), digits: 1)))"
    }
    return Table(
      rows,
      [
        .text("task", "The task, and the budget where there are several.") {
          Page.name($0.group[0].task, in: $0.group[0].arm)
        },
        .text("label", "The label.") { $0.group[0].labels[$0.label] },
        .integer("wanted", "Test items, or words.") { $0.group[0].support($0.label) },
      ]
        + [
          ("base", "base"), ("single", "single"), ("best cocktail", "best_cocktail"), ("all", "all_cocktail"),
          ("merge", "merge"),
        ]
        .filter {
          $1 != ComparisonRow.Role.bestCocktail.rawValue || evidence.arms.contains(where: \.choosesCocktail)
        }
        .map { name, role in .text(name, "F1.") { score($0, role) } } + [
          .text("single takes it most for", "The most frequent wrong answer.", single)
        ])
  }

  /// What the table is.
  package var classSentences: [String] {
    evidence.register.labels.isEmpty
      ? ["No predictions of labels are there."]
      : ["F1 of each label on test, mean over seeds; confusion.csv has what was taken for what."]
  }

  /// What was chosen, how firmly, and what came second.
  package var choiceTable: Table {
    let groups = evidence.register.choices.reduce(into: [[Choice]]()) { groups, choice in
      if let last = groups.last?.first, last.task == choice.task, last.role == choice.role,
        last.arm == choice.arm
      {
        groups[groups.count - 1].append(choice)
      } else {
        groups.append([choice])
      }
    }
    return Table(
      groups,
      [
        .text("task", "The task, and the budget where there are several.") {
          Page.name($0[0].task.isEmpty ? "all" : $0[0].task, in: $0[0].arm)
        },
        .text("role", "What is chosen.") { $0[0].role.replacing("_", with: " ") },
        .integer("candidates", "Among how many.") { $0.count },
        .text("chosen", "On validation.") { $0.first(where: \.isChosen)?.model },
        .text("again", "How often.") { group in Page.percent(group.first(where: \.isChosen)?.share) },
        .text("else mostly", "The runner-up.") { group in
          let others = group.filter { !$0.isChosen }
          let most = others.map(\.share).max()
          return others.first { $0.share == most }.map { "\($0.model) (\(Page.percent($0.share)))" }
        },
      ])
  }

  private static func percent(_ share: Double?) -> String {
    share.map { NumberText.fixed(100 * $0, digits: 0) + " %" } ?? NumberText.missing
  }

  /// What the table is.
  package var choiceSentences: [String] {
    evidence.register.choices.isEmpty
      ? ["No task's model, and no merge, was chosen among several whose validation predictions are there."]
      : [
        "How often validation would choose the same again, with one seed left out and its items drawn anew."
      ]
  }

  /// Training losses.
  package var curveTable: Table {
    Table(
      evidence.curves,
      [
        .text("model", "The model.") { $0.model.model },
        .integer("steps", "Optimiser steps.") { $0.steps },
        .number("first tenth", "Mean training loss.") { $0.losses[0] },
        .number("middle", "Mean training loss.") { $0.losses[1] },
        .number("last tenth", "Mean training loss.") { $0.losses[2] },
        .text("change at the end", "Of the loss over the last fifth: what falls still might have gone on.") {
          NumberText.signed(-100 * $0.lastFall, digits: 1) + " %"
        },
      ])
  }

  /// What the table is.
  package var curveSentences: [String] {
    evidence.curves.isEmpty
      ? ["No learning curves are there."]
      : [
        "Mean training loss over seeds at the beginning, in the middle and at the end, and how it changed from the last tenth but "
          + "one to the last; curves.csv has twenty points of each training."
      ]
  }
}
