internal import Basics
internal import Results
internal import Specs
internal import Statistics

extension Page {
  /// A model's chosen point among those tried, task by task: singles and chosen models.
  package var tuningTable: Table {
    let rows = evidence.tasks.compactMap {
      task -> (task: TaskColumn, single: [ExpectedBestRow], cocktail: [ExpectedBestRow])? in
      let own = evidence.expectedBestRows.filter { $0.task == task.name }
      let (singles, cocktails) = (own.filter { $0.kind == "single" }, own.filter { $0.kind == "cocktail" })
      return singles.isEmpty ? nil : (task, singles, cocktails)
    }
    return Table(
      rows,
      [
        .text("task", "The task.") { $0.task.name },
        .text("single", "The point that was chosen for it.") { [evidence] row in
          evidence.tries?.best(of: "single:\(row.task.name)")?.tuned
        },
        .integer("tries", "Of the single.") { $0.single.count },
        .text("best of them", "Expected on validation.") { NumberText.fixed($0.single.last?.expected) },
        .text("cocktail", "The one that was chosen for it, and its point.") { [evidence] row in
          let name = evidence.choice?.cocktails[row.task.name]
          let point = name.flatMap { evidence.tries?.best(of: $0)?.tuned } ?? ""
          return name.map { $0 + (point.isEmpty ? "" : " at \(point)") }
        },
        .text("best of as many", "Expected of so many tries of cocktails.") { row in
          NumberText.fixed(row.cocktail.first { $0.k == row.single.count }?.expected)
        },
        .integer("tries", "Of cocktails.") { $0.cocktail.count },
        .text("best of them", "Expected on validation.") { NumberText.fixed($0.cocktail.last?.expected) },
      ])
  }

  /// What the table is; nothing where nothing was tried.
  package var tuningSentences: [String] {
    guard let tries = evidence.tries else {
      return [
        "Nothing was tried on seeds of its own: what is called best was chosen by the trainings that are compared."
      ]
    }
    let points = Set(tries.tries.map(\.tuned)).count
    return [
      "\(NumberText.count(tries.models.count, "model")) at \(NumberText.count(points, "point")) each were tried on seeds that are "
        + "reported nowhere else, and chosen by validation there; what the other seeds trained is compared. Beside the best of all "
        + "tries of a single and of cocktails stands what as many tries of cocktails as of the single would be worth "
        + "(tuning.csv, expected_best.csv)."
    ]
  }
}
