import Foundation
import Testing

/// Metrics that are means over the groups of a column, from the manifest to the tables.
@Suite struct GroupTests {
  private static let manifest = """
    name: asked
    data_root: data
    seeds: [0, 1]
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
    tasks:
      moves:
        data: moves
        kind: classification
        text: "{text}"
        pair: "{asked}"
        labels: {"yes": it does, "no": it does not}
        metrics: [accuracy, macro_f1]
        by: asked
    budget: {steps: 6}
    adapter: {rank: 4, alpha: 8, targets: [query, value]}
    training: {batch_rows: 4, max_tokens: 32}
    """

  /// 40 rows that ask for `up`, and half as many that ask for `down`.
  private func rows(_ words: String) -> String {
    (0..<60).map { row in
      let asked = row % 3 == 2 ? "down" : "up"
      let rises = row % 4 < 2
      return #"{"text": "\#(words) profit \#(rises ? "rose" : "fell") \#(row)", "asked": "\#(asked)", "#
        + #""label": "\#(rises == (asked == "up") ? "yes" : "no")"}"#
    }.joined(separator: "\n")
  }

  private func place(_ manifest: String = Self.manifest) throws -> Workplace {
    let place = try Workplace(manifest: manifest)
    for split in ["train", "validation", "test"] {
      try place.write(rows(split), to: "data/moves/\(split).jsonl")
    }
    return place
  }

  private struct Line: Decodable {
    var split: String
    var group: String?
    var correct: Bool
  }

  /// By model, seed and split the value of the accuracy in runs.csv, with its `by`.
  private func accuracies(_ place: Workplace) throws -> [String: (value: Double, by: String)] {
    let lines = try place.read("Results/asked/runs.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    func column(_ name: String) throws -> Int { try #require(lines[0].firstIndex(of: name)) }
    let names = try ["model", "seed", "split", "metric", "value", "by"].map(column)
    var found: [String: (Double, String)] = [:]
    for line in lines.dropFirst() where line[names[3]] == "accuracy" {
      let key = "\(line[names[0]]) \(line[names[1]]) \(line[names[2]])"
      found[key] = (try #require(Double(line[names[4]])), line[names[5]])
    }
    return found
  }

  @Test func `every value is the mean over the groups, and another grouping runs nothing again`() throws {
    let place = try place()
    let outcome = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let values = try accuracies(place)
    for seed in ["0", "1"] {
      let text = try place.read("Results/asked/predictions/single_moves.seed\(seed).jsonl")
      let lines = try text.split(separator: "\n").map { line in
        try JSONDecoder().decode(Line.self, from: Data(line.utf8))
      }.filter { $0.split == "test" }
      #expect(lines.count == 60)
      let shares = ["up", "down"].map { group in
        let own = lines.filter { $0.group == group }
        return Double(own.count(where: \.correct)) / Double(own.count)
      }
      let found = try #require(values["single:moves \(seed) test"])
      #expect(abs(found.value - (shares[0] + shares[1]) / 2) < 1e-12 && found.by == "asked")
    }
    #expect(try place.read("Results/asked/report.md").contains("accuracy by asked"))
    #expect(try place.read("Results/asked/comparison.csv").contains("moves,accuracy,asked,true,"))

    let plain = ["run", "m.yaml", "-S", "tasks.moves.by=text", "--verbose"]
    let refused = try Program.start(plain, in: place.folder).outcome()
    #expect(refused.status == 2 && refused.errors.contains("another value in each of the 60 rows"))
    // Without groups the same predictions are scored again, and nothing is trained or predicted.
    try place.write(Self.manifest.replacing("    by: asked\n", with: ""), to: "m.yaml")
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0 && !again.errors.contains("done:"), "\(again.errors)")
    let others = try accuracies(place)
    #expect(others.values.allSatisfy { $0.by.isEmpty } && others.count == values.count)
    #expect(others.contains { $0.value.value != values[$0.key]?.value })
  }

  @Test func `what keeps the best step scores by group, and a file without the column is told before a run`()
    throws
  {
    let text = Self.manifest.replacing(
      "max_tokens: 32}", with: "max_tokens: 32, validate_every: 2, keep_best: true}")
    let place = try place(text)
    let outcome = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    // Training data need no groups where validation has a file.
    try place.write(rows("train").replacing("\"asked\"", with: "\"said\""), to: "data/moves/train.jsonl")
    try place.write(text.replacing("    pair: \"{asked}\"\n", with: ""), to: "m.yaml")
    #expect(try Program.run("validate", "m.yaml", in: place.folder).errors == "")
    try place.write(rows("test").replacing("\"asked\"", with: "\"askd\""), to: "data/moves/test.jsonl")
    let missing = try Program.run("validate", "m.yaml", in: place.folder)
    #expect(missing.status == 2)
    #expect(
      missing.errors.hasPrefix("data/moves/test.jsonl:1: error: no column 'asked', which task 'moves' reads"))
    #expect(missing.errors.contains("did you mean 'askd'?"), "\(missing.errors)")
  }
}
