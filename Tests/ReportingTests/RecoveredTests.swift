import Basics
import Foundation
import Reporting
import Results
import Specs
import Statistics
import Testing

/// The scale from the base to the singles, and the tables that stand on it.
@Suite struct RecoveredTests {
  private func rows(_ name: String, _ results: ResultSet = Sample.results) throws -> [[String: Cell]] {
    let table = try ReportTables.all.entry(named: name).table(Sample.judged(results))
    return table.rows.map { Dictionary(uniqueKeysWithValues: zip(table.columns.map(\.name), $0)) }
  }

  private func number(_ cell: Cell?) -> Double? {
    if case .number(let value) = cell { value } else { nil }
  }

  @Test func `the base stands at zero and every single at one`() throws {
    let cells = try rows("recovered").filter { $0["measured"] == .text("true") }
    let bases = cells.filter { $0["kind"] == .text("base") }
    #expect(bases.count == 3 && bases.allSatisfy { $0["recovered"] == .number(0) })
    let singles = cells.filter { $0["kind"] == .text("single") && $0["seen"] == .text("true") }
    #expect(singles.count == 6 && singles.allSatisfy { $0["recovered"] == .number(1) })
    let models = try rows("models")
    #expect(models.first?["model"] == .text("base") && models.first?["recovered"] == .number(0))
    #expect(
      models.filter { $0["model"] == .text("singles") }.map { $0["recovered"] } == [.number(1), .number(1)])
    // The error of fiqa is in no mean.
    #expect(models.allSatisfy { $0["chosen_on_validation"] == .text("false") })
    #expect(models.allSatisfy { $0["validation_mean"] == .missing && $0["learned_tasks"] == .integer(3) })
    for name in ["merges", "methods"] {
      #expect(try rows(name).count { $0["model"] == .text("base") && $0["recovered"] == .number(0) } == 1)
    }
  }

  @Test func `intervals hold their shares, and are there from three seeds on, of merges from four`() throws {
    let cells = try rows("recovered")
    var told = 0
    for cell in cells {
      guard let low = number(cell["recovered_low"]), let high = number(cell["recovered_high"]) else {
        continue
      }
      let share = try #require(number(cell["recovered"]))
      #expect(low < share && share < high && cell["kind"] != .text("merge"))
      told += 1
    }
    #expect(told == 20)
    let models = try rows("models").filter { number($0["recovered_low"]) != nil }
    #expect(!models.isEmpty)
    for row in models {
      let share = try #require(number(row["recovered"]))
      #expect(
        try #require(number(row["recovered_low"])) < share && share < number(row["recovered_high"]) ?? 0)
    }
  }

  @Test func `a metric in another unit, or turned round, changes no share`() throws {
    var results = Sample.results
    for index in results.tasks[0].metrics.indices { results.tasks[0].metrics[index].higherIsBetter = false }
    for index in results.scores.indices where results.scores[index].task == "fpb" {
      results.scores[index].value *= -3
    }
    let scaled = try Evidence(results)
    let plain = try Evidence(Sample.results)
    for (one, other) in zip(plain.candidates, scaled.candidates) {
      for split in [Split.validation, .test] {
        let (a, b) = (
          plain.recovered(one, plain.tasks[0], on: split), scaled.recovered(other, scaled.tasks[0], on: split)
        )
        #expect((a == nil) == (b == nil) && abs((a ?? 0) - (b ?? 0)) < 1e-9)
      }
    }
  }

  @Test func `a single too near the base is no measure, by validation alone`() throws {
    var results = Sample.results
    for index in results.scores.indices {
      let row = results.scores[index]
      if row.task == "fomc", row.split == .validation, row.model.hasPrefix("single:fomc") {
        results.scores[index].value = 0.37
      }
    }
    let cells = try rows("recovered", results).filter { $0["task"] == .text("fomc") }
    #expect(
      !cells.isEmpty && cells.allSatisfy { $0["measured"] == .text("false") && $0["recovered"] == .missing })
    // What is on test does not matter.
    for index in results.scores.indices where results.scores[index].split == .test {
      results.scores[index].value = 0.5
    }
    let flat = try rows("recovered", results)
    #expect(flat.contains { $0["measured"] == .text("true") })
  }

  @Test func `all models against one are a family, in which any may win`() throws {
    let register = try Sample.judged().register
    let rows = register.contrasts.filter { $0.question == "one_model" }
    #expect(rows.count > 8 && rows.allSatisfy { $0.task.isEmpty && $0.candidates == 1 })
    #expect(Set(rows.map(\.arm)) == Set(Sample.settings))
    #expect(rows.contains { $0.outcome == .loss })
    for row in rows where row.outcome != nil {
      #expect((row.adjusted ?? 0) >= (row.p ?? 1))
      #expect(row.second.role == "all_cocktail" && row.second.model.hasPrefix("cocktail:all"))
    }
  }

  /// The sample with one task's single so near the base on validation that it is learned and no measure.
  private func nearlyUnlearned(gain: Double) -> ResultSet {
    var results = Sample.results
    // Where the base is the only floor.
    results.models.removeAll { $0.kind == .floor }
    results.scores.removeAll { $0.model.hasPrefix("floor:") }
    let base = results.scores.first { $0.model == "base" && $0.task == "fomc" && $0.split == .validation }
    for index in results.scores.indices {
      let row = results.scores[index]
      guard row.task == "fomc", row.split == .validation, row.model.hasPrefix("single:fomc") else { continue }
      results.scores[index].value = (base?.value ?? 0) + gain + 1e-4 * Double(row.seed ?? 0)
    }
    return results
  }

  @Test func `the one model for all is the best over every learned task, measured or not`() throws {
    var results = nearlyUnlearned(gain: 0.02)
    // Of fiqa the correlation counts, which the base has none of.
    results.tasks[2].metrics.removeFirst()
    // Perfect on its own task, which is the only measured one, and poor on the others.
    let (specialist, allrounder) = ("single:fpb[adapter.rank=4]", "cocktail:fpb+fomc[adapter.rank=4]")
    for index in results.scores.indices where results.scores[index].split == .validation {
      let row = results.scores[index]
      if row.model == specialist { results.scores[index].value = row.task == "fpb" ? 0.99 : 0.2 }
      if row.model == allrounder { results.scores[index].value = 0.8 }
    }
    let evidence = try Sample.judged(results)
    #expect(evidence.scale.learnedTasks(at: "adapter.rank=4") == ["fpb", "fomc", "fiqa"])
    #expect(evidence.scale.tasks(at: "adapter.rank=4") == ["fpb"])
    let own = evidence.servingRows.filter { $0.settings == "adapter.rank=4" }
    #expect(own.filter(\.isChosen).map(\.name) == [allrounder] && own.allSatisfy { $0.learned == 3 })
    let page = Page(evidence).servingSentences
    #expect(
      page.contains(
        "One model for all tasks: cocktail:fpb+fomc[adapter.rank=4], chosen by its mean over the 3 learned tasks on "
          + "validation; recovers "))
    #expect(page.contains(" on 1 measured task (without fomc, fiqa), least of fpb: "))
    // On its own task a single is 1 by definition, which says nothing of how it serves.
    let single = try #require(own.first { $0.name == specialist })
    #expect(single.measured == 0 && single.recovered == nil && single.worst == nil)
    let other = try #require(own.first { $0.name == "single:fomc[adapter.rank=4]" })
    let model = try #require(evidence.candidates.first { $0.model == other.name })
    #expect(other.measured == 1 && other.recovered?.value == evidence.recovered(model).byTask["fpb"]?.value)
  }

  @Test func `of one learned task there is no model for all, and the page says so`() throws {
    var results = nearlyUnlearned(gain: 0)
    results.tasks.removeLast()
    results.scores.removeAll { $0.task == "fiqa" }
    results.models.removeAll { $0.tasks == ["fiqa"] }
    for index in results.models.indices { results.models[index].tasks.removeAll { $0 == "fiqa" } }
    results.scores.removeAll { $0.model.hasPrefix("single:fiqa") }
    let evidence = try Sample.judged(results)
    #expect(evidence.servingRows.allSatisfy { !$0.isChosen && $0.validation == nil })
    #expect(
      Page(evidence).servingSentences.contains(
        "One model for all tasks at adapter.rank=4: none is told, as fewer than two tasks were learned."))
  }

  @Test func `settings and parameters stand in columns, and the experiment in the first`() throws {
    var results = Sample.results
    for index in results.merges.indices where results.merges[index].method == "ties" {
      results.merges[index].parameters = ["density": "0.2", "sign": "mass"]
    }
    for table in ReportTables.all.entries {
      let built = table.table(try Sample.judged(results))
      #expect(built.columns.first?.name == "experiment")
      let place = built.columns.firstIndex { ["settings", "arm"].contains($0.name) }
      let varies =
        place.map { place in
          built.rows.contains { row in
            if case .text(let words) = row[place] { words.hasPrefix("adapter.rank=") } else { false }
          }
        } ?? false
      #expect(
        built.columns.contains { $0.name == "adapter_rank" && $0.kind == .number } == varies, "\(table.name)")
    }
    let merges = try rows("merges", results)
    #expect(
      merges.count { $0["parameter_density"] == .number(0.2) && $0["parameter_sign"] == .text("mass") } == 2)
    #expect(merges.count { $0["parameter_density"] == .missing } == 3)
  }

  @Test func `no column but those of wide tables names a task`() throws {
    let evidence = try Sample.judged()
    for table in ReportTables.all.entries where !table.name.hasPrefix("wide/") {
      for column in table.table(evidence).columns {
        #expect(!Sample.tasks.contains { column.name.contains($0.name) }, "\(table.name) \(column.name)")
      }
    }
  }

  @Test func `ingredients are what the register says of them`() throws {
    let evidence = try Sample.judged()
    let rows = evidence.ingredients
    #expect(!rows.isEmpty && rows.allSatisfy { $0.target != $0.ingredient })
    for row in rows {
      let all = evidence.register.contrasts.filter {
        $0.question == "ingredient" && $0.subject == row.ingredient && $0.task == row.target
          && $0.arm == row.arm
      }
      #expect(row.inAll == nil || all.contains { $0.estimate == row.inAll?.estimate })
    }
  }

  @Test func `a margin of the manifest makes equal possible, for metrics in points alone`() throws {
    var results = Sample.results
    results.margin = 0.5
    let rows = try Register(Evidence(results), items: SampleItems(results)).contrasts
    #expect(rows.contains { $0.outcome == .equal })
    #expect(rows.allSatisfy { $0.metric != "mse" || $0.margin == nil && $0.outcome != .equal })
    #expect(try Sample.judged().register.contrasts.allSatisfy { $0.margin == nil && $0.outcome != .equal })
  }

  @Test func `the first screen has thirty lines at most, and one model for all`() throws {
    let page = Page(try Sample.judged()).text
    let screen = page.components(separatedBy: "\n## ").prefix(2).joined(separator: "\n## ")
    #expect(screen.split(separator: "\n", omittingEmptySubsequences: false).count <= 30)
    #expect(
      screen.contains(
        "One model for all tasks at adapter.rank=4: none is told, as no mean holds all learned tasks: the metric of fiqa has a "
          + "scale of its own."))
  }
}
