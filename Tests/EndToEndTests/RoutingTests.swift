import Foundation
import Testing

@Suite struct RoutingTests {
  /// All kinds of models that route, over three generated tasks.
  private static let manifest = """
    name: tiny
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
    tasks:
      news: {generate: {form: sentiment, rows: {train: 24, validation: 12, test: 12}}}
      score: {generate: {form: score, rows: {train: 24, validation: 12, test: 12}}}
      names: {generate: {form: entities, rows: {train: 24, validation: 12, test: 12}}, head: labels}
    cocktails: [singles]
    budget: {steps: 6}
    adapter: {rank: 4, alpha: 8, targets: [query, value]}
    training: {learning_rate: 1e-2, batch_rows: 8, max_tokens: 32}
    merges:
      - {method: linear, of: singles}
      - {method: arrow, of: singles}
      - {method: smile, of: singles, gate_rank: 2}
      - {method: moe, of: singles, top_k: 2}
      - {method: retrieval, of: singles, vote: {grid: [text, set]}}
      - {method: retrieval, name: mixed, of: singles, experts: 2, index: centroids}
      - {method: twin, of: singles, iterations: 20}
      - {method: emr_masks, of: singles}
      - {method: tall_masks, of: singles, vector: {grid: [task_arithmetic, ties]}}
      - {method: tsv_compress, of: singles}
      - {method: tsv_compress, name: whole, of: singles, fraction: 1}
      - {method: surgery, of: singles, iterations: 20}
      - {method: pareto, of: [news, score], alpha: {grid: [0, 0.5, 1]}}
    """

  /// The cells of a table, row by row, under the names of its columns.
  private func table(_ place: Workplace, _ name: String) throws -> [[String: String]] {
    let lines = try place.read("Results/tiny/\(name)").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test
  func `a recipe makes a model that routes where no text has to be seen, and says why not where one has`()
    throws
  {
    let place = try Workplace(copying: Finished.get().place)
    let stored = try place.files(below: "Results/.store") { $0.hasSuffix("/adapter_config.json") }
    let folders = stored.keys.sorted().prefix(2).map {
      $0.split(separator: "/").dropLast().joined(separator: "/")
    }
    func recipe(_ method: String) -> String {
      "merge_method: \(method)\nmodels: ["
        + folders.map { "{model: Results/.store/\($0)}" }.joined(separator: ", ") + "]"
    }
    try place.write(recipe("arrow"), to: "r.yaml")
    let outcome = try Program.run("merge", "r.yaml", "out", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.hasSuffix("written: out/merge.json, routed.json, routed.safetensors\n"))
    let before = try place.files(below: "out")
    #expect(try Program.run("merge", "r.yaml", "out", "--force", in: place.folder).status == 0)
    #expect(try place.files(below: "out") == before)
    try place.write(recipe("twin"), to: "r.yaml")
    let refused = try Program.run("merge", "r.yaml", "other", in: place.folder)
    #expect(refused.status == 2)
    #expect(
      refused.errors == """
        error: merge method 'twin' looks at training texts, and adapters in folders have none
          name it under 'merges' of an experiment's manifest

        """)
  }

  @Test func `models that route stand in the tables with size and cost, and are the same whoever makes them`()
    throws
  {
    let place = try Workplace(manifest: Self.manifest)
    let outcome = try Program.run("run", "m.yaml", "--workers", "2", "--quiet", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // No comma stands inside a cell of these rows.
    let merges = try table(place, "merges.csv")
    func cell(_ model: String, _ column: String) throws -> String {
      try #require(merges.first { $0["model"] == "merge:\(model)" }?[column])
    }
    let files = try Set(
      place.files(below: "Results/.store") { $0.hasSuffix("/adapter_model.safetensors") }.values.map(\.count))
    #expect(try cell("linear", "served") == "" && cell("linear", "extra_bytes") == "")
    for (model, served, passes) in [
      ("arrow", "routed by token", "1"), ("smile(gate_rank=2)", "routed by token", "1"),
      ("retrieval(vote=text)", "routed by text", "2"), ("twin(iterations=20)", "routed by text", "2"),
      ("emr_masks", "task known", "1"), ("tall_masks(vector=ties)", "task known", "1"),
      ("tsv_compress", "task known", "1"), ("surgery(iterations=20)", "task known", "1"),
    ] {
      #expect(try cell(model, "served") == served)
      #expect(try cell(model, "passes") == passes)
      #expect(try #require(Double(cell(model, "extra_bytes"))) > 0)
      // A file against a file.
      let (whole, extra) = (try Double(cell(model, "bytes")), try Double(cell(model, "extra_bytes")))
      #expect(files.contains(Int(try #require(whole) - #require(extra))), "\(model)")
      let flops = try #require(Double(cell(model, "extra_flops")))
      #expect((flops > 0) == (served == "routed by token" || model.hasPrefix("twin")), "\(model)")
    }
    #expect(try cell("emr_masks", "recipe") == "emr_masks (task known) of news+score+names")

    // A compression that drops nothing serves every task by its own expert.
    let runs = try table(place, "runs.csv").filter { $0["split"] == "test" }
    for task in ["news", "score", "names"] {
      func values(_ model: String) -> [String?] {
        runs.filter { $0["model"] == model && $0["task"] == task }.map { $0["value"] }
      }
      #expect(!values("single:\(task)").isEmpty)
      for (a, b) in zip(values("merge:whole"), values("single:\(task)")) {
        let (a, b) = (try #require(Double(a ?? "")), try #require(Double(b ?? "")))
        #expect(abs(a - b) < 1e-4, "\(task)")
      }
    }

    let before = try place.files(below: "Results")
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0 && again.errors == "")
    #expect(try place.files(below: "Results") == before)

    let other = try Workplace(manifest: Self.manifest)
    let threads = try Program.run(
      "run", "m.yaml", "--workers", "1", "--threads", "2", "--quiet", in: other.folder)
    #expect(threads.status == 0)
    #expect(try other.tables() == place.tables())
    #expect(try other.artefacts() == place.artefacts())
  }
}
