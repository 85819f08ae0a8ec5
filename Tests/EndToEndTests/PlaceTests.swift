import Foundation
import Testing

/// What commands write, and where.
@Suite struct PlaceTests {
  /// Everything below a folder with its bytes and its times, but what calls of these tests print and remember.
  private func tree(_ place: Workplace) throws -> [String: String] {
    var tree: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: place.folder.path)
    where !path.hasPrefix(".cache") && !path.hasSuffix(".out") && !path.hasSuffix(".err") {
      let file = place.folder.appendingPathComponent(path)
      let facts = try FileManager.default.attributesOfItem(atPath: file.path)
      let bytes = (try? Data(contentsOf: file)).map { "\($0.hashValue)" } ?? "folder"
      tree[path] = "\(facts[.modificationDate] ?? "") \(facts[.size] ?? "") \(bytes)"
    }
    return tree
  }

  @Test(arguments: [false, true])
  func `plan, validate and status write nothing`(isFinished: Bool) throws {
    let place = try isFinished ? Workplace(copying: Finished.get().place) : Workplace()
    let before = try tree(place)
    #expect(before.count == 1 || isFinished)
    for command in [["plan"], ["plan", "--json"], ["validate"], ["status"], ["plan", "-S", "seeds=[0,9]"]] {
      let call = try Program.start(command + ["m.yaml"], in: place.folder)
      #expect(try call.outcome().status == 0)
      #expect(try tree(place) == before, "\(command)")
    }
  }

  @Test func `results follow the manifest to where it is called from, and paths are shown from there`() throws
  {
    let place = try Workplace(copying: Finished.get().place)
    let files = FileManager.default
    for name in ["exp", "other"] {
      try files.createDirectory(
        at: place.folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    for name in ["m.yaml", "Results"] {
      try files.moveItem(
        at: place.folder.appendingPathComponent(name), to: place.folder.appendingPathComponent("exp/" + name))
    }
    let other = place.folder.appendingPathComponent("other")
    let note =
      "note: the results lie in ../exp/Results; that is the manifest's; --results names another folder\n"
    let status = try Program.run("status", "../exp/m.yaml", in: other)
    #expect(status.errors.hasPrefix(note) && status.output.contains("train: 8 done, 0 running"))
    let run = try Program.run("run", place.folder.path + "/exp/m.yaml", in: other)
    #expect(run.status == 0 && run.errors.contains(note), "\(run.errors)")
    #expect(run.output.contains("\nTables: ../exp/Results/tiny/report.md"))
    let wrong = try Program.run("validate", place.folder.path + "/exp/n.yaml", in: other)
    #expect(wrong.status == 2 && wrong.errors.hasPrefix("../exp/n.yaml: error: "), "\(wrong.errors)")
    let plan = try Program.run(
      "plan", "m.yaml", "--results", "Elsewhere", in: place.folder.appendingPathComponent("exp"))
    #expect(!plan.errors.contains("the results lie") && plan.output.contains("train: 8 jobs, 0 done"))
    let names = try files.contentsOfDirectory(atPath: other.path)
    #expect(names.allSatisfy { $0.hasSuffix(".out") || $0.hasSuffix(".err") || $0 == ".cache" }, "\(names)")
  }
}
