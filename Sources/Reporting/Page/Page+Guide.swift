internal import Basics
internal import Results
internal import Specs

extension Page {
  /// `12 of 138 jobs have results: these tables are incomplete.`; nothing where none is open.
  package var incompleteSentences: [String] {
    evidence.results.incomplete.map { ["\($0): these tables are incomplete."] } ?? []
  }

  /// Scores that a model should have on its own tasks and has not.
  package var missingSentences: [String] {
    var missing: [String] = []
    for row in evidence.candidates.flatMap(\.rows) {
      for task in evidence.tasks where row.tasks.contains(task.name) {
        let metrics = task.metrics.filter { metric in
          evidence.score(row, task.name, .test, metric.name)?.value.isFinite != true
        }
        if metrics.count == task.metrics.count {
          missing.append("\(row.model) seed \(row.seed.map(String.init) ?? "none") on \(task.name)")
        }
      }
    }
    let failures = evidence.results.failures.count
    var sentences = [
      failures == 0 ? "No job failed." : "\(NumberText.count(failures, "job")) failed, listed below."
    ]
    sentences += incompleteSentences
    if missing.isEmpty {
      // Of models that were never made nothing is told here.
      if evidence.results.incomplete == nil {
        sentences.append("Every model has its test scores on all tasks that it learned from.")
      }
    } else {
      let shown = missing.prefix(10).map(MarkdownFormat.escaped).joined(separator: "; ")
      let rest = missing.count > 10 ? "; and \(missing.count - 10) more" : ""
      sentences.append("Without a test score on a task that it learned from: \(shown)\(rest).")
    }
    return sentences + overlookedSentences
  }

  /// Who was no candidate for the best, or that there could be no best.
  private var overlookedSentences: [String] {
    let names = evidence.overlooked.map { model in
      "\(MarkdownFormat.escaped(model.model)) on "
        + "\(model.tasks.map(MarkdownFormat.escaped).joined(separator: ", ")) (\(model.seeds) of \(model.most) seeds)"
    }
    let hasRivals = !evidence.candidates(of: .cocktail, .merge).isEmpty
    if hasRivals, comparisons.allSatisfy(\.chosenOn.isEmpty) {
      return [
        "Nothing could be chosen, as no model has a validation score: there is no best cocktail or merge."
      ]
    }
    guard !names.isEmpty else { return [] }
    return [
      "No candidate for the best, as the seeds without a validation score may be those that would lower the mean: "
        + "\(names.joined(separator: "; "))."
    ]
  }

  /// One line for each failed job.
  package var failureList: String {
    let sorted = evidence.results.failures.sorted {
      [$0.label, $0.job, $0.message].lexicographicallyPrecedes([$1.label, $1.job, $1.message])
    }
    let lines = sorted.map { failure in
      "- \(MarkdownFormat.escaped(failure.label)) (job \(MarkdownFormat.escaped(failure.job))): "
        + "\(MarkdownFormat.escaped(failure.message))\n"
    }
    return lines.isEmpty ? "" : "\n" + lines.joined()
  }

