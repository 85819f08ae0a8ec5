import Basics
import Specs
import Testing

@Suite struct TemplateTests {
  @Test func `columns stand in braces, doubled braces are braces`() throws {
    let template = try Template("{{{title}}} of {text}", of: "task 'x'")
    #expect(template.parts == [.literal("{"), .column("title"), .literal("} of "), .column("text")])
    #expect(template.columns == ["title", "text"])
  }

  @Test(arguments: [("{text", "{"), ("text}", "}"), ("{} {text}", "{")])
  func `braces that do not close are told`(source: String, brace: String) {
    let expected = Diagnostic(
      "unbalanced '\(brace)' in the template \"\(source)\" of task 'x'",
      hint: "write a column as {column} and a brace as \(brace)\(brace)")
    #expect(throws: expected) { try Template(source, of: "task 'x'") }
  }

  @Test(arguments: ["", "hello", "{{text}}"])
  func `a text without a column is told`(source: String) {
    let expected = Diagnostic(
      "the template \"\(source)\" of task 'x' names no column", hint: "write a column as {column}")
    #expect(throws: expected) { try Template(source, of: "task 'x'") }
  }
}
