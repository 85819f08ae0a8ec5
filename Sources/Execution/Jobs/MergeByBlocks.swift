internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Merging
internal import Models
internal import Specs
internal import Training

extension JobPerformer {
  /// Merges block by block from below, each with the inputs that the merged blocks below it make of every model's examples.
  ///
  /// For a block, what the merged blocks below make of model t's examples runs through the block of model t, whose layers'
  /// inputs are measured; the block is merged; and the merged block makes what enters the next one. Each model's examples
  /// pass each block twice. Held at a time: their hidden states, one block of one model and its Gram matrices.
  ///
  /// - Parameter merge: Merges the adapters of one block with what was measured there.
  func mergedByBlocks(
    _ job: MergeJob, _ data: MergeData, _ adapters: [Adapter], progress: Progress,
    merge: ([Adapter], [ModelEvidence]) throws -> AdapterMerger.Outcome
  ) throws -> AdapterMerger.Outcome {
    let base = try base(data.base)
    let (weights, shape) = (base.weights, base.weights.shape)
    let maxTokens = base.maxTokens(data.maxTokens)
    let used = job.weights.indices.filter { job.weights[$0] != 0 }
    let examples = try data.tasks.map { tasks in
      try tasks.flatMap { task in
        let all = try self.examples(task, data.split, base: data.base, maxTokens: maxTokens)
        return chosen(all, data.rows, of: task, seed: job.seed)
      }
    }
    let changed = shape.sites.filter { site in adapters.contains { $0.site(site.path) != nil } }
    return try counted {
      var below = weights
      var states = [FrozenStates?](repeating: nil, count: adapters.count)
      var parts: [AdapterMerger.Outcome] = []
      let blocks = Set(changed.map(\.layer)).sorted()
      for (index, block) in blocks.enumerated() {
        let sites = changed.filter { $0.layer == block }
        let paths = Set(sites.map(\.path))
        let models = adapters.map { $0.keeping(paths) }
        var evidence = adapters.map { ModelEvidence(name: $0.name, [:]) }
        for t in used {
          let entering = FrozenStates(
            below, below: block, from: states[t], examples: examples[t], workspaces: workspaces)
          states[t] = entering
          let grams = InputGrams(shape: shape, sites: sites)
          try grams.add(
            examples[t], weights.folding(models[t]), states: entering, workspaces: workspaces)
          let matrices = grams.finished().map { ($0.name, $0.matrix) }
          evidence[t] = ModelEvidence(
            name: adapters[t].name, Dictionary(uniqueKeysWithValues: matrices))
        }
        let part = try merge(models, evidence)
        below = try below.folding(part.adapter)
        parts.append(part)
        try progress(Double(index + 1) / Double(blocks.count), "")
      }
      guard let first = parts.first?.adapter else {
        throw Diagnostic("the adapters change no layer of the base")
      }
      let whole = Adapter(
        name: first.name, sites: parts.flatMap(\.adapter.sites), targetModules: first.targetModules,
        baseModel: first.baseModel, taskType: first.taskType)
      return (whole, parts.flatMap(\.sites).sorted { $0.path < $1.path })
    }
  }
}

extension Adapter {
  /// The same adapter with some of its layers.
  fileprivate func keeping(_ paths: Set<String>) -> Adapter {
    var adapter = self
    adapter.sites.removeAll { !paths.contains($0.path) }
    return adapter
  }
}