  /// Statistics and the rule of choice, one line each.
  package var guide: String {
    let lines = [
      "Numbers are means over seeds on the test split; ± is half the width of the 95 % interval by "
        + "Student's t.",
      "n is the number of items of the test split; of a mean over tasks their sum. A mean over another number of seeds "
        + "than \(seedCount) says so.",
      "Δ is the gain over the single, signed so that positive is better, whatever the metric's direction (↑ higher is "
        + "better, ↓ lower is better). Behind it stands its own 95 % interval for new seeds *and* new texts.",
      "A verdict is win, loss, equal (within the margin that the manifest sets) or undecided, and stands in contrasts.csv "
        + "once. `undecided` is not `equal`; what would decide stands beside it. There is no verdict where no interval holds, "
        + "where a seed collapsed, where fewer than ten items differ between any of both sides' seeds, or where the task is not "
        + "learned: its single is not above the best of its floors on validation by the one-sided 95 % interval, and it is in no "
        + "mean.",
      "Floors are what can be had without training a model for the task: the base as it is, the most frequent label "
        + "(*majority*), a linear head on the untrained base, fitted to the same training rows (*probe*), and that head without "
        + "one of the columns of the text (*blind*). The best of them on validation is the task's floor.",
      "On the first screen *steps* are those of the cocktail of all over the single's, *helps, harms* the ingredients with a "
        + "verdict, of the cocktail of all and in pairs, *learned: open* a task whose single's gain over its floor is undecided on "
        + "test, *train* what the verdicts recommend; fresh seeds are others than those that chose: the model and its single, run under another name.",
      ContrastRule.words,
      seedsLine,
      familyLine,
      "The best models are chosen by the mean of the task's first metric on validation, never on test; "
        + "of equal ones "
        + "the earlier in the manifest. With a grid the single is chosen in the same way.",
      "The one model for all tasks is chosen by its mean over all learned tasks on validation, and not where their metrics have "
        + "no mean; merges among themselves by what they recover there.",
      "Recovered is (model − base) ÷ (single − base): 0 is the base, 1 the single; with Fieller's interval for a task and a "
        + "bootstrap's for a mean over tasks. It is told of tasks whose single is at least four standard errors above the base "
        + "on validation. As a model for all tasks a single is measured by the other tasks alone: on its own it is 1 by "
        + "definition.",
      "What was chosen on validation by the same trainings that are tested stands too high: it can lose and cannot win, and "
        + "its intervals have no lower end.",
      "All cells are reported, in the manifest's order. n/a means that there is no value.",
    ]
    return lines.map { "- \($0)\n" }.joined()
  }

  /// What seeds differ in, and what intervals therefore do not speak of.
  private var seedsLine: String {
    let varied = Variation.allCases.filter(evidence.results.varies.contains)
    let others = Variation.allCases.filter { !varied.contains($0) && $0 != .base }.map(\.words)
    let same = (evidence.seedsHaveBases ? [] : ["the base"]) + others + ["the validation rows"]
    let rests =
      evidence.seedsHaveBases
      ? " All models of a seed rest on its base, so comparisons are made seed by seed." : ""
    return
      "Seeds differ in \(varied.map(\.words).joined(separator: ", in ")), and in what merges draw. The same for all of them are "
      + same.joined(separator: ", ") + ": no interval speaks of others." + rests
  }

  /// What 5 % are of, and how many times this page takes the chance.
  private var familyLine: String {
    let families = evidence.register.families
    let rule =
      "Error rates are per family: one question about one subject in one arm, its mean over the learned tasks first, then its "
      + "tasks; the models for all tasks are one family. In each the chance of any false win or loss is at most 5 %. "
    if families == 0 { return rule + "Here no family has a verdict." }
    let expected = NumberText.fixed(0.05 * Double(families), digits: 1)
    return rule
      + "They are not per report: \(NumberText.count(families, "family", "families")) here \(families == 1 ? "has" : "have") "
      + "verdicts, so were there no difference anywhere, up to \(expected) of them would say one falsely, on average."
  }

  /// The files beside the page; what git does not keep is named and not linked.
  package var files: String {
    let lines = ReportTables.all.entries.map { table in
      let name = table.isOfMachine ? "`\(table.file)`" : "[\(table.file)](\(table.file))"
      let note =
        table.isOfMachine
        ? " Seconds and memory of the machines that ran it: they differ from run to run, and git does not keep them. Steps, "
          + "tokens and FLOPs stand in runs.csv, models.csv and cocktails.csv." : ""
      return "- \(name): \(table.question)\(note)\n"
    }
    return "\n" + lines.joined() + "- [COLUMNS.md](COLUMNS.md): what every column means.\n"
  }
}
