import Basics
import Experiment
import Results
import Specs
import Testing

@Suite struct AllMethodsTests {
  private func merges(_ more: String) throws -> [String] {
    try plan(manifestText(more), ["seeds=0"]).models.filter { $0.kind == .merge }.map(\.model)
  }

  @Test func `all stands for every method that takes so many models`() throws {
    #expect(
      try merges("merges: [{method: all, of: [fpb, fomc]}]")
        == ["merge:linear", "merge:task_arithmetic", "merge:ties", "merge:slerp"])
    #expect(
      try merges("merges: [{method: all, of: [fpb, fomc, fiqa]}]")
        == ["merge:linear", "merge:task_arithmetic", "merge:ties"])
    #expect(
      try merges("merges: [{method: all, of: [fpb, fomc], except: [ties, slerp]}]")
        == ["merge:linear", "merge:task_arithmetic"])
  }

  @Test func `a cell that another row has already stands once`() throws {
    var words = Vocabulary.small
    words.methods.append(
      Vocabulary.Method(
        name: "total",
        parameters: [
          ParameterSpec(
            "scale", .number(-10...10), default: .number(0.5), usual: [0.5, 1], "factor on the sum")
        ], rule: "task_arithmetic"))
    let text = manifestText("merges: [{method: all, of: [fpb, fomc], except: [ties, slerp], grid: usual}]")
    let manifest = try ManifestReader.read(text, path: "a.yaml", overrides: [], vocabulary: words)
    let plan = try Planner(vocabulary: words, resources: FakeResources()).plan(manifest)
    #expect(
      plan.models.filter { $0.kind == .merge && $0.seed == 0 }.map(\.model)
        == ["merge:linear", "merge:task_arithmetic", "merge:total(scale=0.5)"])
  }

  @Test func `a model of weight zero does not count`() throws {
    let names = try merges("merges: [{method: all, of: [fpb, fomc, fiqa], weights: [1, 0, 1]}]")
    #expect(names.contains("merge:slerp"))
  }

  @Test func `the usual grid takes every parameter that is not given`() throws {
    #expect(
      try merges("merges: [{method: ties, of: [fpb, fomc], grid: usual}]")
        == ["merge:ties(density=0.1)", "merge:ties(density=0.5)"])
    #expect(
      try merges("merges: [{method: ties, of: [fpb, fomc], grid: usual, density: 0.3, scale: 2}]")
        == ["merge:ties(density=0.3,scale=2)"])
    #expect(
      try merges("merges: [{name: mine, method: ties, of: [fpb, fomc], grid: usual, scale: 2}]")
        == ["merge:mine(density=0.1)", "merge:mine(density=0.5)"])
  }

  @Test func `what cannot be is refused`() {
    let text = complaint {
      _ = try merges("merges: [{method: all, of: [fpb, fomc], name: mine, except: [tie]}]")
    }
    #expect(text.contains("all methods cannot have one name"))
    #expect(text.contains("unknown merge method 'tie'"))
    #expect(text.contains("did you mean 'ties'?"))
    #expect(
      complaint { _ = try merges("evaluate: {grids: chosen, splits: [test]}\nmerges: [{method: linear}]") }
        .contains("'evaluate.grids: chosen' needs the validation split, which chooses"))
  }

  @Test func `of a grid only the chosen point is tested`() throws {
    let text = manifestText(
      """
      evaluate: {grids: chosen}
      merges: [{method: ties, of: [fpb, fomc], density: {grid: [0.1, 0.5]}}, {method: linear, of: [fpb, fomc]}]
      """)
    let full = try plan(text)
    #expect(full.grids.map(\.name) == ["merge:ties"])
    #expect(full.grids.map(\.models) == [["merge:ties(density=0.1)", "merge:ties(density=0.5)"]])
    func tested(_ plan: Plan) -> [String] {
      plan.models.filter { $0.kind == .merge && $0.seed == 0 }
        .filter { $0.evaluations.contains { $0.split == .test } }.map(\.model)
    }
    #expect(tested(full).count == 3)
    let before = full.testing(onlyChosen: [])
    #expect(tested(before) == ["merge:linear"])
    let after = full.testing(onlyChosen: ["merge:ties(density=0.5)"])
    #expect(tested(after) == ["merge:ties(density=0.5)", "merge:linear"])
    // Two seeds on three tasks: `ner` has linear heads and was not learned.
    #expect(full.jobs.count - before.jobs.count == 2 * 2 * 3)
    #expect(after.jobs.count - before.jobs.count == 2 * 3)
    #expect(before.models.allSatisfy { $0.evaluations.contains { $0.split == .validation } })
  }

  @Test func `without the setting all points are tested`() throws {
    let full = try plan(
      manifestText("merges: [{method: ties, of: [fpb, fomc], density: {grid: [0.1, 0.5]}}]"))
    #expect(full.grids.isEmpty)
    #expect(full.testing(onlyChosen: []).jobs.map(\.id) == full.jobs.map(\.id))
  }
}
