internal import Basics
internal import Checkpoints
internal import Foundation
internal import Merging
internal import Specs

extension JobPerformer {
  /// Merges the adapters of training jobs.
  func merge(_ job: MergeJob, into folder: URL, progress: Progress) throws -> MergeResult {
    let adapters = try job.inputs.map {
      try PEFTAdapter.read(store.folder($0).appendingPathComponent("adapter").path)
    }
    let method = try MergeMethods.all.entry(named: job.method)
    let parameters = try Parameters(
      job.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let evidence = try (job.statistics ?? []).map { try StatisticsFile.read(store.folder($0)) }
    func merged(_ adapters: [Adapter], _ evidence: [ModelEvidence]) throws -> AdapterMerger.Outcome {
      try AdapterMerger.merge(
        adapters, weights: job.weights, method: method, parameters: parameters, seed: job.seed,
        evidence: evidence)
    }
    let merged =
      if let data = job.data {
        try mergedByBlocks(job, data, adapters, progress: progress, merge: merged)
      } else {
        try counted { try merged(adapters, evidence) }
      }
    let target = folder.appendingPathComponent("adapter")
    try PEFTAdapter.write(merged.adapter, to: target.path)
    let file = target.appendingPathComponent("adapter_model.safetensors")
    let bytes = try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int
    return MergeResult(
      sites: merged.sites.map {
        Specs.MergedSite(site: $0.path, rank: $0.rank, retainedEnergy: $0.retainedEnergy, norm: $0.norm)
      }, bytes: bytes ?? 0)
  }
}
