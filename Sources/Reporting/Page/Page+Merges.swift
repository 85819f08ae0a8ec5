internal import Results
internal import Specs

extension Page {
  /// Merges that were tested, in the manifest's order, after the base.
  package var mergeTable: Table {
    let tasks = evidence.tasks.map { task in
      Field<MergeRow>.text(heading(task), "What it recovers.") {
        NumberText.share($0.recovered.byTask[task.name])
      }
    }
    return Table(
      merges.filter { !$0.recovered.byTask.isEmpty },
      [.text("model", "The merge.") { $0.candidate.model }] + tasks + [
        .text("mean", "Over its tasks.") { NumberText.share($0.recovered.own) },
        .integer("seeds", "Behind the mean.") { $0.recovered.seeds },
        .text("worst task", "The lowest.") { Page.worst($0) },
        .text("chosen on validation", "The best of its tasks.") { $0.isChosen ? "yes" : "no" },
        .number("retained energy", "Mean share.") { $0.retainedEnergy },
        .text("served", "Who decides among its parts.") { $0.candidate.serving?.by ?? "one adapter" },
        .text("size", "Megabytes.") { NumberText.fixed($0.candidate.mean(\.bytes) / 1e6, digits: 2) + " MB" },
      ])
  }

  private static func worst(_ row: MergeRow) -> String {
    row.worst.map { "\($0.task) (\(NumberText.fixed($0.recovered.value)))" } ?? NumberText.missing
  }

  /// What the chosen merges recover.
  package var mergeSentences: [String] {
    let rows = merges.filter { $0.candidate.kind == .merge }
    guard !rows.isEmpty else { return ["Nothing was merged."] }
    let chosen = rows.filter(\.isChosen)
    let untested = rows.filter { $0.recovered.byTask.isEmpty }.count
    var heading = ["(merge − base) ÷ (single − base): 0 is the base, 1 is as good as the singles."]
    heading += unmeasuredSentences
    if untested > 0 {
      heading.append("\(NumberText.count(untested, "merge")) without a number here: see merges.csv.")
    }
    guard !chosen.isEmpty else { return heading + ["No merge could be chosen on validation."] }
    return heading
      + chosen.map { row in
        let worst = row.worst.map {
          "; worst is \(MarkdownFormat.escaped($0.task)) at \(NumberText.fixed($0.recovered.value))"
        }
        let share = row.recovered.own.map {
          ", which recovers \(NumberText.share($0)) of what its singles gain over the base"
        }
        return "Chosen on validation for \(MarkdownFormat.escaped(row.candidate.taskList)): "
          + "\(MarkdownFormat.escaped(row.candidate.model))\(row.candidate.isTold ? " (told the task)" : "")"
          + "\(share ?? "")\(worst ?? "")."
      }
  }

  /// Which tasks are no measure.
  private var unmeasuredSentences: [String] {
    settings(of: merges.map(\.candidate)).compactMap { setting, place in
      let merged = Set(merges.filter { $0.candidate.settings == setting }.flatMap(\.candidate.tasks))
      let measured = evidence.scale.tasks(at: setting)
      let tasks = evidence.tasks.filter { merged.contains($0.name) && !measured.contains($0.name) }
      func has(_ task: TaskColumn) -> Bool {
        evidence.baseScore(task, settings: setting, on: .validation) != nil
      }
      func names(_ tasks: [TaskColumn]) -> String {
        tasks.map { MarkdownFormat.escaped($0.name) }.joined(separator: ", ")
      }
      let (weak, unknown) = (tasks.filter(has), tasks.filter { !has($0) })
      let reasons = [
        weak.isEmpty
          ? nil
          : "\(names(weak)), whose \(weak.count == 1 ? "single learned" : "singles learned") too little beyond the base on "
            + "validation to be a measure",
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
        .number("validation", "What it recovers there.") { $0.merge.validation },
        .text("test", "What it recovers there.") { NumberText.share($0.merge.recovered.own) },
        .integer("seeds", "Behind the mean.") { $0.merge.recovered.seeds },
        .integer("n", "Items of the tasks behind the mean.") { $0.merge.items },
        .text("worst task", "The lowest.") { Page.worst($0.merge) },
        .text("size", "Megabytes.") {
          NumberText.fixed($0.merge.candidate.mean(\.bytes) / 1e6, digits: 2) + " MB"
        },
      ])
  }

  /// In what order the methods stand, and who was best on validation.
  package var methodSentences: [String] {
    let methods = evidence.methods.filter { $0.merge.candidate.kind == .merge }
    guard methods.count > 1 else { return ["Fewer than two merge methods have scores on validation."] }
    func name(_ row: MethodRow) -> String {
      "\(MarkdownFormat.escaped(row.merge.candidate.model)) (\(NumberText.share(row.merge.recovered.own)) on test)"
    }
    var sentences = [
      "Each method by the point of its grid that recovers most on validation, in that order; the base is 0."
    ]
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
        sentences.append(
          "Best on validation\(isTold ? " of those that are told the task" : ""): \(name(best)).")
      }
    }
    return sentences
  }
}
