import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import TestSupport
import Testing

@Suite struct JobStoreTests {
  private let scratch: Scratch
  private let id = JobID(number: 0x0123_4567_89ab_cdef)

  init() throws { scratch = try Scratch() }

  private var store: JobStore { scratch.store }

  @Test func `opening and asking creates nothing`() {
    #expect(!store.contains(id))
    #expect(store.failure(id) == nil)
    #expect(store.cost(id) == nil)
    #expect(store.holders().isEmpty)
    store.sweep()
    _ = Leases(store: store)
    #expect(!FileManager.default.fileExists(atPath: store.root.path))
  }

  @Test func `an attempt is not the job until it is committed`() throws {
    let attempt = try store.beginAttempt(id, "token")
    try Data("x".utf8).write(to: attempt.appendingPathComponent("result.json"))
    #expect(!store.contains(id))
    #expect(store.names == ["attempt-\(id)-token"])
    let spec = try Jobs.train(0).spec
    try store.commit(attempt, as: id, spec: spec, result: .trained(), cost: .some())
    #expect(store.names == [id.hex])
    #expect(store.contains(id))
  }

  @Test func `what is committed is read back with its files`() throws {
    try store.put(id, .trained(steps: 9), cost: .some(wall: 4), files: ["curve.csv": "step\n"])
    #expect(try store.result(id) == .trained(steps: 9))
    #expect(store.cost(id) == .some(wall: 4))
    let spec = try Data(contentsOf: store.folder(id).appendingPathComponent("job.json"))
    #expect(try JSONDecoder().decode(JobSpec.self, from: spec) == Jobs.train(0).spec)
    let curve = try String(contentsOf: store.folder(id).appendingPathComponent("curve.csv"), encoding: .utf8)
    #expect(curve == "step\n")
  }

  @Test func `a new attempt starts in an empty folder`() throws {
    let first = try store.beginAttempt(id, "token")
    try Data().write(to: first.appendingPathComponent("rest"))
    let second = try store.beginAttempt(id, "token")
    #expect(try FileManager.default.contentsOfDirectory(atPath: second.path).isEmpty)
  }

  @Test func `the first of two commits stays`() throws {
    try store.put(id, .trained(steps: 1))
    try store.put(id, .trained(steps: 2))
    #expect(try store.result(id) == .trained(steps: 1))
    #expect(store.names == [id.hex])
  }

