import Foundation
import TestSupport
import Testing

@Suite struct RunTests {
  @Test func `a run ends with 0, writes every file and leaves no attempts`() throws {
    let (place, outcome) = try Finished.get()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("tiny: 15 models, 106 jobs, 2 workers\n"))
    #expect(outcome.output.contains("Tables: Results/tiny/report.md"))
    #expect(place.stored().count == 106)
    #expect(place.stored(attempts: true).isEmpty)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.folder.path + "/Results/tiny")
      .sorted()
    let wanted = [
      "COLUMNS.md", "cocktails.csv", "comparison.csv", "costs.csv", "manifest.lock.yaml", "merges.csv",
      "methods.csv", "mixtures.csv", "predictions", "report.md", "runs.csv", "transfer.csv",
    ]
    #expect(Set(wanted).subtracting(names).isEmpty)
  }

  @Test func `operations of trainings are counted, and a merge's are those of its inputs`() throws {
    let lines = try Finished.get().place.read("Results/tiny/runs.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let names = try #require(lines.first)
    let columns = try ["kind", "seed", "flops", "tokens"].map { try #require(names.firstIndex(of: $0)) }
    func sum(_ kind: String, _ column: Int) -> Double {
      let rows = Set(
        lines.filter { $0[columns[0]] == kind && $0[columns[1]] == "0" }.map {
          [$0[1], $0[columns[column]]]
        })
      return rows.reduce(0) { $0 + (Double($1[1]) ?? .nan) } / (kind == "merge" ? Double(rows.count) : 1)
    }
    #expect(sum("single", 2) > 1e6 * sum("single", 3) / 1000)
    #expect(abs(sum("merge", 2) - sum("single", 2)) < 1e-9 * sum("single", 2))
  }

  @Test func `a second run starts no job and changes no byte`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let before = try place.files(below: "Results")
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0)
    #expect(again.errors == "")
    #expect(try place.files(below: "Results") == before)
    #expect(before.count > 106)
  }

  @Test func `tables that were deleted come back from the store, byte for byte`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let before = try place.files(below: "Results")
    try FileManager.default.removeItem(at: place.folder.appendingPathComponent("Results/tiny"))
    let report = try Program.run("report", "m.yaml", in: place.folder)
    #expect(report.status == 0)
    #expect(try place.files(below: "Results") == before)
  }

  @Test func `one worker of two threads makes the same bytes as two workers`() throws {
    let finished = try Finished.get().place
    let place = try Workplace()
    let outcome = try Program.run(
      "run", "m.yaml", "--workers", "1", "--threads", "2", "--quiet", in: place.folder)
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("task ") && outcome.errors == "")
    #expect(try place.tables() == finished.tables())
    #expect(try place.artefacts() == finished.artefacts())
  }

  @Test func `of a grid the point that validation chose is tested, and a second run does nothing`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let grid = [
      "m.yaml", "-S", "evaluate.grids=chosen", "-S", "merges=[{method: ties, density: {grid: [0.2, 0.9]}}]",
      "-S", "name=grid",
    ]
    let plan = try Program.start(["plan"] + grid, in: place.folder).outcome()
    let run = try Program.start(["run"] + grid, in: place.folder).outcome()
    #expect(run.status == 0, "\(run.errors)")
    let rows = try place.read("Results/grid/runs.csv").split(separator: "\n")
    let tested = Set(
      rows.filter { $0.contains(",test,") && $0.contains("merge:ties") }.compactMap {
        $0.split(separator: "(").dropFirst().first?.prefix(11)
      })
    #expect(tested.count == 1, "\(tested)")
    // Four merges with three validations each, and three tests of two: as the plan had said before.
    #expect(plan.output.contains("merge: 4 jobs, 0 done, 4 to run"))
    #expect(plan.output.contains("18 to run"))
    let again = try Program.start(["run"] + grid + ["--verbose"], in: place.folder).outcome()
    #expect(again.status == 0)
    #expect(again.errors == "")
  }

  @Test func `kept states depend on no worker, thread or order`() throws {
    // Six steps of eight rows draw the 24 rows of a single and miss the 72 of all three: both ways are taken.
    let upper = [
      "run", "m.yaml", "--quiet",
      "-S", "adapter.targets=[layer.1.attention.self.query, layer.1.output.dense]",
    ]
    let places = try [["--workers", "2"], ["--workers", "1", "--threads", "2"]].map { how in
      let place = try Workplace()
      let outcome = try Program.start(upper + how, in: place.folder).outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      return place
    }
    #expect(try places[0].tables() == places[1].tables())
    #expect(try places[0].artefacts() == places[1].artefacts())
    #expect(try places[0].tables() != Finished.get().place.tables())
  }

  @Test func `plan and status work before anything ran, and say what is done after`() throws {
    let place = try Workplace()
    let status = try Program.run("status", "m.yaml", in: place.folder)
    #expect(status.status == 0)
    #expect(
      status.output == """
        pretrain: 0 done, 0 running, 0 failed, 1 waiting
        probe: 0 done, 0 running, 0 failed, 3 waiting
        train: 0 done, 0 running, 0 failed, 8 waiting
        merge: 0 done, 0 running, 0 failed, 4 waiting
        guess: 0 done, 0 running, 0 failed, 6 waiting
        predict: 0 done, 0 running, 0 failed, 84 waiting

        """)
    let plan = try Program.run("plan", "m.yaml", "--workers", "1", in: place.folder)
    #expect(plan.status == 0)
    #expect(plan.output.contains("train: 8 jobs, 0 done, 8 to run"))
    #expect(plan.output.contains("15 models; about"))
    #expect(plan.output.contains("on 1 worker ("))
    let finished = try Finished.get().place
    let after = try Program.run("status", "m.yaml", in: finished.folder)
    #expect(after.output.contains("predict: 84 done, 0 running, 0 failed, 0 waiting"))
    let nothing = try Program.run("plan", "m.yaml", in: finished.folder).output
    #expect(nothing.contains("train: 8 jobs, 8 done, 0 to run"))
    #expect(nothing.hasSuffix("15 models; nothing to run\n"))
  }

  @Test func `arithmetic is a part of each job's processor time`() throws {
    let rows = try Finished.get().place.read("Results/tiny/costs.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let names = try #require(rows.first)
    let columns = try ["kind", "cpu_seconds", "arithmetic_seconds"].map {
      try #require(names.firstIndex(of: $0))
    }
    var trainings = 0
    for row in rows.dropFirst() {
      let all = try #require(Double(row[columns[1]]))
      let arithmetic = try #require(Double(row[columns[2]]))
      #expect(arithmetic > 0 && arithmetic <= all, "\(row)")
      if row[columns[0]] == "train" { trainings += 1 }
    }
    // How large a part is the machine's affair: `make bench` measures it.
    #expect(trainings == 8)
  }

  @Test(.enabled(if: Reference.data != nil && Reference.model != nil, "needs the real datasets and base"))
  func `the study is 55 cocktails over four seeds, evaluated on nine sets`() throws {
    struct Plan: Decodable {
      struct Job: Decodable {
        let kind: String
        let label: String
      }
      let models: Int
      let jobs: [Job]
      let megabytesPerWorker: Int
      let diskMegabytes: Int
    }
    let place = try Workplace(
      manifest: String(
        contentsOf: Reference.package.appendingPathComponent("Experiments/cocktails.yaml"), encoding: .utf8))
    let environment = ["MIXOLOGY_DATA": try #require(Reference.data).path]
    let outcome = try Program.run(
      "plan", "m.yaml", "--json", "--workers", "2", "-S", "base=\(try #require(Reference.model).path)",
      in: place.folder, environment: environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let plan = try decoder.decode(Plan.self, from: Data(outcome.output.utf8))
    // Floors: the most frequent label, the probe, and three columns that a probe can miss, two in each of two sets.
    #expect(plan.models == 1 + 5 + 4 * 55)
    let trainings = plan.jobs.filter { $0.kind == "train" }.map(\.label)
    for (kind, count) in [("single:", 9), ("cocktail:all-but-", 9), ("cocktail:all seed", 1)] {
      #expect(trainings.filter { $0.hasPrefix("train " + kind) }.count == 4 * count, "\(kind)")
    }
    #expect(trainings.count == 4 * 55)
    #expect(plan.jobs.filter { $0.kind == "predict" }.count == (1 + 1 + 4 * 55) * 9 * 2 + 2 * 2 * 2)
    #expect(plan.diskMegabytes < 500)
    #expect(plan.megabytesPerWorker < 1000)
  }

  @Test func `predictions of equal length are written again when they differ`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let before = try place.tables()
    let name = try #require(
      before.keys.sorted().first { $0.hasPrefix("predictions/") && $0.hasSuffix(".jsonl") })
    var damaged = try #require(before[name])
    damaged[damaged.startIndex + 20] ^= 1
    try damaged.write(to: place.folder.appendingPathComponent("Results/tiny/\(name)"))
    #expect(try Program.run("report", "m.yaml", in: place.folder).status == 0)
    #expect(try place.tables() == before)
  }
}
