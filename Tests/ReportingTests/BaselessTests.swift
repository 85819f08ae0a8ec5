import Foundation
import Reporting
import Results
import Specs
import Statistics
import Testing

/// Tables of tasks that the base has no score on, of parts of an experiment, and of models beside themselves.
@Suite struct BaselessTests {
  /// The sample with linear heads: no model is evaluated on a task that it did not learn.
  private static let linear: ResultSet = {
    var results = Sample.results
    let learned = Dictionary(results.models.map { ($0.model, $0.tasks) }) { first, _ in first }
    results.scores.removeAll { learned[$0.model]?.contains($0.task) != true }
    results.models.removeAll { $0.kind == .base }
    return results
  }()

  private func table(_ name: String, _ results: ResultSet) throws -> [[String: String]] {
    let file = try #require(
      Report(results, items: SampleItems(results)).files.first { $0.name == "\(name).csv" })
    let lines = file.text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test func `a ratio to a single that nothing shows to have learned is not told, and still orders merges`()
    throws
  {
    let rows = try table("merges", Self.linear)
    #expect(rows.count == 4)
    for row in rows {
      #expect(row["recovered"] == "" && row["worst_recovered"] == "" && row["worst_task"] == "")
      #expect(row["validation_recovered"] != "")
    }
    #expect(rows.filter { $0["chosen_on_validation"] == "true" }.count == 1)
    #expect(
      Page(try Evidence(Self.linear)).text.contains(
        "fpb, fomc, fiqa, as the base has no score to hold the singles against."))
  }

  @Test func `where the base has no score no share is told, of singles neither`() throws {
    let rows = try table("wide/recovered", Self.linear)
    #expect(rows.contains { $0["kind"] == "single" })
    for row in rows {
      for task in Sample.tasks.map(\.name) {
        #expect(row["validation_\(task)"] == "" && row["test_\(task)"] == "", "\(row)")
      }
    }
    #expect(try table("wide/recovered", Sample.results).contains { $0["validation_fpb"] == "1.0" })
  }

  @Test func `no row compares a model with itself`() throws {
    for row in try table("transfer", Sample.results) {
      let isItself = row["kind"] == "single" && row["trained_on"] == row["evaluated_on"]
      #expect((row["gain_over_single"] == "") == isItself, "\(row)")
    }
    for row in try table("cocktails", Sample.results) {
      #expect((row["delta_m"] == "") == (row["kind"] == "single"))
      #expect(row["delta_m_all"] != "")
    }
    for row in try table("cocktails", Self.linear) where row["kind"] == "single" {
      #expect(row["delta_m_all"] == "" && row["delta_m_all_tasks"] == "")
    }
  }

  @Test func `a part of an experiment says which part it is`() throws {
    var results = Sample.results
    results.plannedJobs = 138
    results.finishedJobs = 12
    let told = "12 of 138 jobs have results"
    #expect(
      Page(try Evidence(results)).text.components(separatedBy: "\(told): these tables are incomplete.").count
        == 3)
    #expect(try Report(results).terminal(width: 80).contains("\n\(told): the table is incomplete\n"))
    results.finishedJobs = 138
    #expect(!Page(try Evidence(results)).text.contains("incomplete"))
    #expect(try !Report(results).terminal(width: 80).contains("incomplete"))
  }
}
