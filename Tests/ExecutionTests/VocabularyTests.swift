import Basics
import Execution
import Experiment
import Foundation
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

  /// What is wrong with a merge by the JSON Schema.
  private func problem(_ merge: [String: Any]) throws -> String? {
    let data = Data(try ManifestSchema.jsonSchema(.joined).utf8)
    let schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let manifest: [String: Any] = [
      "name": "t", "base": ["pretrain": ["steps": 1]], "tasks": [String: Any](), "budget": ["steps": 1],
      "merges": [merge],
    ]
    return SchemaCheck.problem(with: manifest, by: schema)
  }

  @Test func `a merge may say what is merged whatever its method, by the reader and by the schema`() throws {
    for method in Vocabulary.joined.methods.map(\.name) {
      #expect(try problem(["method": method, "of": ["a", "b"]]) == nil, "\(method)")
    }
    #expect(throws: Never.self) { try manifest("{method: svc, of: [a, b]}") }
    #expect(throws: Never.self) { try manifest("{method: svc, of: [a, b], base_method: iso_c}") }
    #expect(try problem(["method": "svc", "of": ["a", "b"], "base_method": "iso_c"]) == nil)
  }

  @Test func `what the reader refuses of a merge the schema refuses too`() throws {
    #expect(throws: Diagnostics.self) { try manifest("{method: svc, of: iso_c}") }
    #expect(try problem(["method": "svc", "of": "iso_c"]) != nil)
    #expect(throws: Diagnostics.self) { try manifest("{method: svc, base_method: ties}") }
    #expect(try problem(["method": "svc", "base_method": "ties"]) != nil)
    #expect(throws: Diagnostics.self) { try manifest("{method: svc, bas_method: iso_c}") }
    #expect(try problem(["method": "svc", "bas_method": "iso_c"]) != nil)
  }
}

/// As much of JSON Schema as ours are written in.
private enum SchemaCheck {
  /// The first thing that is wrong with a value; nil where it fits.
  static func problem(with value: Any, by schema: [String: Any]) -> String? {
    if let shapes = schema["anyOf"] as? [[String: Any]] {
      let problems = shapes.map { problem(with: value, by: $0) }
      return problems.contains(nil) ? nil : problems.compactMap(\.self).joined(separator: "; or ")
    }
    if let shapes = schema["oneOf"] as? [[String: Any]] {
      let fitting = shapes.filter { problem(with: value, by: $0) == nil }.count
      return fitting == 1 ? nil : "\(value) fits \(fitting) of the shapes"
    }
    if let words = schema["enum"] as? [String] {
      return words.contains(value as? String ?? "") ? nil : "'\(value)' is none of \(words)"
    }
    let types = (schema["type"] as? [String]) ?? [schema["type"] as? String].compactMap(\.self)
    switch value {
    case let object as [String: Any]:
      guard types.contains("object") else { return "an object is not \(types)" }
      let known = schema["properties"] as? [String: [String: Any]] ?? [:]
      let missing = (schema["required"] as? [String] ?? []).filter { object[$0] == nil }
      if !missing.isEmpty { return "\(missing) missing" }
      for (key, member) in object {
        if let shape = known[key] ?? schema["additionalProperties"] as? [String: Any] {
          if let problem = problem(with: member, by: shape) { return "\(key): \(problem)" }
        } else if schema["additionalProperties"] as? Bool == false {
          return "unknown key \(key)"
        }
      }
      return nil
    case let list as [Any]:
      guard types.contains("array"), let element = schema["items"] as? [String: Any] else {
        return "a list is not \(types)"
      }
      return list.lazy.compactMap { problem(with: $0, by: element) }.first
    case is String: return types.contains("string") ? nil : "'\(value)' is not \(types)"
    default:
      return types.contains("number") || types.contains("integer") || types.contains("boolean")
        ? nil : "\(value) is not \(types)"
    }
  }
}
