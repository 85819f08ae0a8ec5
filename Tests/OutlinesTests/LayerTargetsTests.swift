import Foundation
import Outlines
import TestSupport
import Testing

/// The rule of targets against PEFT's own, asked for every path by Tests/Golden/outlines/generate_targets.py.
@Suite struct LayerTargetsTests {
  struct Golden: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
      let names: [String]?
      let pattern: String?
      let blocks: [Int]?
      let chosen: [String]

      var testDescription: String {
        "\(names.map { "\($0)" } ?? pattern ?? "") \(blocks.map { "\($0)" } ?? "")"
      }
    }

    let paths: [String]
    let cases: [Case]
  }

  static let golden: Golden = {
    let file = Reference.golden("outlines/targets.json")
    guard let data = try? Data(contentsOf: file),
      let golden = try? JSONDecoder().decode(Golden.self, from: data)
    else { preconditionFailure("no golden targets at \(file.path)") }
    return golden
  }()

  @Test(arguments: golden.cases) func `words choose the layers that PEFT adapts`(item: Golden.Case) {
    let targets =
      item.names.map { LayerTargets($0, blocks: item.blocks) }
      ?? LayerTargets(pattern: item.pattern ?? "", blocks: item.blocks)
    #expect(Self.golden.paths.filter(targets.choose) == item.chosen)
  }

  @Test func `all-linear chooses all, as a text, in a list and beside other names`() {
    let paths = Self.golden.paths
    #expect(paths.filter(LayerTargets(["all-linear"]).choose) == paths)
    #expect(paths.filter(LayerTargets(pattern: "All-Linear").choose) == paths)
    #expect(paths.filter(LayerTargets(["query", "all-linear"]).choose) == paths)
    // PEFT lets the numbers have no effect then; here they narrow it down as they do with names.
    #expect(
      paths.filter(LayerTargets(["all-linear"], blocks: [11]).choose)
        == paths.filter { $0.contains(".11.") && !$0.hasPrefix("layers") })
  }

  @Test func `a word that chooses nothing is named`() {
    let paths = Self.golden.paths
    #expect(LayerTargets(["query", "qeury", "all-linear"]).missing(among: paths) == ["qeury"])
    #expect(LayerTargets(pattern: "query").missing(among: paths) == ["query"])
    #expect(LayerTargets(pattern: ".*query").missing(among: paths) == [])
  }
}
