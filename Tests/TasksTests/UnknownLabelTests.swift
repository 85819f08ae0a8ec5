import Basics
import Specs
import Tasks
import Testing

@Suite struct UnknownLabelTests {
  let folder: DataFolder

  init() throws { folder = try DataFolder() }

  private func file(_ labels: [String]) throws -> DataFile {
    let lines = labels.enumerated().map { #"{"text": "row \#($0)", "label": "\#($1)"}"# }
    return try folder.write("a.jsonl", lines.joined(separator: "\n"))
  }

  @Test func `one slip gets the nearest name`() throws {
    let file = try file(["neutral", "neutrl", "positive"])
    #expect(
      folder.complaint(.whole(file))
        == "a.jsonl:2: error: unknown label 'neutrl' of task 'fpb'\n  did you mean 'neutral'?")
  }

  @Test func `many rows are counted, and all labels of the file stand there to paste`() throws {
    let file = try file((0..<60).map { ["10", "9", "no", "two words", "positive"][$0 % 5] })
    #expect(
      folder.complaint(.whole(file)) == """
        a.jsonl:1: error: 4 unknown labels ('10', '9', 'no' …) of task 'fpb', in 48 of 60 rows
          all labels of the file are [9, 10, "no", positive, "two words"]: list them under 'labels', or mend those that \
        are misspelt
        """)
  }

  @Test func `a column of texts is no column of labels`() throws {
    let file = try file((0..<300).map { "text \($0)" })
    #expect(
      folder.complaint(.whole(file)) == """
        a.jsonl:1: error: over 200 unknown labels ('text 0', 'text 1', 'text 2' …) of task 'fpb', in 300 of 300 rows
          does the column 'label' hold labels? Its first values: 'text 0', 'text 1', 'text 2'
        """)
  }

  @Test func `a slip after more labels than can be listed is told`() throws {
    let listed = (0..<250).map { "intent \($0)" }
    let file = try file(listed + ["typo", "typo", "other typo"])
    var task = TaskSpec.whole(file)
    task.labels = listed.map { LabelSpec(name: $0, description: $0) }
    #expect(
      folder.complaint(task) == """
        a.jsonl:251: error: unknown label 'typo' of task 'fpb', in 3 of 253 rows
          does the column 'label' hold labels? Its first values: 'typo'
        """)
  }

  @Test func `unknown tags are counted by rows, O first`() throws {
    let row = #"{"text": ["a", "b"], "label": ["B-LOC", "O"]}"#
    let file = try folder.write("a.jsonl", "\(row)\n\(row)\n")
    var task = TaskSpec.whole(file)
    task.kind = .tagging
    task.labels = ["O", "B-PER", "I-PER"].map { LabelSpec(name: $0, description: $0) }
    #expect(
      folder.complaint(task) == """
        a.jsonl:1: word 1 'a': error: unknown tag 'B-LOC' of task 'fpb', in 2 of 2 rows
          all tags of the file are [O, B-LOC]: list them under 'labels', or mend those that are misspelt
        """)
  }
}
