import Basics
import Specs
import Testing

extension JobSpec {
  /// The parts with their words, by name.
  var partTexts: [String: String] {
    let texts = parts.map { part in
      switch part.content {
      case .part(_, let hex): (part.name, "\(part.word) \(hex)")
      case .text(let text): (part.name, "\(part.word) \(text)")
      case .jobs(let jobs): (part.name, "\(part.word) \(jobs)")
      }
    }
    return Dictionary(uniqueKeysWithValues: texts)
  }
}

/// The list of parts that identities are hashed from and reasons are told by.
@Suite struct JobPartTests {
  private static let task = TaskSpec(
    name: "fpb", kind: TaskKind("classification"),
    source: .files(["train": DataFile(sha256: "aa", format: "jsonl")]), metrics: [])
  private static let start = TrainStart(
    adapter: JobID(number: 1), heads: JobID(number: 2), earlier: [.steps(1)])
  private static let data = MergeData(base: .folder(sha256: "bb"), tasks: [[task]], rows: 1, maxTokens: 1)

  /// One of each kind, with everything in it.
  private static let jobs: [JobSpec] = {
    var train = TrainJob(
      base: .folder(sha256: "bb"), tasks: [task], sampling: SamplingSpec(), budget: .steps(1),
      adapter: AdapterSpec(), training: TrainingSpec(), seed: 0, start: start)
    train.ends = EndsSpec(concentration: 1)
    return [
      .pretrain(PretrainSpec()), .train(train),
      .statistics(
        StatisticsJob(
          base: .folder(sha256: "bb"), adapter: JobID(number: 1), tasks: [task], rows: 1, maxTokens: 1,
          what: .inputGrams, seed: 0)),
      .merge(
        MergeJob(
          method: "m", parameters: [:], inputs: [JobID(number: 1)], weights: [1], seed: 0,
          statistics: [JobID(number: 1)], data: data, ends: [0])),
      .tune(
        TuneJob(
          base: .folder(sha256: "bb"), method: "m", parameters: [:], inputs: [], weights: [], tasks: [],
          maxTokens: 1, labelScale: 20, seed: 0)),
      .predict(
        PredictJob(
          base: .folder(sha256: "bb"), adapter: JobID(number: 1), task: task, split: .test,
          head: JobID(number: 2), maxTokens: 1, labelScale: 20, precision: .bfloat16)),
    ]
  }()

  @Test(arguments: jobs) func `every part has a name of its own and words that a manifest begins with`(
    _ job: JobSpec
  ) {
    let heads: Set = [
      "base", "tasks", "sampling", "budget", "adapter", "training", "merges", "seeds", "evaluate",
    ]
    let words = job.parts.map(\.word)
    #expect(!words.isEmpty)
    for word in words { #expect(heads.contains(String(word.prefix { $0 != "." })), "\(word)") }
    #expect(Set(job.parts.map(\.name)).count == words.count)
  }
}
