import Foundation
import Testing

@Suite struct InterruptionTests {
  /// Starts the tiny run and waits until some jobs are done and others are not.
  private func begun(_ place: Workplace, jobs: Int) throws -> Program.Call {
    let call = try Program.start(["run", "m.yaml", "--workers", "2"], in: place.folder)
    #expect(Program.wait(seconds: 60) { place.stored().count >= jobs })
    return call
  }

  /// Runs to the end and compares with a run that nobody disturbed.
  private func finishes(_ place: Workplace) throws {
    let outcome = try Program.run("run", "m.yaml", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(place.stored(attempts: true).isEmpty)
    let finished = try Finished.get().place
    #expect(try place.tables() == finished.tables())
    #expect(try place.artefacts() == finished.artefacts())
  }

  @Test(arguments: [0, 1, 30])
  func `a run whose scheduler is killed ends its workers and goes on later`(jobs: Int) throws {
    let place = try Workplace()
    let call = try begun(place, jobs: jobs)
    kill(call.process.processIdentifier, SIGKILL)
    #expect(try call.outcome().status == 128 + SIGKILL)
    #expect(Program.wait(seconds: 20) { Program.processes(in: place.folder).isEmpty })
    #expect(place.stored(attempts: true).isEmpty)
    #expect(place.stored().count < 106)
    try finishes(place)
  }

  @Test func `a run of which everything is killed at once goes on later`() throws {
    let place = try Workplace()
    let call = try begun(place, jobs: 8)
    for process in Program.processes(in: place.folder) { kill(process, SIGKILL) }
    #expect(try call.outcome().status == 128 + SIGKILL)
    #expect(Program.wait(seconds: 20) { Program.processes(in: place.folder).isEmpty })
    try finishes(place)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `an interrupted run says so, exits with 130 and leaves nothing half done`(signal: Int32) throws {
    let place = try Workplace()
    let call = try begun(place, jobs: 6)
    kill(call.process.processIdentifier, signal)
    let outcome = try call.outcome()
    #expect(outcome.status == 130)
    #expect(
      outcome.errors.hasSuffix("interrupted: what was done is kept; the same command goes on from there\n"))
    #expect(!outcome.errors.contains("failed"))
    #expect(outcome.output == "")
    #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/Results/tiny"))
    #expect(place.stored(attempts: true).isEmpty)
    #expect(Program.processes(in: place.folder).isEmpty)
    #expect(try Program.run("status", "m.yaml", in: place.folder).output.contains("0 running, 0 failed"))
    if signal == SIGINT { try finishes(place) }
  }

  @Test func `tests of chosen points are interrupted as all other work is`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let grid = [
      "run", "m.yaml", "--workers", "1", "-S", "evaluate.grids=chosen",
      "-S", "merges=[{method: ties, density: {grid: [0.2, 0.9]}}]", "-S", "name=grid",
    ]
    let known = Set(place.stored())
    #expect(try Program.start(grid, in: place.folder).outcome().status == 0)
    let tests = try place.stored().filter { name in
      try !known.contains(name)
        && place.read("Results/.store/\(name)/job.json").contains("\"split\":\"test\"")
    }
    #expect(tests.count == 6)
    for name in tests {
      try FileManager.default.removeItem(atPath: place.folder.path + "/Results/.store/" + name)
    }
    let call = try Program.start(grid, in: place.folder)
    func worker() -> Int32? { Program.workers(in: place.folder).first }
    #expect(Program.wait(seconds: 60) { worker() != nil })
    // Held, so that it cannot be done before the signal comes.
    if let worker = worker() { kill(worker, SIGSTOP) }
    kill(call.process.processIdentifier, SIGINT)
    #expect(try call.outcome().status == 130)
    #expect(place.stored(attempts: true).isEmpty && place.stored().count < known.count + 22)
    #expect(try Program.start(grid, in: place.folder).outcome().status == 0)
  }

  @Test func `a worker that is killed under a job does it again`() throws {
    let place = try Workplace()
    let call = try begun(place, jobs: 3)
    let worker = try #require(Program.workers(in: place.folder).first)
    kill(worker, SIGKILL)
    let outcome = try call.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(place.stored(attempts: true).isEmpty)
    try finishes(place)
  }

  // MARK: Several runs on one store

  @Test func `two runs of one experiment at once share it and do nothing twice`() throws {
    let place = try Workplace()
    let arguments = ["run", "m.yaml", "--workers", "1", "--verbose"]
    let calls = try (0..<2).map { _ in try Program.start(arguments, in: place.folder) }
    let outcomes = try calls.map { try $0.outcome() }
    #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
    let lines = outcomes.map { $0.errors.split(separator: "\n").map(String.init) }
    let done = lines.joined().compactMap { line in
      line.hasPrefix("done ") && !line.hasPrefix("done by") ? line.components(separatedBy: " in ")[0] : nil
    }
    #expect(done.count == 106 && Set(done).count == 106)
    for (index, call) in calls.enumerated() {
      // Each speaks of the other, by its host and its process.
      let name = " \(calls[1 - index].process.processIdentifier)"
      #expect(lines[index].contains { $0.hasPrefix("note: ") && $0.contains("\(name) works here too") })
      #expect(lines[index].contains { $0.hasPrefix("done by ") && $0.contains("\(name): ") })
      let status = try Program.run("status", "m.yaml", in: place.folder).output
      #expect(status.contains(" done by ") && status.contains(" \(call.process.processIdentifier)\n"))
    }
    #expect(place.stored(attempts: true).isEmpty)
    try finishes(place)
  }

  @Test func `what a silent machine was at is waited for, told and done`() throws {
    let place = try Workplace(copying: Finished.get().place)
    let names = Set(place.stored())
    let evaluations = try names.filter {
      try place.read("Results/.store/\($0)/job.json").hasPrefix("{\"predict\"")
    }
    let job = try #require(evaluations.min())
    let store = place.folder.appendingPathComponent("Results/.store")
    try FileManager.default.removeItem(at: store.appendingPathComponent(job))
    let lease = """
      {"beat":"0000000007","holder":{"host":"beta","machine":"another","process":4711,"started":"1"},\
      "previous":"","token":"feed"}
      """
    try Data(lease.utf8).write(to: store.appendingPathComponent("lease-\(job).1"))
    let attempt = store.appendingPathComponent("attempt-\(job)-feed")
    try FileManager.default.createDirectory(at: attempt, withIntermediateDirectories: true)
    let status = try Program.run("status", "m.yaml", in: place.folder).output
    #expect(
      status.contains(", 1 running, 0 failed, 0 waiting\n") && status.contains(", taken by beta 4711\n"))
    let outcome = try Program.run("run", "m.yaml", "--lease-seconds", "0.5", in: place.folder)
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("note: beta 4711 works here too: what it does is not done again\n"))
    #expect(outcome.errors.contains(", which beta 4711 began, is done here\n"))
    #expect(!FileManager.default.fileExists(atPath: attempt.path))
    try finishes(place)
  }
}
