import Basics
import Execution
import Experiment
import Foundation
import Results
import Specs
import TestSupport
import Testing

/// Files of the store that were changed or cut since their jobs wrote them.
@Suite struct JobFilesTests {
  private let scratch: Scratch
  private let id = JobID(number: 0x0123_4567_89ab_cdef)

  init() throws { scratch = try Scratch() }

  private var store: JobStore { scratch.store }

  private func put() throws {
    try store.put(id, .trained(), files: ["adapter.bin": "abcdef", "curve.csv": "step\n"])
  }

  private func write(_ text: String, to name: String, of job: JobID? = nil) throws {
    try Data(text.utf8).write(to: store.folder(job ?? id).appendingPathComponent(name))
  }

  @Test func `what is as it was written is intact`() throws {
    #expect(!store.isIntact(id))
    try put()
    #expect(store.isIntact(id))
    #expect(store.damage(id, .bytes) == nil)
  }

  @Test func `a file that was cut or is gone is seen by its size, a changed byte by the bytes`() throws {
    try put()
    try write("abcdeg", to: "adapter.bin")
    #expect(store.damage(id) == nil)
    let changed = try #require(store.damage(id, .bytes))
    #expect(changed.what == "the file is not what the job wrote: its SHA-256 is another one")
    #expect(changed.place?.file.hasSuffix("\(id)/adapter.bin") == true)
    #expect(changed.hint?.contains("remove the folder") == true)
    try write("abc", to: "adapter.bin")
    #expect(store.damage(id)?.what == "the file has 3 bytes, and the job wrote 6")
    try FileManager.default.removeItem(at: store.folder(id).appendingPathComponent("adapter.bin"))
    #expect(store.damage(id)?.what == "a file that the job wrote is missing")
    #expect(!store.isIntact(id))
  }

  @Test func `a result of the same size with other numbers is seen at once`() throws {
    try put()
    let file = store.folder(id).appendingPathComponent("result.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    try write(text.replacingOccurrences(of: "\"steps\":5", with: "\"steps\":6"), to: "result.json")
    #expect(!store.isIntact(id))
  }

  @Test func `what a job costs is believed, files that no record names are not`() throws {
    try put()
    try write("{}", to: "cost.json")
    #expect(store.damage(id, .bytes) == nil)
    try FileManager.default.removeItem(at: store.folder(id).appendingPathComponent("files.json"))
    #expect(store.damage(id)?.what == "the record of the job's files is missing")
    try write("{\"files\":{}}", to: "files.json")
    #expect(store.damage(id)?.what == "the record of the job's files does not name its result")
    try write("{", to: "files.json")
    #expect(store.damage(id)?.what == "the record of the job's files cannot be read")
  }

  @Test func `a plan's damage is looked for byte by byte where something will read it`() throws {
    let (first, second) = (try Jobs.train(0), try Jobs.train(1))
    let merge = try Jobs.merge([first])
    let evaluation = try Jobs.evaluate(second)
    let plan = Jobs.plan([first, second, merge, evaluation])
    for job in [first, second] { try store.put(job.id, .trained(), files: ["a": "abc"]) }
    try store.put(evaluation.id, .predicted, files: ["predictions.bin": "{}\n"])
    #expect(store.damaged(in: plan).isEmpty)
    for job in [first, second] { try write("abd", to: "a", of: job.id) }
    // The merge is not done and reads the first; nothing reads the second any more.
    #expect(store.damaged(in: plan).map(\.job.label) == ["train 0"])
    try write("[]\n", to: "predictions.bin", of: evaluation.id)
    #expect(store.damaged(in: plan).map(\.job.label) == ["train 0", "train 1", "predict train 1"])
    try store.discard(first.id)
    #expect(!store.contains(first.id))
  }

  @Test func `tables take nothing from a damaged job and say so`() throws {
    let job = try Jobs.train(0)
    try store.put(job.id, .trained(), files: ["a": "abc"])
    try write("ab", to: "a", of: job.id)
    let results = try Collector(store: store).collect(Jobs.plan([job]))
    #expect(results.costs.isEmpty)
    #expect(results.failures.map(\.message) == ["the file has 2 bytes, and the job wrote 3"])
  }
}
