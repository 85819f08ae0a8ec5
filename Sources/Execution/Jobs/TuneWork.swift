internal import Adapters
internal import Basics
internal import Foundation
internal import Merging
internal import Models
internal import Outlines
internal import Specs
internal import Training
internal import Tuning

extension JobPerformer {
  /// Learns or searches how to merge the adapters of training jobs; reads no test data.
  func tune(_ job: TuneJob, into folder: URL, progress: Progress) throws -> TuneResult {
    let (method, parameters, asked) = try job.tuned
    let tuning = MergeTuning(
      job: job, method: method, parameters: parameters, asked: asked, base: try base(job.base, .float32),
      adapters: try job.inputs.map { try adapter(of: $0) }, tasks: try tasks(of: job, asked))
    model = nil
    switch method.form {
    case .rule, .measured, .routed, .trained: preconditionFailure("'\(method.name)' has nothing to tune")
    case .learned(let make): return try learn(tuning, make(parameters), into: folder, progress: progress)
    case .searched(let make): return try search(tuning, make(parameters), into: folder, progress: progress)
    }
  }

  private func tasks(of job: TuneJob, _ asked: MergeDemands.Tuning) throws -> [CoefficientTask] {
    try job.tasks.map { entry in
      let all = try rows(
        entry.task, asked.split.split, base: job.$base, maxTokens: job.maxTokens, isScored: true
      ).examples
      let stream = RandomStream(seed: job.seed, "tune", "rows", entry.task.name)
      return CoefficientTask(
        head: try head(Hashed(entry.task), of: entry.head, base: job.$base, labelScale: job.labelScale),
        examples: asked.rows > 0 ? all.drawn(asked.rows, stream) : all)
    }
  }

  /// Coefficients by gradients.
  private func learn(
    _ tuning: MergeTuning, _ learning: CoefficientLearning, into folder: URL, progress: Progress
  ) throws -> TuneResult {
    var tasks = tuning.tasks
    let (merge, learned) = try counted {
      if learning.objective == .jensenShannon { try askExperts(&tasks, tuning) }
      let merge = try LearnableMerge(tuning.adapters, weights: tuning.job.weights, learning: learning)
      let trainer = CoefficientTrainer(
        base: tuning.base, tasks: tasks, merge: merge, learning: learning, seed: tuning.job.seed,
        workspaces: workspaces)
      let learned = try trainer.run { share, point in try progress(share, "loss \(rounded(point.loss))") }
      return (merge, learned)
    }
    let merged = try counted {
      try AdapterMerger.merge(
        tuning.adapters, weights: tuning.job.weights, by: merge.rule(learned.parameters), tuning.method,
        Finish(tuning.parameters), seed: tuning.job.seed)
    }
    try write(learned.curve, to: folder)
    var text = "model,place,group,coefficient\n"
    for (coefficient, value) in zip(merge.coefficients, learned.parameters) {
      let model = tuning.name(ofModel: coefficient.model)
      text += "\(model),\(coefficient.place),\(coefficient.group),\(value)\n"
    }
    try Data(text.utf8).write(to: folder.appendingPathComponent("coefficients.csv"))
    return TuneResult(
      merged: try write(merged, to: folder), rounds: learning.steps, trainable: merge.count,
      examples: tuning.rows, measure: learning.objective.rawValue, start: learned.start, end: learned.end)
  }

  /// Fills in what each task's expert predicts for its texts.
  private func askExperts(_ tasks: inout [CoefficientTask], _ tuning: MergeTuning) throws {
    for (index, entry) in tuning.job.tasks.enumerated() {
      tasks[index].expert = CoefficientTask.distributions(
        of: tasks[index].examples, head: tasks[index].head,
        reader: tuning.base.reader(try tuning.base.network.folding(tuning.adapters[entry.expert])),
        workspace: workspaces[0])
    }
  }
}
