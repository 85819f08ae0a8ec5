internal import Basics
internal import Checkpoints
internal import Foundation
internal import Merging
internal import Specs
internal import Training

extension JobPerformer {
  /// Merges the adapters of training jobs.
  func merge(_ job: MergeJob, into folder: URL, progress: Progress) throws -> MergeResult {
    if let result = try route(job, into: folder) { return result }
    let adapters = try job.inputs.enumerated().map { index, input in
      let name = Self.adapterName(end: job.ends?[index])
      return try PEFTAdapter.read(store.folder(input).appendingPathComponent(name).path)
    }
    let method = try MergeMethods.all.entry(named: job.method)
    let parameters = try Parameters(
      job.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let evidence = try (job.statistics ?? []).map { try StatisticsFile.read(store.folder($0)) }
    func outcome(_ adapters: [Adapter], _ evidence: [ModelEvidence]) throws -> MergeOutcome {
      try AdapterMerger.merge(
        adapters, weights: job.weights, method: method, parameters: parameters, seed: job.seed,
        evidence: evidence)
    }
    let merged = try counted {
      guard let data = job.data else { return try outcome(adapters, evidence) }
      return try blockwise(job, data, adapters).merged(progress: { try progress($0, "") }, merge: outcome)
    }
    return try write(merged, to: folder)
  }

  /// Writes a merged adapter and says what the merge kept.
  func write(_ merged: MergeOutcome, to folder: URL) throws -> MergeResult {
    let target = folder.appendingPathComponent("adapter")
    try PEFTAdapter.write(merged.adapter, to: target.path)
    let file = target.appendingPathComponent("adapter_model.safetensors")
    let bytes = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
    return MergeResult(
      sites: merged.sites.map {
        Specs.MergedSite(site: $0.path, rank: $0.rank, retainedEnergy: $0.retainedEnergy, norm: $0.norm)
      }, bytes: bytes ?? 0)
  }

  /// A merge that measures each block's inputs on the way, with the examples of each model's tasks.
  private func blockwise(_ job: MergeJob, _ data: MergeData, _ adapters: [Adapter]) throws -> BlockwiseMerge {
    let base = try base(data.base)
    let maxTokens = base.maxTokens(data.maxTokens)
    let examples = try zip(data.tasks, job.weights).map { tasks, weight in
      // A model of weight zero counts nothing.
      try tasks.filter { _ in weight != 0 }.flatMap { task in
        let all = try self.examples(task, data.split, base: data.base, maxTokens: maxTokens)
        return chosen(all, data.rows, of: task, seed: job.seed)
      }
    }
    return BlockwiseMerge(base.weights, adapters: adapters, examples: examples, workspaces: workspaces)
  }
}
