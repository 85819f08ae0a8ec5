import Execution
import Foundation
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

  static let cases: [Golden.Case] = {
    let file = Reference.golden("checkpoints/checkpoints.json")
    let golden = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Golden.self, from: $0) }
    return golden?.cases ?? []
  }()

  @Test func `there are golden merges of both families`() {
    #expect(Self.cases.count > 50)
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
