import Basics
import Reporting
import Results
import Specs
import Testing

/// What stands behind the comparison: labels, choices, curves.
@Suite struct DetailTests {
  private func rows(_ name: String, _ results: ResultSet = Sample.results) throws -> [[String: Cell]] {
    let table = try ReportTables.all.entry(named: name).table(Sample.judged(results))
    return table.rows.map { Dictionary(uniqueKeysWithValues: zip(table.columns.map(\.name), $0)) }
  }

  private func number(_ cell: Cell?) -> Double {
    if case .number(let value) = cell { value } else { .nan }
  }

  @Test func `scores of labels follow from what was taken for what`() throws {
    let classes = try rows("classes")
    let confusion = try rows("confusion")
    #expect(!classes.isEmpty && confusion.count == 3 * classes.count)
    for row in classes {
      let own = confusion.filter {
        $0["task"] == row["task"] && $0["role"] == row["role"] && $0["model"] == row["model"]
      }
      let wanted = own.filter { $0["target"] == row["label"] }.reduce(0) { $0 + number($1["count"]) }
      let right = own.filter { $0["target"] == row["label"] && $0["answer"] == row["label"] }
        .reduce(0) { $0 + number($1["count"]) }
      #expect(abs(number(row["recall"]) - right / wanted) < 1e-12 && row["support"] == .integer(Int(wanted)))
      let (p, r) = (number(row["precision"]), number(row["recall"]))
      // Means over seeds of ratios, which differ little here.
      #expect(abs(number(row["f1"]) - 2 * p * r / (p + r)) < 0.01)
    }
  }

  @Test func `shares of a choice sum to one, and the chosen one is that of the comparison`() throws {
    let choices = try Sample.judged().register.choices
    let comparisons = try Sample.judged().comparisons
    // Of fiqa there is one candidate with all seeds.
    for task in Sample.tasks.dropLast().map(\.name) {
      let own = choices.filter { $0.task == task && $0.role == "best_cocktail" }
      #expect(own.count > 1 && abs(own.reduce(0) { $0 + $1.share } - 1) < 1e-12)
      let row = try #require(comparisons.first { $0.task.name == task && $0.isPrimary })
      #expect(own.first { $0.isChosen }?.model == row[.bestCocktail]?.candidate.model)
    }
    let merges = choices.filter { $0.role == "merge" }
    #expect(merges.first { $0.isChosen }?.model == (try Sample.judged().register.merge()))
  }

  @Test func `a curve says how the loss fell`() throws {
    let curves = try Evidence(Sample.results).curves
    #expect(curves.count == 10 && curves.allSatisfy { $0.steps == 200 })
    for curve in curves {
      #expect(curve.losses[0] > curve.losses[1] && curve.losses[1] > curve.losses[2])
      #expect(curve.lastFall > 0 && curve.lastFall < 0.1)
    }
    var results = Sample.results
    results.curves.reverse()
    #expect(try rows("curves", results) == rows("curves"))
  }
}