  @Test func `a folder without a result is no job and gives way to one`() throws {
    let folder = store.folder(id)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data().write(to: folder.appendingPathComponent("rest"))
    #expect(!store.contains(id))
    try store.put(id, .trained())
    #expect(store.contains(id))
    #expect(store.names == [id.hex])
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("rest").path))
  }

  @Test func `a crash between the old files and the new ones leaves the old`() throws {
    // A job whose files were dropped is made again: its scores and costs stand there until the new ones do.
    try store.put(id, .trained(steps: 1), cost: .some(wall: 7), files: ["adapter": "x"])
    try store.drop(id)
    store.setAside(id)
    #expect(!store.contains(id))
    let leases = Leases(store: store, patience: 9, holder: .elsewhere("beta"))
    #expect(try leases.take(id).isTaken)
    // Who commits in its place is not disturbed; where nobody does, it is put back.
    store.sweep()
    #expect(!store.contains(id))
    leases.release(id)
    store.sweep()
    #expect(store.isDropped(id) && store.cost(id) == .some(wall: 7))
    // A crash after the new ones came: the old ones go.
    store.setAside(id)
    let aside = try #require(store.names.first { $0.hasPrefix("attempt-") })
    let old = store.root.appendingPathComponent(aside)
    let kept = scratch.url.appendingPathComponent("kept")
    try FileManager.default.copyItem(at: old, to: kept)
    try store.put(id, .trained(steps: 2))
    #expect(!FileManager.default.fileExists(atPath: old.path))
    try FileManager.default.moveItem(at: kept, to: old)
    store.sweep()
    #expect(try store.result(id) == .trained(steps: 2) && !store.isDropped(id))
    #expect(!store.names.contains(aside))
  }

  @Test func `a failure leaves a note, and success takes it away`() throws {
    let diagnostic = Diagnostic("broken", at: Place(file: "a", line: 2), hint: "mend it")
    try store.recordFailure(Diagnostic("older"), of: id)
    try store.recordFailure(diagnostic, of: id)
    #expect(store.failure(id) == diagnostic)
    #expect(!store.contains(id))
    try store.put(id, .trained())
    #expect(store.failure(id) == nil)
    #expect(store.names == [id.hex])
  }

  @Test func `sweeping keeps what somebody is at, here or elsewhere, and removes the rest`() throws {
    let (here, there) = (Leases(store: store), Leases(store: store, patience: 9, holder: .elsewhere("beta")))
    let others = (1...4).map { JobID(number: $0) }
    var kept: [String] = []
    for (leases, id) in [(here, id), (there, others[0])] {
      guard case .taken(let token, _) = try leases.take(id) else { throw Diagnostic("it was not taken") }
      kept += [try store.beginAttempt(id, token).lastPathComponent, "lease-\(id).1"]
    }
    // One whose process has ended, one that no lease speaks of, one that was being removed.
    var process = ProcessIdentity.current
    process.process = 2_147_483_600
    let gone = Leases(store: store, patience: 9, holder: process)
    guard case .taken(let token, _) = try gone.take(others[1]) else { throw Diagnostic("it was not taken") }
    _ = try store.beginAttempt(others[1], token)
    _ = try store.beginAttempt(others[2], "123")
    let abandoned = store.root.appendingPathComponent("attempt-abandoned5-12")
    try FileManager.default.createDirectory(at: abandoned, withIntermediateDirectories: true)
    // A finished job whose run ended before it could let go.
    #expect(try there.take(others[3]).isTaken)
    try store.put(others[3], .trained())
    try store.recordFailure(Diagnostic("broken"), of: id)
    #expect(Set(store.holders().keys) == [id, others[0]])
    store.sweep()
    #expect(store.names == (kept + ["failed-\(id).json", "lease-\(others[1]).1", others[3].hex]).sorted())
  }

  @Test func `abandoning takes away one attempt and no more`() throws {
    _ = try store.beginAttempt(id, "a")
    _ = try store.beginAttempt(id, "b")
    store.abandonAttempt(id, "a")
    #expect(store.names == ["attempt-\(id)-b"])
    store.abandonAttempt(id, "a")
    #expect(store.names == ["attempt-\(id)-b"])
  }

  @Test func `a broken record is reported with its file and how to mend it`() throws {
    try store.put(id, .trained())
    let file = store.folder(id).appendingPathComponent("result.json")
    try Data("{".utf8).write(to: file)
    do {
      _ = try store.result(id)
      Issue.record("it was read")
    } catch let error as Diagnostic {
      #expect(error.what.hasPrefix("the stored record cannot be read: "))
      #expect(error.place == Place(file: file.path))
      #expect(error.hint == "remove the folder \(store.folder(id).path) and run again")
    }
  }

  @Test func `jobs of an earlier format are told with what removes them`() throws {
    #expect(store.earlierFormats() == nil)
    try store.put(id, .trained())
    #expect(store.earlierFormats() == nil)
    let old = store.folder(JobID(number: 7))
    try FileManager.default.createDirectory(at: old, withIntermediateDirectories: true)
    for name in ["spec.json", "result.json"] {
      try Data("{}".utf8).write(to: old.appendingPathComponent(name))
    }
    let note = try #require(store.earlierFormats())
    #expect(note.what == "1 job is of an earlier format and not read")
    #expect(note.hint?.contains("-name spec.json") == true)
    #expect(store.finished() == [id, JobID(number: 7)])
  }

  @Test func `the same result is the same bytes`() throws {
    let other = JobID(number: .max)
    let result = JobResult.predict(PredictResult(n: 3, tokens: 9))
    try store.put(id, result)
    try store.put(other, result)
    let bytes = try [id, other].map {
      try Data(contentsOf: store.folder($0).appendingPathComponent("result.json"))
    }
    #expect(bytes[0] == bytes[1])
    #expect(
      String(decoding: bytes[0], as: UTF8.self)
        == #"{"predict":{"_0":{"n":3,"tokens":9}}}"#)
  }
}
