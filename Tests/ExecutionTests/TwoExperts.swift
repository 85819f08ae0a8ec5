import Execution
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

/// A tiny base with an expert for each of two generated tasks, made by jobs in a store of their own.
struct TwoExperts {
  let scratch: Scratch
  let performer: JobPerformer
  let pretrained: JobID
  let tasks: [TaskSpec]
  let adapters: [JobID]

  /// - Parameters:
  ///   - blocks: Of the base.
  ///   - pretraining: Steps of the base.
  ///   - rows: Of training for each task.
  ///   - steps: Of each expert.
  init(blocks: Int, pretraining: Int, rows: Int, steps: Int, adapter: AdapterSpec) throws {
    let scratch = try Scratch()
    let performer = JobPerformer(store: scratch.store)
    let pretrained = try performer.done(
      .pretrain(
        PretrainSpec(
          hidden: 32, layers: blocks, heads: 2, intermediate: 64, sentences: 120, steps: pretraining,
          batchRows: 8)))
    tasks = try ["sentiment", "topic"].map { form in
      var task = try #require(GeneratedSuite.template(form))
      task.source = .generated(GeneratorSpec(form: form, rows: ["train": rows, "validation": 5, "test": 5]))
      return task
    }
    adapters = try tasks.map { task in
      try performer.done(
        .train(
          TrainJob(
            base: .pretrained(pretrained), tasks: [task], sampling: SamplingSpec(), budget: .steps(steps),
            adapter: adapter,
            training: TrainingSpec(learningRate: 0.01, batchRows: 8, maxTokens: 32), seed: 0)))
    }
    (self.scratch, self.performer, self.pretrained) = (scratch, performer, pretrained)
  }
}

extension JobPerformer {
  /// Does a job and names it.
  func done(_ spec: JobSpec) throws -> JobID {
    let id = spec.id()
    _ = try perform(spec, id: id, worker: "w") { _, _ in }
    return id
  }
}
