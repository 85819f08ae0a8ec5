import Foundation
import Testing

@Suite struct BadInputTests {
  private static let rows = (0..<12).flatMap { row in
    [
      #"{"text": "profit rose \#(row)", "label": "up"}"#,
      #"{"text": "profit fell \#(row)", "label": "down"}"#,
    ]
  }

  private static let manifest = """
    name: bad
    data_root: data
    seeds: [0]
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 2, batch_rows: 8}
    tasks:
      moves: {data: moves, kind: classification, labels: {up: it rises, down: it falls}}
      tags: {data: tags, kind: tagging, text: "{words}", target: tags, labels: [O, B-ORG], head: linear}
    cocktails: [singles, all]
    budget: {steps: 2}
    adapter: {rank: 4, alpha: 8, targets: [query, value]}
    training: {batch_rows: 4, max_tokens: 32}
    """

  /// A sound experiment with two tasks in files.
  private func sound() throws -> Workplace {
    let place = try Workplace(manifest: Self.manifest)
    let tagged = Array(repeating: #"{"words": ["Acme", "grows"], "tags": ["B-ORG", "O"]}"#, count: 12)
    for split in ["train", "validation", "test"] {
      try place.write(Self.rows.joined(separator: "\n"), to: "data/moves/\(split).jsonl")
      try place.write(tagged.joined(separator: "\n"), to: "data/tags/\(split).jsonl")
    }
    return place
  }

  /// The whole complaint of a run, which must end with 2 before anything was done.
  private func complaint(_ place: Workplace) throws -> String {
    let outcome = try Program.run("run", "m.yaml", in: place.folder)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(place.stored().isEmpty)
    let validation = try Program.run("validate", "m.yaml", in: place.folder)
    #expect(validation.status == 2)
    #expect(validation.errors == outcome.errors)
    return outcome.errors
  }

  @Test func `sound files validate and run`() throws {
    let place = try sound()
    let validation = try Program.run("validate", "m.yaml", in: place.folder)
    #expect(validation.output == "m.yaml: 6 models, 26 jobs\n")
    let outcome = try Program.run("run", "m.yaml", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test func `a missing file`() throws {
    let place = try sound()
    try FileManager.default.removeItem(at: place.folder.appendingPathComponent("data/moves/train.jsonl"))
    let text = try complaint(place)
    #expect(
      text == """
        m.yaml:7:17: error: the task 'moves' has no training data in data/moves
            7 |   moves: {data: moves, kind: classification, labels: {up: it rises, down: it falls}}
              |                 ^ it must hold train.jsonl or train.csv; 'data' lies under 'data_root', which is data

        """)
  }

  /// Breaks one line of a data file and compares the complaint.
  private func expect(
    line: Int, of file: String, becoming text: String, says message: String,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let place = try sound()
    var lines = try place.read("data/\(file)").split(separator: "\n").map(String.init)
    lines[line - 1] = text
    try place.write(lines.joined(separator: "\n"), to: "data/\(file)")
    let text = try complaint(place)
    #expect(text == message + "\n", sourceLocation: location)
  }

  @Test func `a label that is not in the list`() throws {
    try expect(
      line: 3, of: "moves/train.jsonl", becoming: #"{"text": "a", "label": "upp"}"#,
      says: """
        data/moves/train.jsonl:3: error: unknown label 'upp' of task 'moves'
          did you mean 'up'?
        """)
  }

  @Test func `an empty text`() throws {
    try expect(
      line: 4, of: "moves/test.jsonl", becoming: #"{"text": "  ", "label": "up"}"#,
      says: """
        data/moves/test.jsonl:4: error: empty text in 'text'
          fill it in or remove the line
        """)
  }

  @Test func `a malformed line of JSON`() throws {
    try expect(
      line: 5, of: "moves/train.jsonl", becoming: #"{"text": "a", "label": "up""#,
      says: """
        data/moves/train.jsonl:5:28: error: not valid JSON: expected ',' or '}'
          each line holds one object, for instance {"text": "…", "label": "…"}
        """)
  }

  @Test func `a wrong number of tags`() throws {
    try expect(
      line: 2, of: "tags/train.jsonl",
      becoming: #"{"words": ["Acme", "grows", "fast"], "tags": ["B-ORG", "O"]}"#,
      says: """
        data/tags/train.jsonl:2: error: 2 tags for 3 words
          give each word one tag
        """)
  }

  @Test func `every bad row of every file is told at once`() throws {
    let place = try sound()
    try place.write(#"{"text": "a", "label": "sideways"}"#, to: "data/moves/train.jsonl")
    try place.write(#"{"words": ["a"], "tags": ["B-LOC"]}"#, to: "data/tags/test.jsonl")
    let text = try complaint(place)
    #expect(
      text.contains(
        "data/moves/train.jsonl:1: error: unknown label 'sideways' of task 'moves'\n  known: up, down\n"))
    #expect(text.contains("data/tags/test.jsonl:1: word 1 'a': error: unknown tag 'B-LOC' of task 'tags'\n"))
  }

  @Test func `a mistake that many lines share is told once for each file`() throws {
    let place = try sound()
    try place.write(
      Self.manifest.replacingOccurrences(
        of: "{up: it rises, down: it falls}", with: "{0: it rises, down: it falls}"),
      to: "m.yaml")
    let text = try complaint(place)
    // The three files hold the same bytes, and what is known is not told again.
    #expect(
      text == """
        data/moves/validation.jsonl:1: error: unknown label 'up' of task 'moves', in 12 of 24 rows
          all labels of the file are [down, up]: list them under 'labels', or mend those that are misspelt; \
        data/moves/train.jsonl and data/moves/test.jsonl hold the same bytes

        """)
    let empty = Array(repeating: #"{"text": "", "label": "up"}"#, count: 30)
    let other = try sound()
    try other.write(empty.joined(separator: "\n"), to: "data/moves/test.jsonl")
    #expect(
      try complaint(other) == """
        data/moves/test.jsonl:1: error: empty text in 'text'
          fill it in or remove the line; the same in lines 2, 3, 4, 5, 6 and 24 more

        """)
  }

  /// Replaces a part of the manifest and compares the complaint.
  private func expect(
    _ part: String, becoming text: String, says message: String, _ location: SourceLocation = #_sourceLocation
  ) throws {
    let place = try sound()
    #expect(Self.manifest.contains(part), sourceLocation: location)
    try place.write(Self.manifest.replacingOccurrences(of: part, with: text), to: "m.yaml")
    let text = try complaint(place)
    #expect(text == message + "\n", sourceLocation: location)
  }

  @Test func `targets that match nothing`() throws {
    try expect(
      "targets: [query, value]", becoming: "targets: [quary]",
      says: """
        m.yaml:11:39: error: the target 'quary' matches no linear layer of the base
           11 | adapter: {rank: 4, alpha: 8, targets: [quary]}
              |                                       ^ did you mean 'query'? its layers end in: dense, key, query, value
        """)
  }

  @Test func `two tasks of one name`() throws {
    try expect(
      "  tags: {data: tags,", becoming: "  moves: {data: tags,",
      says: """
        m.yaml:8:3: error: the key 'moves' stands twice
            8 |   moves: {data: tags, kind: tagging, text: "{words}", target: tags, labels: [O, B-ORG], head: linear}
              |   ^ it stands in line 7 already; keep one of the two
        """)
  }

  @Test func `a cocktail of an unknown task`() throws {
    try expect(
      "[singles, all]", becoming: "[singles, {name: both, tasks: [moves, tagz]}]",
      says: """
        m.yaml:9:50: error: unknown task 'tagz'
            9 | cocktails: [singles, {name: both, tasks: [moves, tagz]}]
              |                                                  ^ did you mean 'tags'?
        """)
  }

  @Test func `an unknown key and a value out of range, told together`() throws {
    try expect(
      "budget: {steps: 2}\nadapter: {rank: 4,", becoming: "budget: {stepz: 2}\nadapter: {rank: 0,",
      says: """
        m.yaml:10:10: error: unknown key 'stepz' in 'budget'
           10 | budget: {stepz: 2}
              |          ^ did you mean 'steps'?
        m.yaml:11:17: error: 'rank' must be a whole number in 1…1024, not '0'
           11 | adapter: {rank: 0, alpha: 8, targets: [query, value]}
              |                 ^
        """)
  }

  @Test func `a base that was cut short`() throws {
    let finished = try Finished.get().place
    let job = try #require(
      finished.stored().first { job in
        FileManager.default.fileExists(atPath: "\(finished.folder.path)/Results/.store/\(job)/model")
      })
    let place = try sound()
    let base = place.folder.appendingPathComponent("base")
    try FileManager.default.copyItem(
      at: finished.folder.appendingPathComponent("Results/.store/\(job)/model"), to: base)
    let pretrain = Self.manifest.split(separator: "\n").first { $0.contains("pretrain:") } ?? ""
    try place.write(
      Self.manifest.replacingOccurrences(of: "base:\n\(pretrain)", with: "base: ./base"), to: "m.yaml")
    #expect(try Program.run("validate", "m.yaml", in: place.folder).status == 0)
    let weights = base.appendingPathComponent("model.safetensors")
    let bytes = try Data(contentsOf: weights)
    try bytes.prefix(bytes.count - 100).write(to: weights)
    let tensor = try complaint(place)
    #expect(tensor.contains("model.safetensors: tensor '"))
    #expect(tensor.contains("it was cut short\n  fetch or write the file again\n"))
    try bytes.prefix(1000).write(to: weights)
    let text = try complaint(place)
    #expect(
      text == """
        base/model.safetensors: error: the header should take \
        \(bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }) bytes but the file has only 992: it was cut short
          fetch or write the file again

        """)
  }

  @Test func `bf16 without its library is told before anything runs, with the way to get it`() throws {
    let place = try Workplace()
    let outcome = try Program.run(
      "validate", "m.yaml", "-S", "training.precision=bfloat16", in: place.folder,
      environment: ["MIXOLOGY_ONEDNN": "/nowhere/libdnnl.so.3"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("oneDNN, which products in bf16 need, is not there"), "\(outcome.errors)")
    #expect(outcome.errors.contains("apt-get install libdnnl2"))
    // An evaluation's word is read too, and a precision that there is not is told with those there are.
    let other = try Program.run("validate", "m.yaml", "-S", "evaluate.precision=half", in: place.folder)
    #expect(other.status == 2 && other.errors.contains("float32"), "\(other.errors)")
  }
}
