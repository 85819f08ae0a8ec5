internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging
internal import Models
internal import Outlines
internal import Specs
internal import Training

/// Models of several parts: `routed/` of a merge job in the place of `adapter/`.
extension JobPerformer {
  private static let folderName = "routed"

  /// The model of a merge job that routes; nil where the job left one adapter.
  ///
  /// Kept for the next evaluation, which is mostly of the same model.
  func routed(_ id: JobID) throws -> RoutedModel? {
    if let kept = readModel, kept.merge == id { return kept.model }
    readModel = nil
    let folder = store.folder(id).appendingPathComponent(Self.folderName).path
    guard FileManager.default.fileExists(atPath: folder) else { return nil }
    let read = try reading(id) { _ in try RoutedFile.read(folder) }
    readModel = (id, read)
    return read
  }

  /// Makes a model that routes.
  ///
  /// What a gate has to see are training texts of its experts' tasks, as the jobs of the experts say: a function of the
  /// merge job alone.
  func route(
    _ job: MergeJob, _ adapters: [Adapter], by routing: any Routing, into folder: URL
  ) throws -> MergeResult {
    let trainings = try job.inputs.map { try training($0) }
    let experts = zip(zip(adapters, trainings), job.weights).map { input, weight in
      RoutedExpert(
        name: input.1.tasks.map(\.name).joined(separator: "+"), tasks: input.1.tasks.map(\.name),
        adapter: input.0, weight: weight)
    }
    var (model, sites) = try counted {
      try RoutedMerger.model(of: experts, by: routing, method: job.method, seed: job.seed)
    }
    if let wanted = routing.texts {
      let used = zip(trainings, experts).filter { $1.weight != 0 }
      let texts = try counted { try self.texts(wanted, of: used, model, seed: job.seed) }
      try counted {
        try routing.fit(&model, to: texts, random: RandomStream(seed: job.seed, "routing", job.method))
      }
    }
    let bytes = try RoutedFile.write(model, to: folder.appendingPathComponent(Self.folderName).path)
    return MergeResult(
      sites: sites, bytes: bytes, serving: try serving(model, routing.serving, job, trainings))
  }

  private func training(_ id: JobID) throws -> TrainJob {
    guard case .train(let job) = store.spec(id) else {
      throw Diagnostic(
        "the stored record of the expert \(id.hex.prefix(12))… does not say what it learned",
        hint: "remove the folder \(store.folder(id).path) and run again, which does the job anew")
    }
    return job
  }

  private func serving(
    _ model: RoutedModel, _ by: ServedBy, _ job: MergeJob, _ trainings: [TrainJob]
  ) throws -> Serving {
    let sizes = try zip(job.inputs, job.weights).filter { $1 != 0 }.map { input, _ in
      try adapterBytes(in: store.folder(input))
    }
    let runsBeside =
      by == .task ? nil : try trainings.first.map { try base($0.base, .float32).network.outline }
    return Serving(
      by: by.rawValue, expertBytes: sizes.reduce(0, +) / max(1, sizes.count), passes: by == .text ? 2 : 1,
      flopsPerToken: try runsBeside.map { try RoutedEvaluator.flopsPerToken(model, $0) } ?? 0)
  }

  /// The embeddings of training texts of all tasks of all experts.
  private func texts(
    _ wanted: RoutingTexts, of experts: [(TrainJob, RoutedExpert)], _ model: RoutedModel, seed: Int
  ) throws -> [ExpertTexts] {
    try experts.enumerated().flatMap { index, entry in
      let (job, expert) = entry
      let base = try base(job.base, .float32)
      let reader = wanted.readsUnified ? try base.network.folding(model, for: nil) : base.network
      let own = wanted.wantsExperts ? try base.network.folding(expert.adapter) : nil
      return try job.tasks.map { task in
        let all = try rows(
          task, .train, base: job.$base, maxTokens: job.training.maxTokens
        ).examples
        let chosen = all.drawn(wanted.rows, RandomStream(seed: seed, "routing", "texts", task.name))
        func pooled(_ network: any Network) -> Matrix {
          Evaluator(network: network, pooling: base.pooling).pooled(chosen, workspaces: workspaces)
        }
        return ExpertTexts(
          expert: index, task: task.name, isPooled: Readouts.readout(of: task).features.isPooled,
          embeddings: pooled(reader),
          ofExpert: own.map(pooled),
          inputs: wanted.wantsInputs
            ? InputMeans.of(chosen, through: base.network, workspace: workspaces[0]) : [:])
      }
    }
  }
}
