import Basics
import Execution
import Experiment
import Testing

/// The manifest language over the real tables, which only meet above the modules that hold them.
@Suite struct VocabularyTests {
  @Test func `no row of a table names a parameter as the language names a key beside it`() {
    #expect(ManifestSchema.clashes(.joined) == [])
  }

  private func manifest(_ merge: String) throws -> Manifest {
    let text = """
      name: t
      base: {pretrain: {steps: 1}}
      tasks:
        a: {generate: {form: sentiment, rows: {train: 9, validation: 9, test: 9}}}
        b: {generate: {form: topic, rows: {train: 9, validation: 9, test: 9}}}
      cocktails: [singles]
      budget: {steps: 1}
      merges: [\(merge)]
      """
    return try ManifestReader.read(text, path: "m.yaml", overrides: [], vocabulary: .joined)
  }

  private static let schema = Result { try ManifestSchema.jsonSchema(.joined) }

  /// What is wrong with a merge by the JSON Schema.
  private func problem(_ merge: String) throws -> String? {
    let text = """
      {"name": "t", "base": {"pretrain": {"steps": 1}}, "budget": {"steps": 1}, "merges": [\(merge)],
        "tasks": {"a": {"generate": {"form": "sentiment", "rows": {"train": 9}}}}}
      """
    return try SchemaCheck(Self.schema.get()).problems(with: try JSON(Array(text.utf8), file: "m.json"))
      .first?.what
  }

  @Test func `a merge may say what is merged whatever its method, by the reader and by the schema`() throws {
    for method in Vocabulary.joined.methods.map(\.name) {
      #expect(try problem(#"{"method": "\#(method)", "of": ["a", "b"]}"#) == nil, "\(method)")
    }
    #expect(throws: Never.self) { try manifest("{method: svc, of: [a, b]}") }
    #expect(throws: Never.self) { try manifest("{method: svc, of: [a, b], base_method: iso_c}") }
    #expect(try problem(#"{"method": "svc", "of": ["a", "b"], "base_method": "iso_c"}"#) == nil)
  }

  @Test func `what the reader refuses of a merge the schema refuses too`() throws {
    #expect(throws: Diagnostics.self) { try manifest("{method: svc, of: iso_c}") }
    #expect(try problem(#"{"method": "svc", "of": "iso_c"}"#) != nil)
    #expect(throws: Diagnostics.self) { try manifest("{method: svc, base_method: ties}") }
    #expect(try problem(#"{"method": "svc", "base_method": "ties"}"#) != nil)
    #expect(throws: Diagnostics.self) { try manifest("{method: svc, bas_method: iso_c}") }
    #expect(try problem(#"{"method": "svc", "bas_method": "iso_c"}"#) != nil)
  }
}
