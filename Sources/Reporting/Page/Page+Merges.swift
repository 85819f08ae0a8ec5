internal import Results
internal import Specs

extension Page {
  /// All merges, in the manifest's order.
  package var mergeTable: Table {
    let tasks = evidence.tasks.enumerated().map { index, task in
      Field<MergeRow>.number(heading(task), "Normalised score.") { $0.normalised[index] }
    }
    return Table(
      merges,
      [.text("model", "The merge.") { $0.candidate.model }] + tasks + [
        .number("mean", "Over its tasks.") { $0.mean }, .integer("seeds", "Behind the mean.") { $0.seeds },
        .text("worst task", "The lowest.") { row in
          row.worst.map { "\($0.task) (\(NumberText.fixed($0.score)))" } ?? NumberText.missing
        },
        .text("chosen on validation", "The best of its tasks.") { $0.isChosen ? "yes" : "no" },
        .number("retained energy", "Mean share.") { $0.retainedEnergy },
        .text("served", "Who decides among its parts.") { $0.candidate.serving?.by ?? "one adapter" },
        .text("size", "Megabytes.") { NumberText.fixed($0.candidate.mean(\.bytes) / 1e6, digits: 2) + " MB" },
      ])
  }

  /// What the chosen merges keep.
  package var mergeSentences: [String] {
    guard !merges.isEmpty else { return ["Nothing was merged."] }
    let chosen = merges.filter(\.isChosen)
    let heading = ["Normalised scores (merged ÷ single, 1 is as good)."] + unmeasuredSentences
    guard !chosen.isEmpty else { return heading + ["No merge could be chosen on validation."] }
    return heading
      + chosen.map { row in
        let worst = row.worst.map {
          "; worst is \(MarkdownFormat.escaped($0.task)) at \(NumberText.fixed($0.score))"
        }
        return "Chosen on validation for \(MarkdownFormat.escaped(row.candidate.taskList)): "
          + "\(MarkdownFormat.escaped(row.candidate.model))\(row.candidate.isTold ? " (told the task)" : ""), which keeps \(NumberText.fixed(row.mean)) "
          + "of its singles "
          + "on average\(worst ?? "")."
      }
  }

  /// Which tasks no normalised score can be told of.
  private var unmeasuredSentences: [String] {
    settings(of: merges.map(\.candidate)).compactMap { setting, place in
      let merged = Set(merges.filter { $0.candidate.settings == setting }.flatMap(\.candidate.tasks))
      let tasks = evidence.tasks.filter {
        merged.contains($0.name) && !evidence.isMeasure($0, settings: setting, on: .test)
      }
      func has(_ task: TaskColumn) -> Bool {
        evidence.baseScore(task, settings: setting, on: .test) != nil
      }
      func names(_ tasks: [TaskColumn]) -> String {
        tasks.map { MarkdownFormat.escaped($0.name) }.joined(separator: ", ")
      }
      let (weak, unknown) = (tasks.filter(has), tasks.filter { !has($0) })
      let reasons = [
        weak.isEmpty
          ? nil
          : "\(names(weak)), whose \(weak.count == 1 ? "single learned" : "singles learned") too little beyond the base "
            + "to be a measure",
        unknown.isEmpty
          ? nil
          : "\(names(unknown)), as the base has no score to hold the \(unknown.count == 1 ? "single" : "singles") against",
      ].compactMap(\.self)
      guard !reasons.isEmpty else { return nil }
      return "Without one, and out of the means\(place): \(reasons.joined(separator: "; "))."
    }
  }

  /// Every merge method by the point that validation chose.
  package var methodTable: Table {
    Table(
      evidence.methods,
      [
        .text("method", "The method.") { $0.merge.method },
        .integer("points", "Of its grid.") { $0.points },
        .text("chosen", "On validation.") { $0.merge.candidate.model },
        .text("served", "Who decides among its parts.") { $0.merge.candidate.serving?.by ?? "one adapter" },
        .number("validation", "Mean normalised score.") { $0.merge.validationMean },
        .text("test", "Mean normalised score.") { NumberText.estimate($0.merge.meanOverSeeds) },
        .integer("seeds", "Behind the mean.") { $0.merge.seeds },
        .integer("n", "Items of the tasks behind the mean.") { $0.merge.items },
        .text("worst task", "The lowest.") { row in
          row.merge.worst.map { "\($0.task) (\(NumberText.fixed($0.score)))" } ?? NumberText.missing
        },
        .text("size", "Megabytes.") {
          NumberText.fixed($0.merge.candidate.mean(\.bytes) / 1e6, digits: 2) + " MB"
        },
      ])
  }

  /// Which methods do better than the plain average of the adapters.
  package var methodSentences: [String] {
    let methods = evidence.methods
    guard methods.count > 1 else { return ["Fewer than two merge methods have scores on validation."] }
    func name(_ row: MethodRow) -> String {
      "\(MarkdownFormat.escaped(row.merge.candidate.model)) (\(NumberText.estimate(row.merge.meanOverSeeds)) on test)"
    }
    var sentences = ["Each method by the point of its grid that is best on validation, in that order."]
    let most = methods[0].merge.candidate.tasks.count
    let fewer = methods.filter { $0.merge.candidate.tasks.count < most }
    if !fewer.isEmpty {
      let names = fewer.map {
        MarkdownFormat.escaped(
          "\($0.merge.method ?? $0.merge.candidate.model) (\($0.merge.candidate.taskList))")
      }
      sentences.append(
        "Those of fewer tasks come last, as means over other tasks do not compare: \(names.joined(separator: ", "))."
      )
    }
    for isTold in [false, true] {
      if let best = methods.first(where: {
        $0.merge.candidate.isTold == isTold && $0.merge.candidate.tasks.count == most
      }) {
        sentences.append("Best\(isTold ? " of those that are told the task" : ""): \(name(best)).")
      }
    }
    guard let plain = methods.first(where: { $0.merge.method == "linear" }), let mean = plain.merge.mean
    else {
      return sentences
    }
    let others = methods.filter {
      $0.merge.method != "linear" && $0.merge.candidate.taskList == plain.merge.candidate.taskList
        && $0.merge.candidate.settings == plain.merge.candidate.settings && !$0.merge.candidate.isTold
    }
    let better = others.filter { ($0.merge.mean ?? -.infinity) > mean }.count
    return sentences + [
      "More than by the plain average, linear (\(NumberText.estimate(plain.merge.meanOverSeeds))), is kept on test by \(better) "
        + "of \(NumberText.count(others.count, "other method")) that need not be told it."
    ]
  }
}
