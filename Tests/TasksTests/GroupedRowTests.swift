import Specs
import Tasks
import Testing

/// The column of groups that rows are scored in.
@Suite struct GroupedRowTests {
  private let folder: DataFolder

  init() throws { folder = try DataFolder() }

  @Test func `a column of groups is read, and rows without one are told`() throws {
    func task(_ lines: String...) throws -> TaskSpec {
      var task = TaskSpec.whole(try folder.write("a.jsonl", lines.joined(separator: "\n")))
      task.by = "asked"
      return task
    }
    let row = #"{"text": "x", "label": "neutral", "#
    let found = try folder.load(try task(row + #""asked": "up"}"#, row + #""asked": 7}"#))
    #expect(found.map(\.group) == ["up", "7"])
    #expect(
      folder.complaint(try task(row + #""asked": " "}"#, row + #""asked": ["a"]}"#, row + #""askd": "up"}"#))
        == """
        a.jsonl:1: error: column 'asked', by which the metrics of task 'fpb' are grouped, is empty
          every row belongs to a group: name it, or leave out 'by'
        a.jsonl:2: error: column 'asked', by which the metrics of task 'fpb' are grouped, holds no text or number
          give the name of the one group that the row belongs to
        a.jsonl:3: error: no column 'asked', which task 'fpb' reads
          did you mean 'askd'? there are: text, label, askd
        """)
    var plain = try task(row + #""asked": "up"}"#)
    plain.by = nil
    #expect(try folder.load(plain).map(\.group) == [nil])
  }

  @Test func `groups are counted where scores are, with the metrics that measure nothing in one`() throws {
    func lines(_ rows: [(asked: String, label: String)]) -> String {
      rows.enumerated().map { #"{"text": "t\#($0)", "asked": "\#($1.asked)", "label": "\#($1.label)"}"# }
        .joined(
          separator: "\n")
    }
    let train = try folder.write(
      "train.jsonl", #"{"text": "a", "label": "neutral"}"# + "\n" + #"{"text": "b", "label": "positive"}"#)
    let test = try folder.write(
      "test.jsonl",
      lines([
        ("up", "neutral"), ("down", "neutral"), ("up", "positive"), ("down", "neutral"), ("up", "neutral"),
      ]))
    var task = TaskSpec.sentiment(["train": train, "test": test], fraction: 0)
    task.by = "asked"
    let found = folder.survey(task).parts.map(\.facts)
    #expect(found.map(\.split) == [.train, .test] && found[0].groups == nil)
    #expect(
      found[1].groups
        == GroupFacts(count: 2, smallest: "down", fewest: 2, most: 3, unmeasured: ["matthews": "down"]))
  }

  @Test func `the column of groups stays where something is scored`() {
    var task = TaskSpec.sentiment([:])
    task.by = "asked"
    var training = TrainingSpec()
    #expect(task.trained(training).by == nil && task.predicted(.test, isTold: true).by == nil)
    training.validateEvery = 5
    #expect(task.trained(training).by == "asked" && task.scored(.test).by == "asked")
    #expect(task.scored(.test).metrics.isEmpty)
  }
}
