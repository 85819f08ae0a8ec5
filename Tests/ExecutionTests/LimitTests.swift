import Basics
import Execution
import Experiment
import Foundation
import Machine
import Specs
import Tasks
import TestSupport
import Testing

/// What the system does not let a run have, and what is said of data that nobody counted.
@Suite struct LimitTests {
  @Test func `room for threads that compute is asked for before they do`() throws {
    try MachineFacts.checkRoom(threads: 64, addressSpace: nil)
    try MachineFacts.checkRoom(threads: 2, addressSpace: 1 << 30)
    do {
      try MachineFacts.checkRoom(threads: 2, addressSpace: 400_000 << 10)
      Issue.record("it was let through")
    } catch {
      #expect(error.what == "only 390 MiB of addresses may be used, and 2 computing threads need 1024")
      #expect(error.hint?.hasPrefix("raise the limit with `ulimit -v 1048576`") == true)
    }
  }

  @Test func `a file that may not be read is told by its own words`() {
    #expect(SystemRefusal.remedy(EACCES, isReading: true)?.hasPrefix("you may not read it") == true)
    #expect(SystemRefusal.remedy(EACCES)?.hasPrefix("you may not write there") == true)
    let error = CocoaError(.fileReadNoPermission)
    #expect(SystemRefusal.number(of: error) == EACCES)
  }

  @Test func `tags of another scheme are refused in data that were not counted before`() throws {
    let scratch = try Scratch()
    let file = scratch.url.appendingPathComponent("a.jsonl")
    let row = #"{"text": ["Acme", "grows"], "label": ["I-X", "O"]}"# + "\n"
    try Data(String(repeating: row, count: 4).utf8).write(to: file)
    let data = DataFile(sha256: try StableHash.hex(file: file.path), format: "jsonl")
    let task = TaskSpec(
      name: "names", kind: .tagging, source: .files(["train": data, "validation": data, "test": data]),
      labels: ["O", "B-X", "I-X"].map { LabelSpec(name: $0, description: $0) }, metrics: ["entity_f1"])
    let spec = JobSpec.predict(
      PredictJob(
        base: .folder(sha256: "base"), adapter: nil, task: task, split: .test, head: nil, maxTokens: 128,
        labelScale: 20))
    let job = PlannedJob(id: spec.id(), spec: spec, label: "evaluate", work: JobWork(flops: 1))
    var plan = Jobs.plan([job])
    plan.locations = [data.sha256: file.path]
    let told = #expect(throws: Diagnostics.self) { try DataCheck().check(plan) }
    #expect(told?.all.count == 1)
    #expect(told?.all.first?.what.contains("4 of 4 entities begin with I- and count for nothing") == true)
  }
}
