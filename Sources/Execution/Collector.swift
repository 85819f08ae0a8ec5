internal import Basics
public import Experiment
public import Foundation
public import Results
internal import Specs

/// Reads finished jobs back as the rows that tables are made from.
public struct Collector: Sendable {
  private let store: JobStore
  private let keepsScores: Bool

  /// Reads from a store.
  ///
  /// - Parameter keepsScores: Whether scores that are computed now are written beside the predictions.
  public init(store: JobStore, keepsScores: Bool = false) {
    self.store = store
    self.keepsScores = keepsScores
  }

  /// Everything of a plan that is done; failures are listed, and jobs whose files were changed or cut since.
  public func collect(_ plan: Plan) throws -> ResultSet {
    var results: [JobID: JobResult] = [:]
    var specs: [JobID: PlannedJob] = [:]
    var costs: [CostRow] = []
    var failures: [FailureRow] = []
    let finished = store.finished()
    for job in plan.jobs {
      specs[job.id] = job
      if finished.contains(job.id) {
        if let damage = store.damage(job.id) {
          failures.append(FailureRow(job: job.id.hex, label: job.label, message: damage.what))
          continue
        }
        results[job.id] = try store.result(job.id)
        if let cost = store.cost(job.id) {
          costs.append(
            CostRow(
              job: job.id.hex, kind: job.spec.kind, label: job.label, cost: cost,
              predictedSeconds: cost.predictedSeconds))
        }
      } else if let failure = store.failure(job.id) {
        failures.append(FailureRow(job: job.id.hex, label: job.label, message: failure.what))
      }
    }
    var set = ResultSet(
      experiment: plan.experiment, title: plan.title, tasks: plan.tasks, models: [], scores: [], costs: costs,
      failures: failures, budget: plan.budget, margin: plan.margin, data: plan.data,
      plannedJobs: plan.jobs.count,
      finishedJobs: results.count)
    set.varies = plan.varies
    let asked = (plan.models + plan.tried).flatMap { model in
      model.job == nil || results[model.job ?? .none] != nil
        ? model.evaluations.filter { results[$0.job] != nil } : []
    }
    let answers = Scorer(store: store, plan: plan, keeps: keepsScores).answers(asked)
    for job in Dictionary(grouping: answers.filter { $0.value.problem != nil }, by: \.key.job).sorted(by: {
      $0.key < $1.key
    }) {
      guard let problem = job.value.first?.value.problem else { continue }
      set.failures.append(
        FailureRow(job: job.key.hex, label: specs[job.key]?.label ?? "", message: problem.what))
    }
    for model in plan.models { add(model, results, specs, answers, to: &set) }
    if !plan.tried.isEmpty {
      var tries = ResultSet(experiment: plan.experiment, tasks: plan.tasks, models: [], scores: [])
      for model in plan.tried { add(model, results, specs, answers, to: &tries) }
      set.tuning = TuningResults(
        models: tries.models, scores: tries.scores, open: open(plan.tried, plan, results),
        isPlanned: plan.isTriedWhole)
    }
    return set
  }

  /// The names of models with a job that is neither done nor failed, nor rests on one that failed.
  private func open(
    _ models: [PlannedModel], _ plan: Plan, _ results: [JobID: JobResult]
  ) -> Set<String> {
    var failed: Set<JobID> = []
    // Inputs stand before the jobs that need them.
    for job in plan.jobs where results[job.id] == nil {
      if store.failure(job.id) != nil || job.spec.inputs.contains(where: failed.contains) {
        failed.insert(job.id)
      }
    }
    return Set(
      models.filter { model in
        ([model.job].compactMap(\.self) + model.evaluations.map(\.job)).contains {
          results[$0] == nil && !failed.contains($0)
        }
      }.map(\.model))
  }

  private func add(
    _ model: PlannedModel, _ results: [JobID: JobResult], _ specs: [JobID: PlannedJob],
    _ answers: [PlannedEvaluation: Scorer.Answer], to set: inout ResultSet
  ) {
    var row = ModelRow(
      model: model.model, plain: model.plain, kind: model.kind, recipe: model.recipe,
      settings: model.settings,
      arm: model.arm, tasks: model.tasks,
      seed: model.seed, steps: 0, examples: 0, tokens: 0, bytes: 0, job: model.job?.hex ?? "")
    row.tuned = model.tuned
    if let id = model.job {
      guard let result = results[id] else { return }
      switch result {
      case .train(let trained):
        count(trained, specs[id]?.work, &row)
        set.curves += TrainingCurve.rows(store.path(id), model: model.model, seed: model.seed ?? 0)
        row.precision = specs[id]?.spec.productPrecision
        row.bytes = 4 * trained.trainable
        for drawn in trained.drawn {
          set.mixtures.append(MixtureRow(model: model.model, seed: model.seed ?? 0, drawn: drawn))
        }
      case .merge(let merged): add(merged, by: id, of: model, results, specs, to: &set, &row)
      case .tune(let tuned): add(tuned.merged, by: id, of: model, results, specs, to: &set, &row)
      case .pretrain(let trained):
        count(trained, specs[id]?.work, &row)
        row.precision = .float32
      case .probe, .statistics, .guess, .predict: break
      }
    }
    set.models.append(row)
    for evaluation in model.evaluations {
      guard let result = results[evaluation.job]?.prediction, let answer = answers[evaluation] else {
        continue
      }
      let metrics = set.tasks.first { $0.name == evaluation.task }?.metrics ?? []
      for metric in metrics {
        guard let value = answer.scores[metric.name] else { continue }
        set.scores.append(
          ScoreRow(
            model: model.model, seed: model.seed, task: evaluation.task, split: evaluation.split,
            metric: metric.name, value: value, n: result.n, job: evaluation.job.hex,
            precision: specs[evaluation.job]?.spec.productPrecision ?? .float32))
      }
    }
  }

