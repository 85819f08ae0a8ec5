internal import Basics
internal import Checkpoints
internal import Foundation
internal import Merging
internal import Specs

extension JobPerformer {
  /// Merges the adapters of training jobs.
  func merge(_ job: MergeJob, into folder: URL) throws -> MergeResult {
    if let result = try route(job, into: folder) { return result }
    let adapters = try job.inputs.map {
      try PEFTAdapter.read(store.folder($0).appendingPathComponent("adapter").path)
    }
    let method = try MergeMethods.all.entry(named: job.method)
    let parameters = try Parameters(
      job.parameters, for: method.parameters, of: "merge method '\(method.name)'")
    let merged = try counted {
      try AdapterMerger.merge(
        adapters, weights: job.weights, method: method, parameters: parameters, seed: job.seed)
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
}
