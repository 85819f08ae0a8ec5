import Foundation
import Testing

/// What the commands say of data that can be read and are odd.
@Suite struct DataReportTests {
  private static let manifest = """
    name: odd
    data_root: data
    seeds: [0]
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 2, batch_rows: 8}
    tasks:
      moves: {data: moves, kind: classification, labels: {up: it rises, down: it falls}}
    budget: {steps: 2}
    adapter: {rank: 4, alpha: 8, targets: [query, value]}
    training: {batch_rows: 4, max_tokens: 32}
    """

  private func rows(_ words: String, _ count: Int = 12) -> String {
    (0..<count).flatMap { row in
      [
        #"{"text": "\#(words) profit rose \#(row)", "label": "up"}"#,
        #"{"text": "\#(words) profit fell \#(row)", "label": "down"}"#,
      ]
    }.joined(separator: "\n")
  }

  private func place() throws -> Workplace {
    let place = try Workplace(manifest: Self.manifest)
    for split in ["train", "validation", "test"] {
      try place.write(rows(split), to: "data/moves/\(split).jsonl")
    }
    return place
  }

  @Test func `clean data are not spoken of`() throws {
    let place = try place()
    let outcome = try Program.run("validate", "m.yaml", in: place.folder)
    #expect(outcome.status == 0 && outcome.errors == "")
  }

  @Test func `rows of test that stand in train are told before a run, in its report and in a table`() throws {
    let place = try place()
    let leak = #"{"text": "TRAIN profit rose: 3!", "label": "down"}"#
    try place.write(rows("test") + "\n" + leak, to: "data/moves/test.jsonl")
    let told =
      "data/moves/test.jsonl:25: note: test of 'moves': 1 of 25 rows stand in train too (0 letter by letter, 1 with "
      + "another label), such as line 25, which is line 7 of train; take them out of train, or scores on test are too "
      + "good\n"
    for command in ["validate", "plan"] {
      let outcome = try Program.run(command, "m.yaml", in: place.folder)
      #expect(outcome.status == 0 && outcome.errors == told, "\(command): \(outcome.errors)")
    }
    let run = try Program.run("run", "m.yaml", in: place.folder)
    #expect(run.status == 0 && run.errors.hasPrefix(told), "\(run.errors)")
    // What makes scores too good is told where little else is.
    let quiet = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(quiet.status == 0 && quiet.errors == told, "\(quiet.errors)")
    let json = try Program.run("plan", "m.yaml", "--json", in: place.folder).output
    let plan = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    let note = try #require((plan?["notes"] as? [[String: Any]])?.first)
    #expect(note["file"] as? String == "data/moves/test.jsonl" && note["line"] as? Int == 25)
    #expect((note["note"] as? String)?.hasPrefix("test of 'moves': 1 of 25 rows stand in train too") == true)
    #expect(note["spoils_results"] as? Bool == true)
    let report = try place.read("Results/odd/report.md")
    #expect(report.contains("## The data\n"))
    #expect(report.contains("- moves, test: 1 of 25 rows stand in train too"))
    let lines = try place.read("Results/odd/data.csv").split(separator: "\n")
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("experiment,task,split,kind,rows,available,held_out,labels,"))
    #expect(lines[3].hasPrefix("odd,moves,test,classification,25,25,false,up:12;down:13,"))
    #expect(lines[3].contains("1 of 25 rows stand in train too"))
  }

  @Test func `tags in which entities begin with I- are refused`() throws {
    let place = try place()
    let manifest = Self.manifest.replacingOccurrences(
      of: "kind: classification, labels: {up: it rises, down: it falls}",
      with: "kind: tagging, labels: [O, B-ORG, I-ORG], head: linear")
    try place.write(manifest, to: "m.yaml")
    for split in ["train", "validation", "test"] {
      let tagged = (0..<12).map { #"{"tokens": ["\#(split)\#($0)", "grows"], "tags": ["I-ORG", "O"]}"# }
      try place.write(tagged.joined(separator: "\n"), to: "data/moves/\(split).jsonl")
    }
    for command in ["validate", "run"] {
      let outcome = try Program.run(command, "m.yaml", in: place.folder)
      #expect(outcome.status == 2)
      #expect(
        outcome.errors.hasPrefix(
          """
          data/moves/train.jsonl:1: error: train of 'moves': 12 of 12 entities begin with I- and count for nothing: \
          the tags are of the scheme IOB1 or IO, not IOB2
            make every I-X that follows no B-X or I-X to B-X
          """), "\(outcome.errors)")
    }
  }

  @Test func `CSV with line ends of CR and validation data called dev are read`() throws {
    let place = try place()
    let csv = (0..<12).map { "new \($0),\($0 % 2 == 0 ? "up" : "down")" }
    try place.write((["text,label"] + csv).joined(separator: "\r"), to: "data/moves/dev.csv")
    try FileManager.default.removeItem(at: place.folder.appendingPathComponent("data/moves/validation.jsonl"))
    let outcome = try Program.run("validate", "m.yaml", in: place.folder)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "data/moves/dev.csv: note: taken as the validation data of 'moves'\n")
  }
}
