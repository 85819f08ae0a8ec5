import Foundation
import Testing

/// Merges that need data, from a manifest to tables.
@Suite struct MeasuredMergeTests {
  private static let manifest = """
    name: tiny
    seeds: [0]
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
    tasks:
      news: {generate: {form: sentiment, rows: {train: 60, validation: 12, test: 12}}}
      score: {generate: {form: score, rows: {train: 60, validation: 12, test: 12}}}
      names: {generate: {form: entities, rows: {train: 60, validation: 12, test: 12}}, head: linear}
    cocktails: [singles, {name: two, tasks: [news, score]}]
    budget: {steps: 6}
    adapter: {rank: 4, alpha: 8, targets: [all-linear]}
    training: {learning_rate: 4e-3, batch_rows: 8, max_tokens: 32}
    merges:
      - {method: linear, of: singles}
      - {method: regmean, of: singles, rows: 40}
      - {method: regmean, of: [two, names], rows: 40, reduce_non_diagonal: {grid: [0.5, 1]}}
      - {method: fisher, of: singles, rows: 40, labels: {grid: [model, data]}}
      - {method: regmean_pp, of: singles, rows: 40}
    """

  @Test func `a run measures, merges and evaluates, and its bytes depend on no worker or thread`() throws {
    let places = try [["--workers", "2"], ["--workers", "1", "--threads", "2"]].map { how in
      let place = try Workplace(manifest: Self.manifest)
      let outcome = try Program.start(["run", "m.yaml"] + how, in: place.folder).outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      return place
    }
    #expect(try places[0].tables() == places[1].tables())
    #expect(try places[0].artefacts() == places[1].artefacts())

    let place = places[0]
    let table = try place.read("Results/tiny/merges.csv")
    for merge in ["regmean", "fisher", "regmean_pp"] { #expect(table.contains("merge:\(merge)")) }
    // Inputs of three singles and of a cocktail, the information of three singles over two kinds of labels.
    let status = try Program.run("status", "m.yaml", in: place.folder).output
    #expect(status.contains("statistics: 10 done, 0 running, 0 failed, 0 waiting"))
    let plan = try Program.run("plan", "m.yaml", in: place.folder).output
    #expect(plan.contains("statistics: 10 jobs, 10 done, 0 to run"))
    let costs = try place.read("Results/tiny/costs.csv")
    #expect(costs.components(separatedBy: ",statistics,measure ").count == 11)

    // All merges differ from the average, and from each other.
    let scores = Set(try place.artefacts().filter { $0.key.hasSuffix("adapter_model.safetensors") }.values)
    #expect(scores.count == 4 + 7)

    let before = try place.files(below: "Results")
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0 && again.errors == "")
    #expect(try place.files(below: "Results") == before)

    let measurement = try #require(
      before.keys.sorted().first { $0.hasSuffix("statistics.safetensors") })
    let id = measurement.split(separator: "/")[1]
    let shown = try Program.run("inspect", String(id), in: place.folder)
    #expect(shown.status == 0, "\(shown.errors)")
    #expect(shown.output.contains("matrices over "))

    // What was deleted is measured again, and what needs it stays.
    try FileManager.default.removeItem(
      at: place.folder.appendingPathComponent("Results/.store/\(id)"))
    let mended = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(mended.status == 0, "\(mended.errors)")
    #expect(try place.files(below: "Results")[measurement] == before[measurement])
  }

  @Test func `what a method measures stands in its explanation`() throws {
    let place = try Workplace()
    for method in ["regmean", "regmean_pp", "fisher"] {
      let text = try Program.run("merge", "--explain", method, in: place.folder).output
      #expect(text.contains("on examples of each model's tasks, so it needs an experiment"))
    }
  }
}
