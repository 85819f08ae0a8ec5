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
    #expect(place.stored().count < 91)
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
    func worker() -> Int32? {
      Program.processes(in: place.folder).first { $0 != call.process.processIdentifier }
    }
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
    let workers = Program.processes(in: place.folder).filter { $0 != call.process.processIdentifier }
    let worker = try #require(workers.first)
    kill(worker, SIGKILL)
    let outcome = try call.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(place.stored(attempts: true).isEmpty)
    try finishes(place)
  }

  @Test func `two runs of one experiment at once do not disturb each other`() throws {
    let place = try Workplace()
    let one = try Program.start(["run", "m.yaml", "--workers", "1"], in: place.folder)
    let other = try Program.start(["run", "m.yaml", "--workers", "1"], in: place.folder)
    let outcomes = [try one.outcome(), try other.outcome()]
    #expect(outcomes.map(\.status) == [0, 0], "\(outcomes.map(\.errors))")
    try finishes(place)
  }
}
