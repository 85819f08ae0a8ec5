import Basics
import Experiment
import Specs
import Testing

/// What can be chosen must have what chooses; paths and names that a system would refuse are refused before it does.
@Suite struct ChoiceTests {
  private static let noChoice = "evaluate: {splits: [test]}"

  @Test func `a grid of trainings without validation is refused with its place`() {
    let message = complaint {
      _ = try plan(manifestText("adapter: {rank: {grid: [2, 4]}}\n" + Self.noChoice))
    }
    #expect(
      message == """
        a.yaml:11:17: error: no point of the grid of 'adapter.rank' can be chosen without validation scores
           11 | adapter: {rank: {grid: [2, 4]}}
              |                 ^ add validation to evaluate.splits, or give 'adapter.rank' one value
        """)
    let given = complaint { _ = try plan(manifestText(), ["adapter.rank=2,4", "evaluate.splits=test"]) }
    #expect(given.hasPrefix("-S adapter.rank=2,4: error: no point of the grid of 'adapter.rank'"), "\(given)")
  }

  @Test func `a grid of merges without validation is refused once`() {
    let message = complaint {
      _ = try plan(
        manifestText("merges: [{method: ties, density: {grid: [0.2, 0.5, 0.8]}}]\n" + Self.noChoice))
    }
    #expect(
      message == """
        a.yaml:11:10: error: no point of the grid of 'merge:ties' can be chosen without validation scores
           11 | merges: [{method: ties, density: {grid: [0.2, 0.5, 0.8]}}]
              |          ^ add validation to evaluate.splits, or leave the grid out
        """)
  }

  @Test func `a grid of which one point is tested needs validation on all tasks of its merge`() throws {
    let merges = "merges: [{method: ties, of: [fpb, fomc], density: {grid: [0.2, 0.5]}}]\n"
    let message = complaint { _ = try plan(manifestText(merges + "evaluate: {grids: chosen, tasks: [fpb]}")) }
    #expect(
      message.contains(
        "error: no point of the grid of 'merge:ties' can be chosen without validation scores on 'fomc'"))
    #expect(message.contains("add 'fomc' to evaluate.tasks, or write evaluate: {grids: all}"))
    _ = try plan(manifestText(merges + "evaluate: {grids: chosen, tasks: [fpb, fomc]}"))
    _ = try plan(manifestText(merges + "evaluate: {grids: all, tasks: [fpb]}"))
  }

  @Test func `tables that will lack the best alone are planned, with a note`() throws {
    let rivals = "cocktails: [singles, all]\nmerges: [{method: linear}, {method: ties}]\n"
    #expect(try plan(manifestText(rivals + Self.noChoice)).notes.count == 1)
    #expect(try plan(manifestText(rivals)).notes == [])
    #expect(try plan(manifestText("cocktails: [singles]\n" + Self.noChoice)).notes == [])
    // A grid of one point is none.
    _ = try plan(manifestText("adapter: {rank: {grid: [2]}}\n" + Self.noChoice))
  }

  @Test func `an experiment whose name no folder can have is refused`() throws {
    let long = String(repeating: "n", count: 256)
    let message = complaint { _ = try plan(manifestText(), ["name=\(long)"]) }
    #expect(
      message.hasSuffix(
        ": error: the experiment's name has 256 bytes, and a folder takes 255\n"
          + "  shorten it; 'title' takes a text of any length"), "\(message)")
    _ = try plan(manifestText(), ["name=\(long.dropLast())"])
  }

  @Test(arguments: ["data_root: ./../sets/./", "data_root: ../sets"])
  func `paths are shown without parts that say nothing`(line: String) throws {
    let text = manifestText().replacing("data_root: data", with: line)
    let manifest = try ManifestReader.read(text, path: "./a.yaml", overrides: [], vocabulary: .small)
    #expect(manifest.dataRoot == "../sets")
    let message = complaint {
      _ = try Planner(vocabulary: .small, resources: FakeResources(root: "nowhere")).plan(manifest)
    }
    #expect(message.contains("has no training data in ../sets/fpb"), "\(message)")
  }
}
