import Basics
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

@Suite struct TaskSurveyTests {
  let folder: DataFolder

  init() throws { folder = try DataFolder() }

  private func write(_ name: String, _ rows: [(text: String, label: String)]) throws -> DataFile {
    let lines = rows.map { #"{"text": "\#($0.text)", "label": "\#($0.label)"}"# }
    return try folder.write(name, lines.joined(separator: "\n"))
  }

  private func facts(_ task: TaskSpec) -> [SplitFacts] { folder.survey(task).parts.map(\.facts) }

  private func finding(_ count: Int, _ line: Int? = nil, _ otherLine: Int? = nil) -> RowFinding {
    var finding = RowFinding()
    for _ in 0..<count { finding.add(line: line ?? 0, otherLine: otherLine) }
    return finding
  }

  @Test func `repeated, contradicting and shared rows are counted, with the lines of an example`() throws {
    let train = try write(
      "train.jsonl",
      [
        ("Profit rose.", "positive"), ("Profit fell.", "negative"), ("profit  rose", "positive"),
        ("PROFIT FELL!", "neutral"), ("Nothing new.", "neutral"),
      ])
    let validation = try write(
      "validation.jsonl", [("A quiet day.", "neutral"), ("Nothing new.", "neutral")])
    let test = try write(
      "test.jsonl",
      [
        ("Quite new.", "neutral"), ("profit rose", "positive"), ("Nothing new.", "negative"),
        ("So so.", "neutral"),
      ])
    let facts = facts(.sentiment(["train": train, "validation": validation, "test": test]))
    #expect(facts.map(\.split) == [.train, .validation, .test])
    #expect(facts.map(\.rows) == [5, 2, 4] && facts.map(\.available) == [5, 2, 4])
    #expect(facts.map(\.labels) == [[1, 2, 2], [0, 2, 0], [1, 2, 1]])
    #expect(facts[0].duplicates == finding(1, 3, 1) && facts[0].conflicts.count == 2)
    #expect(facts[0].conflicts.line == 2 && facts[0].conflicts.otherLine == 4)
    #expect(facts[1].duplicates.count == 0 && facts[2].conflicts.count == 0)
    let shared = try #require(facts[2].overlaps.first { $0.other == .train })
    #expect(shared.rows.count == 2 && shared.rows.line == 2 && shared.rows.otherLine == 1)
    #expect(shared.exact == 1 && shared.conflicts == finding(1, 3, 5))
    #expect(facts[2].overlaps.map(\.other) == [.train, .validation])
    #expect(facts[2].overlaps[1].rows == finding(1, 3, 2))
    #expect(facts[0].overlaps.map(\.rows.count) == [1, 3])
  }

  static let alike: [(String, String)] = [
    ("It's up, 3%", "its UP  3% ."), ("“Good” news – now", "good news - now"), ("naïve CAFÉ", "Naïve café!"),
    ("a-b", "a b"), ("up\\tand down", "up and down"),
  ]
  static let different: [(String, String)] = [
    ("up 1.5 %", "up 15 %"), ("1,000", "1000"), ("3 + 2", "3 - 2"), ("3 * 2", "3 / 2"),
    ("it is -3", "it is 3"),
    ("cost $5", "cost 5"), ("?", "!"), ("café", "cafe"), ("ab", "a b"),
  ]

  @Test(arguments: alike.map { ($0.0, $0.1, 1) } + different.map { ($0.0, $0.1, 0) })
  func `case, punctuation and spaces count for nothing, numbers and signs for much`(
    first: String, second: String, repeats: Int
  ) throws {
    let train = try write("train.jsonl", [(first, "neutral"), (second, "neutral"), ("else", "positive")])
    #expect(try #require(facts(.sentiment(["train": train], fraction: 0)).first).duplicates.count == repeats)
  }

  @Test func `a text with another pair is another row`() throws {
    let lines = [
      #"{"text": "a b", "q": "c", "label": "neutral"}"#, #"{"text": "a b", "q": "d", "label": "positive"}"#,
      #"{"text": "a", "q": "b c", "label": "positive"}"#, #"{"text": "A b", "q": "c?", "label": "neutral"}"#,
    ]
    let file = try folder.write("train.jsonl", lines.joined(separator: "\n"))
    let found = try #require(facts(.sentiment(["train": file], pair: "{q}", fraction: 0)).first)
    #expect(found.duplicates == finding(1, 4, 1) && found.conflicts.count == 0)
  }

  @Test func `limits and rows that are held out count, with their lines in the file`() throws {
    let train = try write(
      "train.jsonl", (0..<60).map { ("row \($0)", ["negative", "neutral", "positive"][$0 % 3]) })
    var task = TaskSpec.sentiment(["train": train], fraction: 0.2)
    task.limits = ["train": 12]
    let parts = folder.survey(task).parts
    #expect(parts.map(\.facts.rows) == [12, 12] && parts.map(\.facts.available) == [48, 12])
    #expect(parts.map(\.facts.isHeldOut) == [false, true])
    for part in parts {
      for (example, line) in zip(part.examples, part.lines) { #expect(example.text == "row \(line - 1)") }
    }
    #expect(parts[0].facts.overlaps.map(\.rows.count) == [0])
  }

  @Test func `numbers beyond the anchors are counted, and none without anchors`() throws {
    let lines = [-1.0, 0.5, 1, 3, -2].map { #"{"text": "\#($0)", "label": \#($0)}"# }
    var task = TaskSpec.sentiment(
      ["train": try folder.write("train.jsonl", lines.joined(separator: "\n"))], fraction: 0)
    task.kind = .regression
    task.labels = [("low", -1.0), ("high", 1.0)].map { LabelSpec(name: $0.0, description: $0.0, value: $0.1) }
    let numbers = try #require(facts(task).first?.numbers)
    #expect(numbers.low == -2 && numbers.high == 3 && numbers.mean == 0.3)
    #expect(numbers.outside.count == 2 && numbers.outside.line == 4)
    #expect(try #require(facts(task).first).labels == [])
    task.head = .linear
    #expect(try #require(facts(task).first?.numbers).outside.count == 0)
  }

  @Test func `entities that begin with I- are counted`() throws {
    let lines = [
      ["O", "I-PER", "I-PER", "O"], ["B-PER", "I-PER", "O", "O"], ["B-ORG", "I-PER", "I-ORG", "I-ORG"],
    ].map { tags in
      let written = tags.map { "\"\($0)\"" }.joined(separator: ", ")
      return #"{"tokens": ["a", "b", "c", "\#(tags[1])"], "tags": [\#(written)]}"#
    }
    var task = TaskSpec.sentiment(
      ["train": try folder.write("train.jsonl", lines.joined(separator: "\n"))], text: "{tokens}", fraction: 0
    )
    task.kind = .tagging
    task.target = "tags"
    task.labels = ["O", "B-PER", "I-PER", "B-ORG", "I-ORG"].map { LabelSpec(name: $0, description: $0) }
    let found = try #require(facts(task).first)
    #expect(found.entities == 2 && found.strayTags.count == 3 && found.strayTags.line == 1)
    #expect(found.labels == [4, 1, 4, 1, 2])
  }

  @Test func `a file that cannot be read is left out`() throws {
    let good = try write("train.jsonl", [("a", "neutral"), ("b", "positive")])
    let bad = try write("test.jsonl", [("a", "neutrl")])
    #expect(
      facts(.sentiment(["train": good, "validation": good, "test": bad])).map(\.split) == [
        .train, .validation,
      ])
  }

  @Test func `generated tasks are counted by their rows`() throws {
    var task = try #require(GeneratedSuite.template("sentiment"))
    task.source = .generated(GeneratorSpec(form: "sentiment", rows: ["train": 40, "test": 30]))
    task.validationFraction = 0
    let found = facts(task)
    #expect(found.map(\.split) == [.train, .test] && found.map(\.rows) == [40, 30])
    #expect(found[1].overlaps.map(\.exact) == [0])
  }

  @Test func `many rows are counted quickly`() throws {
    let filler = "the company said on Tuesday that its operating profit for the third quarter had been "
    let lines = (0..<100_000).map { #"{"text": "\#(filler)\#($0 / 2) million", "label": "neutral"}"# }
    let file = try folder.write("train.jsonl", lines.joined(separator: "\n"))
    let clock = ContinuousClock()
    var found: [SplitFacts] = []
    let time = clock.measure { found = facts(.sentiment(["train": file], fraction: 0)) }
    #expect(found.first?.duplicates.count == 50_000)
    // Far above what it takes, for machines with other work.
    #expect(time < .seconds(20), "\(time)")
  }
}

extension DataFolder {
  func survey(_ task: TaskSpec) -> TaskSurvey { TaskSurvey(task) { path(of: $0) } }
}
