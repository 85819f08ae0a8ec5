import Basics
import Checkpoints
import Foundation
import Recipes
import TestSupport
import Testing

/// Merges of tiny checkpoints against those of mergekit.
@Suite struct CheckpointGoldenTests {
  struct Golden: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
      let family: String, name: String, recipe: String, layers: Int, count: Int
      let tensors: [String: [Float]]
      var testDescription: String { "\(family) \(name)" }
    }
    let mergekit: String
    let cases: [Case]
  }

  static let cases = ["llama", "bert"].flatMap { family -> [Golden.Case] in
    let file = Reference.golden("checkpoints/\(family).json")
    let golden = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Golden.self, from: $0) }
    return golden?.cases ?? []
  }

  @Test func `there are golden merges of both families`() {
    #expect(Self.cases.count == 59)
    #expect(Self.vocabularies.cases.count == 5)
  }

  struct Vocabularies: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
      struct Table: Decodable {
        let tokens: [String: [Float]], padding: [[Float]]
      }
      let name: String, recipe: String
      let tensors: [String: Table]
      var testDescription: String { name }
    }
    let tokens: [String: [String]]
    let cases: [Case]
  }

  static let vocabularies: Vocabularies = {
    let file = Reference.golden("checkpoints/vocabularies.json")
    let golden = (try? Data(contentsOf: file)).flatMap {
      try? JSONDecoder().decode(Vocabularies.self, from: $0)
    }
    return golden ?? Vocabularies(tokens: [:], cases: [])
  }()

  @Test(arguments: vocabularies.cases)
  func `tokens have the embeddings that mergekit gives them`(golden: Vocabularies.Case) throws {
    let yard = try MergeYard()
    for (model, tokens) in Self.vocabularies.tokens.sorted(by: { $0.key < $1.key }) {
      try yard.tokenizer(tokens, model)
    }
    try yard.merge(golden.recipe)
    let ids = try TokenizerVocabulary(folder: yard.url.path + "/out").ids
    let merged = try yard.weights("out")
    for (name, table) in golden.tensors.sorted(by: { $0.key < $1.key }) {
      let numbers = try #require(merged[name])
      #expect(Set(ids.keys) == Set(table.tokens.keys.map { ExactText($0) }))
      #expect(numbers.count == 8 * (table.tokens.count + table.padding.count))
      for (token, expected) in table.tokens.sorted(by: { $0.key < $1.key }) {
        let row = numbers.dropFirst(8 * (ids[ExactText(token)] ?? 0)).prefix(8)
        #expect(relativeError(Array(row), expected) < 1e-5, "\(name) of '\(token)'")
      }
      for (place, expected) in table.padding.enumerated() {
        let row = numbers.dropFirst(8 * (table.tokens.count + place)).prefix(8)
        #expect(relativeError(Array(row), expected) < 1e-5, "\(name), row \(place) that pads")
      }
    }
  }

  @Test(arguments: cases) func `a merge has the numbers of mergekit`(golden: Golden.Case) throws {
    let yard = try MergeYard(bert: golden.family == "bert")
    let outcome = try yard.merge(golden.recipe)
    #expect(outcome.tensors == golden.count)
    let merged = try yard.weights("out")
    for name in golden.tensors.keys.sorted() {
      let actual = try #require(merged[name], "\(name)")
      let error = relativeError(actual, golden.tensors[name] ?? [])
      #expect(error < 1e-5, "\(name): \(error)")
    }
    #expect(try yard.text("out/config.json").contains("\"num_hidden_layers\": \(golden.layers)"))
  }
}
