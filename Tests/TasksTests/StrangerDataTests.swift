import Basics
import Foundation
import Specs
import Tasks
import Testing

/// Numbers, tags and columns as other programs write them.
@Suite struct StrangerDataTests {
  let folder: DataFolder

  init() throws { folder = try DataFolder() }

  private func regression(_ target: String) throws -> TaskSpec {
    let row = #"{"text": "x", "label": "\#(target)"}"#
    var task = TaskSpec.whole(try folder.write("a.jsonl", "\(row)\n\(row)\n"))
    task.kind = .regression
    task.labels = []
    return task
  }

  private func tagging(_ name: String, _ text: String) throws -> TaskSpec {
    var task = TaskSpec.whole(try folder.write(name, text))
    task.kind = .tagging
    task.labels = ["O", "B-PER", "I-PER"].map { LabelSpec(name: $0, description: $0) }
    return task
  }

  @Test(arguments: ["0.25", " -3 ", "1e-3", "1e19"]) func `plain numbers are targets`(target: String) throws {
    #expect(folder.complaint(try regression(target)) == "loaded 2")
  }

  @Test(arguments: ["0x1A", "inf", "nan", "1_0", "1,5"])
  func `what only programs take for a number is none`(target: String) throws {
    #expect(
      folder.complaint(try regression(target)).hasPrefix(
        """
        a.jsonl:1: error: column 'label' holds no number '\(target)'
          write it in plain decimal, as 0.25, -3 or 1e-3
        """))
  }

  @Test(arguments: ["1e200", "-2e19", "1e300"]) func `targets whose squares overflow are told with the row`(
    target: String
  )
    throws
  {
    #expect(
      folder.complaint(try regression(target)).hasPrefix(
        """
        a.jsonl:1: error: column 'label' holds '\(target)', whose square is too large for a number of 32 bits
          scale the numbers: subtract their mean and divide by their deviation, in all splits alike
        """))
  }

  @Test func `tags that are numbers are to be names`() throws {
    let told = folder.complaint(try tagging("a.jsonl", #"{"text": ["a", "b"], "label": [0, 3]}"#))
    #expect(told.contains("these are numbers of tags"), "\(told)")
    #expect(told.contains(#"(in datasets: features["label"].feature.names)"#))
    #expect(!told.contains("list them under 'labels'"))
  }

  @Test func `a list that was written as a text is one, told once`() throws {
    let csv = "text,label\n" + String(repeating: #""['a', 'b']","['O', 'B-PER']""# + "\n", count: 3)
    let told = folder.complaint(try tagging("a.csv", csv))
    #expect(
      told.hasPrefix(
        "a.csv:2: error: column 'text' holds a list that was written as a text: ['a', 'b']\n  write JSONL"),
      "\(told)")
    #expect(told.split(separator: "\n").count == 2)
    let numbers = folder.complaint(try tagging("b.csv", "text,label\na b,\"[0, 3]\"\n"))
    #expect(numbers.contains("column 'label' holds a list that was written as a text: [0, 3]"))
    // Words may be brackets.
    #expect(folder.complaint(try tagging("c.csv", "text,label\n[ a ],O O O\n")) == "loaded 1")
  }

  @Test func `columns inside of others are told how to be lifted`() throws {
    let file = try folder.write("a.jsonl", #"{"features": {"age": "old"}, "label": "neutral"}"#)
    let told = folder.complaint(.whole(file, text: "{features.age}"))
    #expect(
      told.contains("'features' holds an object, and columns are those of the outermost level"), "\(told)")
    #expect(told.contains(#"jq -c '. + {"features.age": .features.age}'"#))
    #expect(
      folder.complaint(.whole(file, text: "{features}")).contains("it is an object, and columns are those"))
  }
}
