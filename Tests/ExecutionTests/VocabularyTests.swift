import Basics
import Execution
import Experiment
import Foundation
import TestSupport
import Testing

/// The manifest language over the real tables, which only meet above the modules that hold them.
@Suite struct VocabularyTests {
  @Test func `no row of a table names a parameter as the language names a key beside it`() {
    #expect(ManifestSchema.clashes(.joined) == [])
  }

  /// Words that are keys of the language itself, or plain words, beside being parameters of a method, by the files of
  /// Experiment that write them.
  private static let ownWords: [String: Set<String>] = [
    // Settings of adapters, trainings, budgets and samplings.
    "SettingRow.swift": [
      "rank", "alpha", "steps", "learning_rate", "weight_decay", "epsilon", "clip", "temperature",
    ],
    "ManifestReading+Settings.swift": ["temperature", "steps"],
    // Keys of tasks, of what is generated, and of a search's ranges.
    "ManifestShape.swift": ["labels", "rows", "temperature", "over"],
    "ManifestShape+Rules.swift": ["labels"],
    "ManifestReading+Tasks.swift": ["labels", "rows"],
    // The unit of a budget, and the key of a search's ranges.
    "ManifestReading+Merges.swift": ["steps", "over"], "ManifestReading+Tuning.swift": ["steps"],
    // What is listed: a task.
    "CocktailTable.swift": ["task"], "ManifestReader.swift": ["task"],
    // A kind of warning.
    "DataWarnings.swift": ["scale"],
    // A key of recipes, which have another word for it.
    "MergeRecipe.swift": ["scale"],
  ]

  @Test func `what plans knows no parameter of a merge method by its name`() throws {
    let names = Set(Vocabulary.joined.methods.flatMap(\.parameters).map(\.name))
    let folder = Reference.package.appendingPathComponent("Sources/Experiment")
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let files = paths.filter { $0.hasSuffix(".swift") }
    #expect(names.count > 40 && files.count > 20)
    for path in files {
      let text = try String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
      var found: Set<String> = []
      for line in text.split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("//") {
        // A literal, or a word in quotes within one.
        for match in line.matches(of: /["'](\w+)["']/) where names.contains(String(match.1)) {
          found.insert(String(match.1))
        }
      }
      let own = Self.ownWords[String(path.split(separator: "/").last ?? "")] ?? []
      #expect(
        found == own,
        "\(path): what a merge method asks for is told by MergeDemands; a key of the language stands in ownWords"
      )
    }
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
