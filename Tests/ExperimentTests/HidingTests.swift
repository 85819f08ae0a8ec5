import Specs
import Testing

@Suite struct HidingTests {
  private func task(_ text: String, pair: String? = nil) -> TaskSpec {
    TaskSpec(
      name: "t", kind: TaskKind("classification"), source: .files([:]), text: text, pair: pair, metrics: [])
  }

  @Test func `a column that is hidden leaves the rest of the texts`() {
    #expect(task("{a} {{x}} {b}").columns == ["a", "b"])
    #expect(task("{a} {{x}} {b}").hiding("a")?.text == " {{x}} {b}")
    let pair = task("{a}", pair: "{b} and {c}")
    #expect(pair.columns == ["a", "b", "c"])
    #expect(pair.hiding("a").map { [$0.text, $0.pair] } == ["{b} and {c}", nil])
    #expect(pair.hiding("b").map { [$0.text, $0.pair] } == ["{a}", " and {c}"])
    #expect(task("{a}", pair: "{a}").hiding("a") == nil)
    #expect(task("{a}").hiding("a") == nil)
  }
}
