import Foundation
import Testing

/// Bases that no job can use, or that would give silent wrong results, are told before any job.
@Suite struct BaseTests {
  private static let manifest = """
    name: based
    seeds: [0]
    base: ./base
    tasks:
      moves: {data: data, kind: classification, labels: {up: it rises, down: it falls}}
    budget: {steps: 2}
    adapter: {rank: 4, alpha: 8, targets: [query, value]}
    training: {batch_rows: 4, max_tokens: 32}
    """

  /// An experiment on a base that a pretraining left, a copy of its own.
  private func place() throws -> Workplace {
    let finished = try Finished.get().place
    let job = try #require(
      finished.stored().first { job in
        FileManager.default.fileExists(atPath: "\(finished.folder.path)/Results/.store/\(job)/model")
      })
    let place = try Workplace(manifest: Self.manifest)
    try FileManager.default.copyItem(
      at: finished.folder.appendingPathComponent("Results/.store/\(job)/model"),
      to: place.folder.appendingPathComponent("base"))
    let rows = (0..<8).map { row in
      #"{"text": "profit \#(row % 2 == 0 ? "rose" : "fell")", "label": "\#(row % 2 == 0 ? "up" : "down")"}"#
    }
    for split in ["train", "validation", "test"] {
      try place.write(rows.joined(separator: "\n"), to: "data/\(split).jsonl")
    }
    return place
  }

  private func replace(_ part: String, _ other: String, in name: String, of place: Workplace) throws {
    let text = try place.read(name)
    #expect(text.contains(part))
    try place.write(text.replacingOccurrences(of: part, with: other), to: name)
  }

  /// What validate, plan and run say alike, with exit code 2 and before any job.
  private func complaint(_ place: Workplace) throws -> String {
    var told: Set<String> = []
    for command in ["validate", "plan", "run"] {
      let outcome = try Program.run(command, "m.yaml", in: place.folder)
      #expect(outcome.status == 2, "\(command)")
      #expect(outcome.output == "")
      told.insert(outcome.errors)
    }
    #expect(told.count == 1, "\(told)")
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/Results"))
    return told.first ?? ""
  }

  @Test func `validate and plan leave nothing where they are called`() throws {
    let place = try place()
    for command in ["validate", "plan"] {
      let outcome = try Program.run(command, "m.yaml", in: place.folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/Results"))
    #expect(FileManager.default.fileExists(atPath: place.folder.path + "/.cache/mixology/facts/bases.json"))
  }

  @Test func `all that is wrong with a base and with the manifest is told at once, and inspect tells it too`()
    throws
  {
    let place = try place()
    try replace(
      "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"gelu\", \"is_decoder\" : true", in: "base/config.json",
      of: place)
    try place.write(#"{"pooling_mode": "max"}"#, to: "base/1_Pooling/config.json")
    try place.write(
      #"{"tokenizer_class": "BertTokenizer", "do_lower_case": false}"#, to: "base/tokenizer_config.json")
    try replace("data: data", "data: date", in: "m.yaml", of: place)
    let text = try complaint(place)
    let lines = text.split(separator: "\n").filter { $0.contains(": error: ") }
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("m.yaml:5:"))
    #expect(lines[1].hasPrefix("base/config.json: error: is_decoder is true"))
    #expect(lines[2] == "base/1_Pooling/config.json: error: pooling by max is not supported")
    #expect(lines[3].hasPrefix("base/tokenizer_config.json: key 'do_lower_case': error: "))
    let inspection = try Program.run("inspect", "base", in: place.folder)
    let answer = try #require(inspection.output.split(separator: "\n").first { $0.hasPrefix("as a base") })
    #expect(answer.hasPrefix("as a base   no: is_decoder is true"), "\(answer)")
    #expect(answer.contains("; pooling by max is not supported; key 'do_lower_case': "))
  }

  @Test func `labels that are one text to the base are noted before training, with the manifest's place`()
    throws
  {
    let place = try place()
    try replace("{up: it rises, down: it falls}", "{up: profit, down: Profit}", in: "m.yaml", of: place)
    let note = """
      m.yaml:5:17: note: the labels 'up' and 'down' of the task 'moves' are one text to the base's tokenizer, 'profit': \
      nothing can tell them apart; describe them in words that it knows, as in labels: {name: what it means}, or write head: linear

      """
    for command in ["validate", "plan"] {
      let outcome = try Program.run(command, "m.yaml", in: place.folder)
      #expect(outcome.status == 0)
      #expect(outcome.errors.hasPrefix(note))
    }
    let run = try Program.run("run", "m.yaml", in: place.folder)
    #expect(run.errors.hasPrefix(note))
    try replace("kind: classification", "kind: classification, head: linear", in: "m.yaml", of: place)
    #expect(!(try Program.run("validate", "m.yaml", in: place.folder).errors.contains("one text")))
  }

  @Test func `inputs that are cut earlier than the manifest says are noted`() throws {
    let place = try place()
    try replace("max_tokens: 32", "max_tokens: 512", in: "m.yaml", of: place)
    try replace("kind: classification", "kind: classification, head: linear", in: "m.yaml", of: place)
    let note =
      "note: training.max_tokens is 512, but the base reads 64 tokens at most: longer texts are cut to these\n"
    for command in ["validate", "plan"] {
      let outcome = try Program.run(command, "m.yaml", in: place.folder)
      #expect(outcome.status == 0)
      #expect(outcome.errors.hasPrefix(note))
    }
    let run = try Program.run("run", "m.yaml", in: place.folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.hasPrefix(note))
  }
}