  /// What a merge kept, and what its inputs cost.
  private func add(
    _ merged: MergeResult, by id: JobID, of model: PlannedModel, _ results: [JobID: JobResult],
    _ specs: [JobID: PlannedJob], to set: inout ResultSet, _ row: inout ModelRow
  ) {
    row.bytes = merged.bytes
    row.serving = merged.serving
    guard let method = specs[id]?.spec.mergeMethod else { return }
    for job in jobs(behind: id, specs) {
      if case .train(let trained) = results[job] {
        count(trained, specs[job]?.work, &row)
        row.precision = specs[job]?.spec.productPrecision
      }
    }
    set.merges.append(
      MergedRow(
        model: model.model, seed: model.seed ?? 0, method: model.method ?? method,
        parameters: specs[id]?.spec.mergeParameters.mapValues { "\($0)" } ?? [:], sites: merged.sites))
  }

  /// Everything that a job rests on, each job once: also what its trainings went on from.
  private func jobs(behind id: JobID, _ specs: [JobID: PlannedJob]) -> [JobID] {
    var found = [id]
    var next = 0
    while next < found.count {
      for input in specs[found[next]]?.spec.inputs ?? [] where !found.contains(input) { found.append(input) }
      next += 1
    }
    return found
  }

  /// Counts are those of the training; FLOPs the plan's for a token of the mixture, times the tokens that were drawn.
  private func count(_ trained: TrainResult, _ work: JobWork?, _ row: inout ModelRow) {
    row.steps += trained.steps
    row.examples += trained.examples
    row.tokens += trained.tokens
    if let work, work.tokens > 0 { row.flops += work.flops * Double(trained.tokens) / work.tokens }
  }
}

/// Binds the predictions of all evaluations of a model into one file: `predictions/<model>.seed<k>.jsonl`.
public struct PredictionBinder: Sendable {
  private let store: JobStore

  /// Reads from a store.
  public init(store: JobStore) {
    self.store = store
  }

  /// Writes the files of a plan's models; one that holds its parts already is left alone.
  ///
  /// Points of grids that were not chosen have none.
  /// - Throws: a `Diagnostic` for predictions that are not what their job wrote, or for data that cannot be read.
  public func bind(_ plan: Plan, into folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let scorer = Scorer(store: store, plan: plan, keeps: false)
    for (model, name) in zip(plan.models, PredictionBinder.names(plan.models))
    where !plan.passedOver.contains(model.model) {
      let evaluations = model.evaluations.filter { store.contains($0.job) && !store.isDropped($0.job) }
      if evaluations.isEmpty { continue }
      var text = PredictionText()
      for evaluation in evaluations {
        let question = Scorer.Question(task: evaluation.task, split: evaluation.split)
        guard let asked = scorer.targets(question) else { continue }
        let rows = try scorer.joined(evaluation.job, asked)
        text.add(rows, task: asked.task, split: asked.split)
      }
      let file = folder.appendingPathComponent(name)
      let data = Data(text.bytes)
      if let old = try? Data(contentsOf: file, options: .mappedIfSafe), old == data { continue }
      try data.write(to: file, options: .atomic)
    }
  }

  /// The name of each model's file: the model's own, with `_` for what a shell or a file system minds.
  ///
  /// Where two models would share a name, or a file system would not take it, the model's hash stands behind as much of
  /// its name as there is room for.
  static func names(_ models: [PlannedModel]) -> [String] {
    let heads = models.map { model in
      String(model.model.map { $0.isLetter || $0.isNumber || "-_+.=,".contains($0) ? $0 : "_" })
    }
    let ends = models.map { ($0.seed.map { ".seed\($0)" } ?? "") + ".jsonl" }
    var owners: [String: Set<String>] = [:]
    for (model, head) in zip(models, heads) { owners[head, default: []].insert(model.model) }
    return models.indices.map { index in
      let plain = heads[index] + ends[index]
      if plain.utf8.count <= longestName, owners[heads[index]]?.count == 1 { return plain }
      let end = "-" + StableHash.hex(Data(models[index].model.utf8)).prefix(16) + ends[index]
      var head = heads[index]
      while head.utf8.count + end.utf8.count > longestName { head.removeLast() }
      return head + end
    }
  }

  /// Bytes of a file's name that every common file system takes.
  private static let longestName = 255
}
