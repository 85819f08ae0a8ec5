import Basics
import Testing

@Suite struct JSONTests {
  private func read(_ text: String) throws -> JSON { try JSON(Array(text.utf8), file: "a.json") }

  private func complaint(_ text: String) -> String {
    do {
      _ = try read(text)
      return "none"
    } catch {
      return "\(error)"
    }
  }

  @Test func `values come as they were written`() throws {
    let value = try read(
      #" {"b": [1, -2.50, 1e2, true, null], "a": {"é\n\u00e9\ud83d\ude00": ""}, "z\u0000": false} "#)
    #expect(value.members?.names == ["b", "a", "z\0"])
    #expect(
      value["b"]
        == .list([.number("1"), .number("-2.50"), .number("1e2"), .flag(true), .null]))
    #expect(value["b"]?.list?[1] == .number("-2.5"))
    #expect(value["a"]?["é\né😀"]?.text == "")
    #expect(value["b"]?.list?[2].integer == 100)
    #expect(value["z\0"]?.flag == false)
    #expect(value["none"] == nil)
  }

  @Test func `names that are canonically equivalent are two names`() throws {
    let value = try read("{\"\u{e9}\": 1, \"e\u{301}\": 2, \"\u{91d1}\": 3, \"\u{f90a}\": 4}")
    #expect(value["\u{e9}"]?.integer == 1)
    #expect(value["e\u{301}"]?.integer == 2)
    #expect(value["\u{f90a}"]?.integer == 4)
    #expect(JSON.text("\u{e9}") != .text("e\u{301}"))
  }

  @Test(arguments: [3, 40]) func `a name that stands twice is an error at its second place`(count: Int) {
    let members = (0..<count).map { "\"n\($0)\": \($0)" }.joined(separator: ",\n")
    #expect(complaint("{\(members)}") == "none")
    #expect(
      complaint("{\(members),\n  \"n1\": 7}")
        == "a.json:\(count + 1):3: error: not valid JSON: 'n1' stands twice")
  }

  @Test func `objects of many members find each of them`() throws {
    let members = (0..<30_000).map { "\"t\u{e9}\($0)\":\($0)" }.joined(separator: ",")
    let value = try read("{\(members)}")
    for name in stride(from: 0, to: 30_000, by: 7) { #expect(value["t\u{e9}\(name)"]?.integer == name) }
    #expect(value["te\u{301}0"] == nil)
  }

  @Test func `objects are equal whatever the order of their members`() throws {
    #expect(try read(#"{"a": 1, "b": [2]}"#) == read(#"{"b": [2.0], "a": 1e0}"#))
    #expect(try read(#"{"a": 1, "b": 2}"#) != read(#"{"a": 1, "c": 2}"#))
    #expect(try read("[1, 2]") != read("[2, 1]"))
  }

  @Test(arguments: [
    (#""a\ud83d""#, "a\u{fffd}"), (#""\ude00b""#, "\u{fffd}b"), (#""\ud83dA""#, "\u{fffd}A"),
    (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"), (#""\uD83D\n""#, "\u{fffd}\n"),
  ])
  func `half of a surrogate pair becomes U+FFFD`(json: String, text: String) throws {
    #expect(try read(json).text == text)
  }

  @Test func `names that only differ in lone surrogates stand twice`() {
    #expect(
      complaint(#"{"\ud800": 1, "\ud801": 2}"#)
        == "a.json:1:15: error: not valid JSON: '\u{fffd}' stands twice")
  }

  @Test func `a byte order mark is passed over`() throws {
    #expect(try JSON([0xef, 0xbb, 0xbf] + Array("[]".utf8), file: "a.json") == .list([]))
  }

  @Test(arguments: [
    ("", "1:1: error: not valid JSON: the text ends early"),
    ("{} {}", "1:4: error: not valid JSON: text after the value"),
    ("01", "1:1: error: not valid JSON: malformed number"),
    ("+1", "1:1: error: not valid JSON: expected a value"),
    (".5", "1:1: error: not valid JSON: expected a value"),
    ("5.", "1:1: error: not valid JSON: malformed number"),
    ("[1,\n 2,]", "2:4: error: not valid JSON: expected a value"),
    ("[1,\n é", "2:2: error: not valid JSON: expected a value"),
    ("'a'", "1:1: error: not valid JSON: expected a value"),
    ("{a: 1}", "1:2: error: not valid JSON: expected a name in double quotes"),
    (
      "[NaN]",
      "1:2: error: not valid JSON: JSON has no NaN and no infinity\n  write a number, or null as pandas' to_json does; Python's json.dumps writes NaN where it should not"
    ),
    ("\"\\u12x4\"", "1:4: error: not valid JSON: expected four hexadecimal digits"),
  ])
  func `what is no JSON is pointed at`(text: String, message: String) {
    #expect(complaint(text) == "a.json:\(message)")
  }

  @Test func `bytes that are no UTF-8 are refused`() {
    #expect(throws: Diagnostic.self) { try JSON([0x22, 0xff, 0x22], file: "a.json") }
  }

  @Test func `deep nesting is refused before the stack ends`() {
    #expect(complaint(String(repeating: "[", count: 128) + String(repeating: "]", count: 128)) == "none")
    #expect(
      complaint(String(repeating: "[", count: 1_000_000))
        == "a.json:1:129: error: not valid JSON: more than 128 levels")
  }

  @Test func `the places of the members' values can be asked for`() throws {
    let bytes = Array("{\"a\": [1, {\"b\": 2}] , \"b\":null}".utf8)
    let ranges = try JSON.memberRanges(bytes, file: "a.json")
    #expect(ranges.count == 2)
    let range = try #require(ranges[ExactText("a")])
    #expect(String(decoding: bytes[range], as: UTF8.self) == "[1, {\"b\": 2}]")
  }
}

@Suite struct ExactTextTests {
  private static let texts = ["", "a", "\u{e9}", "e\u{301}", "金", "\u{f90a}", "abcdefgh", "abcdefghi", "\0"]

  @Test(arguments: texts, texts) func `texts are equal where their bytes are`(a: String, b: String) {
    let isSame = Array(a.utf8) == Array(b.utf8)
    #expect((ExactText(a) == ExactText(b)) == isSame)
    #expect(a.hasBytes(of: b) == isSame)
    #expect((ExactText(a) < ExactText(b)) == Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8)))
  }

  @Test func `a set keeps canonically equivalent texts apart`() {
    #expect(Set(Self.texts.map { ExactText($0) }).count == Self.texts.count)
  }
}

@Suite struct InputFileTests {
  @Test func `a Git LFS pointer says how to fetch the file`() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    #expect(throws: Diagnostic.self) { try InputFile.refusePointer(pointer.utf8, path: "a") }
    #expect(throws: Never.self) { try InputFile.refusePointer("version: 1\n".utf8, path: "a") }
  }

  @Test(arguments: [
    ("9007199254740992", 9_007_199_254_740_992 as Int?), ("9007199254740993", nil),
    ("-9007199254740993", nil),
    ("9007199254740992.0", nil), ("1e3", 1000), ("-0", 0), ("1.5", nil), ("1e300", nil),
  ])
  func `whole numbers are exact or none`(digits: String, number: Int?) throws {
    #expect(try JSON(Array(digits.utf8), file: "a.json").integer == number)
  }

  @Test(arguments: [
    ("0.5", 0.5 as Double?), ("-1e-3", -0.001), ("0x1A", nil), ("inf", nil), ("nan", nil), ("1_0", nil),
  ])
  func `numbers of people are plain decimal`(text: String, number: Double?) {
    #expect(Double(decimal: text) == number)
  }
}
