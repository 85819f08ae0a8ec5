internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import Merging
internal import Specs
internal import Training
internal import Tuning

extension JobPerformer {
  /// Merges the adapters of training jobs.
  func merge(_ job: MergeJob, into folder: URL, progress: Progress) throws -> MergeResult {
    let method = try MergeMethods.all.entry(named: job.method)
    let parameters = try Parameters(
      job.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let adapters = try job.inputs.enumerated().map { try adapter(of: $1, end: job.ends?[$0]) }
    if let routing = RoutedMerger.routing(method, parameters) {
      return try route(job, adapters, by: routing, into: folder)
    }
    let evidence = try (job.statistics ?? []).map { try reading($0, StatisticsFile.read) }
    func outcome(_ parts: [Adapter], _ evidence: [ModelEvidence]) throws -> MergeOutcome {
      try AdapterMerger.merge(
        parts, weights: job.weights, method: method, parameters: parameters, seed: job.seed,
        evidence: evidence, whole: adapters)
    }
    let merged = try counted {
      guard let data = job.data else { return try outcome(adapters, evidence) }
      return try blockwise(job, data, adapters).merged(progress: { try progress($0, "") }, merge: outcome)
    }
    return try write(merged, to: folder)
  }

  /// The adapter that a job left; of adapters trained together one of its ends.
  func adapter(of job: JobID, end: Int? = nil) throws -> Adapter {
    try reading(job) { try PEFTAdapter.read($0.appendingPathComponent(Self.adapterName(end: end)).path) }
  }

  /// Bytes of the factors of an adapter in the folder of a job.
  func adapterBytes(in folder: URL) throws -> Int {
    let file = folder.appendingPathComponent("adapter/adapter_model.safetensors")
    return try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int ?? 0
  }

  /// Writes a merged adapter and says what the merge kept.
  func write(_ merged: MergeOutcome, to folder: URL) throws -> MergeResult {
    try PEFTAdapter.write(merged.adapter, to: folder.appendingPathComponent("adapter").path)
    return MergeResult(sites: merged.sites, bytes: try adapterBytes(in: folder))
  }

  /// A merge that measures each block's inputs on the way, with the examples of each model's tasks.
  private func blockwise(_ job: MergeJob, _ data: MergeData, _ adapters: [Adapter]) throws -> BlockwiseMerge {
    let base = try base(data.base, .float32)
    let examples = try zip(data.tasks, job.weights).map { tasks, weight in
      // A model of weight zero counts nothing.
      try tasks.filter { _ in weight != 0 }.flatMap { task in
        let all = try rows(task, data.split, base: data.$base, maxTokens: data.maxTokens).examples
        return all.drawn(data.rows, RandomStream(seed: job.seed, "statistics", task.name))
      }
    }
    return BlockwiseMerge(base.network, adapters: adapters, examples: examples, workspaces: workspaces)
  }
}
