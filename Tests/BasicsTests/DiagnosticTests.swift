import Basics
import Testing

@Suite struct DiagnosticTests {
  @Test func `a bare diagnostic is one line`() {
    #expect(Diagnostic("the disk is full").description == "error: the disk is full")
  }

  @Test func `a place stands before, a hint below`() {
    let place = Place(file: "a.jsonl", line: 7, detail: "row 6")
    let diagnostic = Diagnostic("the text is empty", at: place, hint: "remove the row")
    #expect(
      diagnostic.description == """
        a.jsonl:7: row 6: error: the text is empty
          remove the row
        """)
  }

  @Test func `a source line gets a caret under its column`() {
    let diagnostic = Diagnostic(
      "unknown parameter 'densty' of merge method 'ties'", at: Place(file: "a.yaml", line: 14, column: 9),
      hint: "did you mean 'density'?", source: "        densty: 0.2")
    #expect(
      diagnostic.description == """
        a.yaml:14:9: error: unknown parameter 'densty' of merge method 'ties'
           14 |         densty: 0.2
              |         ^ did you mean 'density'?
        """)
  }

  @Test func `a source line without a column is pointed at from its start`() {
    let diagnostic = Diagnostic("no colon", at: Place(file: "a.yaml", line: 123456), source: "name mini")
    #expect(
      diagnostic.description == """
        a.yaml:123456: error: no colon
        123456 | name mini
               | ^
        """)
  }

  @Test func `a source line without a place is not shown`() {
    #expect(Diagnostic("bad", hint: "mend it", source: "x").description == "error: bad\n  mend it")
  }

  @Test(arguments: [
    (Place(file: "a"), "a"),
    (Place(file: "a", line: 3), "a:3"),
    (Place(file: "a", line: 3, column: 5), "a:3:5"),
    (Place(file: "a", column: 5), "a"),
    (Place(file: "a", detail: "tensor 'w'"), "a: tensor 'w'"),
  ])
  func `a place says what is known of it`(place: Place, text: String) {
    #expect(place.description == text)
  }

  @Test func `several diagnostics stand one below the other in their order`() {
    let all = Diagnostics([Diagnostic("one", hint: "mend"), Diagnostic("two")])
    #expect(all.description == "error: one\n  mend\nerror: two")
  }

  @Test func `a refusal says the same as another problem, and nothing of it is written`() throws {
    let refusal = Diagnostic.refusal("no average", hint: "use another weight")
    let problem = Diagnostic("no average", hint: "use another weight")
    #expect(refusal.isRefusal && !problem.isRefusal)
    #expect(refusal.description == problem.description)
    #expect(try StableHash.canonicalJSON(refusal) == StableHash.canonicalJSON(problem))
    #expect(problem.asRefusal == refusal)
  }
}
