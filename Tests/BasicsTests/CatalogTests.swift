import Basics
import Testing

@Suite struct CatalogTests {
  private struct Tool: CatalogEntry {
    var name: String
    var summary = "a tool"
  }

  private static let tools = Catalog("tool", [Tool(name: "saw"), Tool(name: "hammer")])

  @Test func `names keep their order`() {
    #expect(Self.tools.names == ["saw", "hammer"])
  }

  @Test func `a row is found by its name`() throws {
    #expect(try Self.tools.entry(named: "hammer").name == "hammer")
  }

  @Test func `an unknown name is told with its place and the nearest one`() {
    let expected = Diagnostic(
      "unknown tool 'hamer'", at: Place(file: "a.yaml", line: 2), hint: "did you mean 'hammer'?")
    #expect(throws: expected) { try Self.tools.entry(named: "hamer", at: Place(file: "a.yaml", line: 2)) }
  }

  @Test func `a name like no other is told with all names`() {
    #expect(throws: Diagnostic("unknown tool 'screwdriver'", hint: "known: saw, hammer")) {
      try Self.tools.entry(named: "screwdriver")
    }
  }

  @Test func `two rows of one name trap`() async {
    await #expect(processExitsWith: .failure) {
      _ = Catalog("tool", [Tool(name: "saw"), Tool(name: "saw")])
    }
  }
}
