import Foundation
import Testing

@Suite struct FailureTests {
  /// Thread Sanitizer keeps a copy of the program's constants in a file of its own, which such a limit cuts off.
  #if THREAD_SANITIZER
    private static let limitsFiles = false
  #else
    private static let limitsFiles = true
  #endif

  /// Half of the grid breaks: with this decay the weights grow without bounds.
  private static let breaking = Workplace.tiny
    .replacingOccurrences(of: "steps: 6", with: "steps: 30")
    .replacingOccurrences(of: "seeds: [0, 1]", with: "seeds: [0]")
    .replacingOccurrences(
      of: "learning_rate: 1e-3, batch_rows: 8",
      with: "learning_rate: {grid: [1e-3, 10]}, weight_decay: 10, schedule: constant, clip: 0, batch_rows: 2")

  @Test func `a job that fails stops only what needs it, and is named everywhere`() throws {
    let place = try Workplace(manifest: Self.breaking)
    let outcome = try Program.run("run", "m.yaml", in: place.folder)
    #expect(outcome.status == 1)
    let label = "train single:news[training.learning_rate=10] seed 0"
    // The message stands once, other jobs refer to it.
    #expect(outcome.errors.contains("the loss is no number any more at step "))
    #expect(
      outcome.errors.components(separatedBy: "failed: \(label)\n").count
        + outcome.errors
        .components(separatedBy: "failed: \(label), as ").count == 3)
    #expect(outcome.errors.contains("error: 4 jobs failed, 38 that need them were left out\n"))
    #expect(outcome.errors.hasSuffix("`mixology status m.yaml` lists them; the next run tries them again\n"))
    #expect(outcome.output.contains("[training.learning_rate=0.001]"))
    let status = try Program.run("status", "m.yaml", in: place.folder)
    #expect(status.status == 0)
    #expect(status.output.contains("train: 4 done, 0 running, 4 failed, 0 waiting"))
    #expect(status.output.contains("failed: \(label)\n  error: the loss is no number any more"))
    #expect(try place.read("Results/tiny/report.md").contains(label))
    #expect(place.stored(attempts: true).isEmpty)
    let plan = try Program.run("plan", "m.yaml", in: place.folder)
    #expect(plan.output.contains("failed last time: the loss is no number any more"))
    let again = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    #expect(again.status == 1)
    // The result, and nothing else: what failed stands among the errors.
    #expect(again.output.hasPrefix("task ") && again.output.contains("test split, mean±95% interval over"))
    #expect(!again.output.contains("Tables:"))
  }

  @Test func `without keep-going nothing starts after a failure`() throws {
    let place = try Workplace(manifest: Self.breaking)
    let first = try Program.run("run", "m.yaml", "--workers", "1", "--no-keep-going", in: place.folder)
    #expect(first.status == 1)
    #expect(first.errors.contains("error: 1 job failed"))
  }

  @Test(.enabled(if: limitsFiles, "not under Thread Sanitizer"))
  func `a file system that takes no more loses nothing`() throws {
    let place = try Workplace()
    // 64 KiB a file: the tables fit, the pretrained weights do not.
    let outcome = try Program.run("run", "m.yaml", in: place.folder, limits: "ulimit -f 64")
    #expect(outcome.status == 1)
    let told = """
      failed: pretrain base
      Results/.store: error: cannot write the file: File too large
        files may not grow so large here: raise `ulimit -f`, or name a folder on another file system; what is done is kept

      """
    #expect(outcome.errors.contains(told), "\(outcome.errors)")
    #expect(outcome.errors.contains("error: 1 job failed, 99 that need them were left out\n"))
    #expect(place.stored(attempts: true).isEmpty)
    // The answers that no model gives.
    #expect(place.stored().count == 6)
    let again = try Program.run("run", "m.yaml", in: place.folder)
    #expect(again.status == 0)
    #expect(try place.tables() == Finished.get().place.tables())
    #expect(try place.artefacts() == Finished.get().place.artefacts())
  }

  @Test(.enabled(if: limitsFiles, "not under Thread Sanitizer"))
  func `tables that cannot be written are an error with exit code 1 and come with the next report`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let before = try place.tables()
    try FileManager.default.removeItem(at: place.folder.appendingPathComponent("Results/tiny"))
    let report = try Program.run("report", "m.yaml", in: place.folder, limits: "ulimit -f 1")
    #expect(report.status == 1)
    #expect(
      report.errors.hasPrefix("Results/tiny: error: cannot write the tables: File too large\n"),
      "\(report.errors)")
    let left = try place.files(below: "Results/tiny")
    for (name, data) in left where name != "costs.csv" { #expect(before[name] == data, "\(name)") }
    #expect(try Program.run("report", "m.yaml", in: place.folder).status == 0)
    #expect(try place.tables() == before)
  }

  @Test func `results in a folder that may not be written are an error, not a crash`() throws {
    let place = try Workplace()
    try place.write("not a folder", to: "taken")
    let outcome = try Program.run("run", "m.yaml", "--results", "taken", in: place.folder)
    #expect(outcome.status == 1)
    let hint = "\n  a file stands where a folder is needed: move it away, or name another folder\n"
    #expect(
      outcome.errors.hasPrefix("taken/.store: error: results cannot be written: ")
        && outcome.errors.hasSuffix(hint), "\(outcome.errors)")
    #expect(outcome.errors.components(separatedBy: "error:").count == 2)
    let long = String(repeating: "x", count: 300)
    let unnamed = try Program.run("run", "m.yaml", "--results", long, in: place.folder)
    #expect(unnamed.status == 1)
    #expect(
      unnamed.errors.hasSuffix("\n  a name in the path is longer than 255 bytes: shorten it\n"),
      "\(unnamed.errors)")
  }

  @Test(.timeLimit(.minutes(2)), arguments: [20, 24, 60])
  func `too few open files are an error before the first job, and never a wait`(limit: Int) throws {
    let place = try Workplace()
    let outcome = try Program.run(
      "run", "m.yaml", "--workers", "1", in: place.folder, limits: "ulimit -n \(limit)")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == """
        error: only \(limit) files may be open at once, and 1 worker needs 80
          raise the limit with `ulimit -n 256`, or lower --workers

        """)
    #expect(outcome.output == "" && place.stored().isEmpty)
  }

  @Test func `a quiet run prints its table and nothing else`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let quiet = try Program.run("run", "m.yaml", "--quiet", in: place.folder)
    let loud = try Program.run("run", "m.yaml", in: place.folder)
    #expect(quiet.status == 0 && quiet.errors == "")
    #expect(quiet.output.hasPrefix("task "))
    #expect(loud.output == quiet.output + "Tables: Results/tiny/report.md, comparison.csv, runs.csv …\n")
  }

  @Test(.timeLimit(.minutes(1)))
  func `too few addresses are an error before the first job, and never a wait`() throws {
    let place = try Workplace()
    for command in ["run", "plan"] {
      let outcome = try Program.run(
        command, "m.yaml", "--workers", "1", in: place.folder, limits: "ulimit -v 400000")
      #expect(outcome.status == 1)
      #expect(
        outcome.errors.hasPrefix(
          "error: only 390 MiB of addresses may be used, and 1 computing thread needs 832\n"),
        "\(outcome.errors)")
    }
    #expect(place.stored().isEmpty)
  }
}
