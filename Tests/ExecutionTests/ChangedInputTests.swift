import Basics
import Execution
import Experiment
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

/// Inputs that are edited between planning and performing: no job may be known by bytes that it did not read.
@Suite struct ChangedInputTests {
  private let scratch: Scratch
  private let base: String
  private let data: String
  private let job: PredictJob
  private let sha256: String

  init() throws {
    scratch = try Scratch()
    let performer = JobPerformer(store: scratch.store)
    let pretrained = try performer.done(
      .pretrain(
        PretrainSpec(
          hidden: 32, layers: 1, heads: 2, intermediate: 64, sentences: 60, steps: 1, batchRows: 8)))
    base = scratch.url.appendingPathComponent("base").path
    try FileManager.default.copyItem(
      atPath: scratch.store.folder(pretrained).appendingPathComponent("model").path, toPath: base)
    let file = scratch.url.appendingPathComponent("data.jsonl")
    try Data(Jobs.rows.utf8).write(to: file)
    data = file.path
    sha256 = try DiskResources(facts: FactsCache(folder: nil), folder: "", environment: [:]).base(base).sha256
    job = PredictJob(
      base: .folder(sha256: sha256), adapter: nil, task: Jobs.task.predicted(.test, isTold: false),
      split: .test, head: nil, maxTokens: 16, labelScale: 20)
  }

  private func performer() -> JobPerformer {
    let performer = JobPerformer(store: scratch.store)
    performer.add(locations: [sha256: base, Jobs.data.sha256: data])
    return performer
  }

  /// What a job says where it fails.
  private func complaint(_ performer: JobPerformer, _ job: PredictJob) -> Diagnostic? {
    do {
      _ = try performer.done(.predict(job))
      return nil
    } catch { return error as? Diagnostic }
  }

  @Test func `a data file that was edited fails the job, and leaves nothing`() throws {
    let performer = performer()
    #expect(complaint(performer, job) == nil)
    try Data(Jobs.rows.replacing("row 2", with: "row 9").utf8).write(to: URL(fileURLWithPath: data))
    // What is in memory is what the job is known by.
    var other = job
    other.labelScale = 10
    #expect(complaint(performer, other) == nil)
    other.labelScale = 5
    let told = try #require(complaint(self.performer(), other))
    #expect(told.what == "the file changed since this run was planned" && told.place?.file == data)
    #expect(told.hint?.hasPrefix("run again") == true)
    #expect(!scratch.store.contains(JobSpec.predict(other).id()))
    #expect(!scratch.store.names.contains { $0.hasPrefix("attempt-") })
  }

  @Test func `a base that is written over fails what reads it, before and while it is mapped`() throws {
    let performer = performer()
    #expect(complaint(performer, job) == nil)
    let weights = base + "/model.safetensors"
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: weights))
    try handle.seek(toOffset: try handle.seekToEnd() - 4)
    try handle.write(contentsOf: Data([1, 2, 3, 62]))
    try handle.close()
    var other = job
    other.labelScale = 10
    for performer in [performer, self.performer(), performer] {
      let told = try #require(complaint(performer, other))
      #expect(told.what == "the base changed since this run was planned" && told.place?.file == base)
    }
    #expect(!scratch.store.contains(JobSpec.predict(other).id()))
  }
}
