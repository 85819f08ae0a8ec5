import Basics
import Foundation
import Specs
import Tasks
import Testing

/// Files of another form than the usual one.
@Suite struct FileFormTests {
  let folder: DataFolder

  init() throws { folder = try DataFolder() }

  @Test(arguments: [("\r", false), ("\r\n", true), ("\n", true), ("\r", true)])
  func `lines of CSV may end in CR, LF or both`(end: String, isQuoted: Bool) throws {
    let lines = [
      "label,text", isQuoted ? "positive,\"up,\(end)and more\"" : "positive,up", "neutral,flat",
      "neutrl,flat",
    ]
    let file = try folder.write("a.csv", lines.dropLast().joined(separator: end))
    let first = isQuoted ? "up,\(end)and more" : "up"
    #expect(
      try folder.load(.whole(file)) == [
        Example(text: first, target: .label(2)), Example(text: "flat", target: .label(1)),
      ])
    let broken = try folder.write("b.csv", lines.joined(separator: end))
    #expect(folder.complaint(.whole(broken)).hasPrefix("b.csv:\(isQuoted ? 5 : 4): error: unknown label"))
  }

  @Test(arguments: [(";", "semicolons", ";"), ("\t", "tabs", "\\t"), ("|", "bars", "|")])
  func `another separator than the comma is told with a way to convert`(
    separator: String, name: String, escape: String
  ) throws {
    let hint =
      "fields are separated by commas here and seem to be by \(name) in this file: convert it, for instance by "
      + #"pandas.read_csv("old.csv", sep="\#(escape)").to_csv("new.csv", index=False)"#
    let file = try folder.write("a.csv", "text\(separator)label\nx, y\(separator)neutral\n")
    #expect(
      folder.complaint(.whole(file)) == """
        a.csv:1: error: the header names one column, 'text\(separator)label', whose words are apart by \(name)
          \(hint)
        """)
    let quoted = try folder.write("b.csv", "\"text\"\(separator)\"label\"\nx\(separator)neutral\n")
    #expect(
      folder.complaint(.whole(quoted))
        == "b.csv:1: error: text behind the closing quote of a field\n  \(hint)")
  }

  @Test func `a column that a header lacks is told at the header`() throws {
    let file = try folder.write("a.csv", "\ntext,lable\nup,positive\ndown,negative\n")
    #expect(
      folder.complaint(.whole(file)) == """
        a.csv:2: error: no column 'label', which task 'fpb' reads
          did you mean 'lable'? there are: text, lable
        """)
  }

  @Test(arguments: ["csv", "jsonl"], [String.Encoding.utf16LittleEndian, .utf16BigEndian, .utf16, .utf32])
  func `text of two or four bytes a letter is named`(format: String, encoding: String.Encoding) throws {
    let text =
      format == "csv" ? "text,label\nup,neutral\n" : #"{"text": "up", "label": "neutral"}"# + "\n"
    let file = try folder.write("a.\(format)", [UInt8](try #require(text.data(using: encoding))))
    #expect(
      folder.complaint(.whole(file)) == """
        a.\(format): error: this is text in UTF-16 or UTF-32, not in UTF-8
          save it as UTF-8, for instance by iconv -f UTF-16 -t UTF-8 old > new
        """)
  }

  @Test func `a file of another form than JSON lines is told once`() throws {
    let array = try folder.write(
      "a.jsonl", "\n [\n{\"text\": \"a\", \"label\": \"neutral\"},\n{\"text\": \"b\"}\n]\n")
    #expect(
      folder.complaint(.whole(array)) == """
        a.jsonl:2: error: the file begins with '[', as a JSON array does
          write one object a line, for instance by jq -c '.[]' old.json > new.jsonl
        """)
    let row = #"{"text": "a", "label": "neutral"}"#
    let old = try folder.write("b.jsonl", "\(row)\r\(row)\r")
    #expect(
      folder.complaint(.whole(old)) == #"""
        b.jsonl:1: error: the lines end in CR alone
          end them with LF, for instance by tr '\r' '\n' < old.jsonl > new.jsonl
        """#)
    let indented = try folder.write(
      "d.jsonl", "{\n  \"text\": \"a\",\n  \"label\": \"neutral\"\n}\n{\n  \"text\": \"b\"\n}\n")
    #expect(
      folder.complaint(.whole(indented)) == """
        d.jsonl:1: error: an object begins here and goes on in the next line
          write one object a line, for instance by jq -c . old.json > new.jsonl
        """)
    let single = try folder.write("c.jsonl", "\(row)\r")
    #expect(try folder.load(.whole(single)).count == 1)
  }
}
