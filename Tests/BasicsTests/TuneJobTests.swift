import Basics
import Specs
import Testing

@Suite struct TuneJobTests {
  private let task = TaskSpec(
    name: "fpb", kind: TaskKind("classification"),
    source: .files(["train": DataFile(sha256: "aa", format: "jsonl")]),
    labels: [LabelSpec(name: "up", description: "it rises")], metrics: ["macro_f1"])

  private func job(_ change: (inout TuneJob) -> Void = { _ in }) -> TuneJob {
    var job = TuneJob(
      base: .pretrained(JobID(number: 0x0b)), method: "atlas", parameters: ["split": .text("train")],
      inputs: [JobID(number: 0x01), JobID(number: 0x02)], weights: [1, 1],
      tasks: [TuneTask(task: task, expert: 1, head: JobID(number: 0x02))], maxTokens: 64, labelScale: 20,
      seed: 0
    )
    change(&job)
    return job
  }

  @Test func `a tuning needs its base, its inputs and the heads, each once`() {
    #expect(JobSpec.tune(job()).inputs == [JobID(number: 0x0b), JobID(number: 0x01), JobID(number: 0x02)])
    #expect(JobSpec.tune(job()).kind == "tune" && JobSpec.kinds.contains("tune"))
    #expect(JobSpec.tune(job()).mergeMethod == "atlas")
  }

  @Test func `every field changes the identity`() throws {
    let changed: [TuneJob] = [
      job(), job { $0.base = .folder(sha256: "b") }, job { $0.method = "divmerge" },
      job { $0.parameters["steps"] = .number(1) }, job { $0.inputs.removeLast() },
      job { $0.weights = [1, 2] },
      job { $0.tasks[0].expert = 0 }, job { $0.tasks[0].head = nil }, job { $0.tasks[0].task.name = "x" },
      job { $0.over = [SearchRange(name: "scale", from: 0, to: 1)] }, job { $0.maxTokens = 32 },
      job { $0.labelScale = 10 }, job { $0.seed = 1 },
    ]
    #expect(Set(changed.map { JobSpec.tune($0).id() }).count == changed.count)
  }

  @Test func `test data cannot be asked for`() {
    #expect(TuningSplit.allCases.map(\.split) == [.validation, .train])
  }
}
