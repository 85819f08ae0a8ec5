import Foundation
import Testing

/// Rounds of training and merging, from a manifest to tables.
@Suite struct RoundsTests {
  private static let manifest = """
    name: tiny
    seeds: [0]
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
    tasks:
      news: {generate: {form: sentiment, rows: {train: 60, validation: 12, test: 12}}}
      names: {generate: {form: entities, rows: {train: 60, validation: 12, test: 12}}, head: linear}
    cocktails: [singles]
    budget: {steps: 7}
    adapter: {rank: 2, alpha: 4, targets: [all-linear]}
    training: {learning_rate: 4e-3, batch_rows: 8, max_tokens: 32}
    merges:
      - {method: linear, of: singles}
      - {method: cold_fusion, of: singles, rounds: {grid: [1, 3]}}
      - {method: cold_fusion, name: cut, of: singles, rounds: 2, rank: 3}
    """

  @Test func `a run trains in rounds, and its bytes depend on no worker, thread or interruption`() throws {
    let places = try [["--workers", "2"], ["--workers", "1", "--threads", "2"]].map { how in
      let place = try Workplace(manifest: Self.manifest)
      let outcome = try Program.start(["run", "m.yaml"] + how, in: place.folder).outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      return place
    }
    let (place, artefacts) = (places[0], try places[0].artefacts())
    #expect(try place.tables() == places[1].tables())
    #expect(try artefacts == places[1].artefacts())

    // Two singles, which are the one round, and three and two rounds of two, of which no shares are equal.
    let plan = try Program.run("plan", "m.yaml", in: place.folder).output
    #expect(plan.contains("train: 12 jobs, 12 done, 0 to run"), "\(plan)")
    #expect(plan.contains("merge: 6 jobs, 6 done, 0 to run"), "\(plan)")

    let names = ["merge:linear", "merge:cold_fusion(rounds=1)", "merge:cold_fusion(rounds=3)", "merge:cut"]
    let runs = try table("runs", of: place)
    let scores = names.map { name in runs.filter { $0["model"] == name }.map { $0["value"] } }
    // One round is the average; three rounds are not, and neither is what is cut.
    #expect(scores[0] == scores[1] && scores[0].count > 4)
    let jobs = names.map { name in runs.first { $0["model"] == name }?["model_job"] }
    #expect(jobs[0] == jobs[1] && Set(jobs).count == 3)
    // What a recipe costs is that of all its rounds, and that is the same for all.
    for name in names {
      #expect(
        runs.filter { $0["model"] == name }.allSatisfy { $0["steps"] == "14" && $0["examples"] == "112" })
    }
    #expect(
      try table("merges", of: place).compactMap { $0["method"] }.filter { !$0.isEmpty } == ["linear"]
        + Array(repeating: "cold_fusion", count: 3))
    // The rank grows with the rounds unless it is cut.
    let merges = try table("merges", of: place)
    let sizes = names.map { name in merges.first { $0["model"] == name }?["bytes"].flatMap(Double.init) ?? 0 }
    #expect(sizes[0] > 0 && sizes[2] > 1.5 * sizes[0] && sizes[3] < sizes[0])
    let energies = names.map { name in merges.first { $0["model"] == name }?["retained_energy"] }
    #expect(energies[2] == "1.0" && energies[3] != "1.0")

    // What was lost in the middle is made again, to the same bytes.
    let trainings = artefacts.keys.filter { $0.hasSuffix("/curve.csv") }.sorted()
    #expect(trainings.count == 13)
    for path in trainings.dropFirst(3).prefix(4) {
      let id = String(path.split(separator: "/")[0])
      try FileManager.default.removeItem(at: place.folder.appendingPathComponent("Results/.store/\(id)"))
    }
    let mended = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(mended.status == 0, "\(mended.errors)")
    #expect(try place.artefacts() == artefacts)
  }

  /// The rows of a table; what stands in quotes is left out.
  private func table(_ name: String, of place: Workplace) throws -> [[String: String]] {
    let rows = try place.read("Results/tiny/\(name).csv").split(separator: "\n").map {
      $0.replacing(/"[^"]*"/, with: "").split(separator: ",", omittingEmptySubsequences: false).map(
        String.init)
    }
    return rows.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(rows[0], $0)) }
  }

  private static let line =
    manifest.components(separatedBy: "merges:")[0] + """
      merges:
        - {method: linear, of: singles}
        - {method: pamal, of: singles, alpha: {grid: [0, 0.5, 1]}}
      """

  @Test func `models trained together are mixed at every point of their line`() throws {
    let places = try [["--workers", "2"], ["--workers", "1", "--threads", "2"]].map { how in
      let place = try Workplace(manifest: Self.line)
      let outcome = try Program.start(["run", "m.yaml"] + how, in: place.folder).outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      return place
    }
    let place = places[0]
    #expect(try place.tables() == places[1].tables())
    #expect(try place.artefacts() == places[1].artefacts())
    let plan = try Program.run("plan", "m.yaml", in: place.folder).output
    #expect(plan.contains("train: 3 jobs, 3 done, 0 to run"), "\(plan)")
    let runs = try table("runs", of: place).filter { $0["model"]?.hasPrefix("merge:") == true }
    // As many steps and rows as the singles have together, for every point.
    #expect(runs.allSatisfy { $0["steps"] == "14" && $0["examples"] == "112" }, "\(runs)")
    #expect(Set(runs.map { $0["model_job"] }).count == 4)
    #expect(
      try table("merges", of: place).compactMap { $0["method"] }.filter { !$0.isEmpty }
        == ["linear", "pamal", "pamal", "pamal"])
    #expect(try place.read("Results/tiny/pareto.csv").contains("merge:pamal(alpha=0.5)"))
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0 && again.errors == "")
  }

  @Test func `the recipes are listed and explained among the methods`() throws {
    let place = try Workplace()
    let list = try Program.run("merge", "--list", in: place.folder).output
    #expect(list.contains("cold_fusion"))
    let text = try Program.run("merge", "--explain", "cold_fusion", in: place.folder).output
    #expect(text.contains("paper: arXiv:2212.01378"))
    #expect(text.contains("trains its models itself, in rounds, so it needs an experiment"))
    let other = try Program.run("merge", "--explain", "pamal", in: place.folder).output
    #expect(other.contains("trains its models itself, together, so it needs an experiment"))
  }
}
