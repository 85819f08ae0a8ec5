package import Adapters
internal import Basics
package import LinearAlgebra
package import Merging
package import Models
internal import Outlines
package import Training

/// Merges block by block from below, each with the inputs that the merged blocks below it make of every model's examples.
///
/// For a block, what the merged blocks below make of model t's examples runs through the block of model t, whose layers'
/// inputs are measured; the block is merged; and the merged block makes what enters the next one. Each model's examples
/// pass each block twice. Held at a time: their hidden states, one block of one model and its Gram matrices.
/// Source: RegMean++, Nguyen et al. 2025, arXiv:2508.03121.
package struct BlockwiseMerge {
  private let network: any Network
  private let adapters: [Adapter]
  private let examples: [[TokenizedExample]]
  private let workspaces: [Workspace]

  /// Prepares a merge.
  ///
  /// - Parameters:
  ///   - network: The base.
  ///   - examples: Of each adapter's tasks; empty for one that counts nothing.
  package init(
    _ network: any Network, adapters: [Adapter], examples: [[TokenizedExample]], workspaces: [Workspace]
  ) {
    self.network = network
    self.adapters = adapters
    self.examples = examples
    self.workspaces = workspaces
  }

  /// Merges all blocks.
  ///
  /// - Parameters:
  ///   - progress: Called with the share of the blocks that are merged.
  ///   - merge: Merges the adapters of one block with what was measured there.
  package func merged(
    progress: (Double) throws -> Void,
    merge: ([Adapter], [ModelEvidence]) throws -> MergeOutcome
  ) throws -> MergeOutcome {
    let changed = network.outline.layers.filter { site in adapters.contains { $0.site(site.path) != nil } }
    let blocks = Set(changed.map(\.block)).sorted()
    var below = network
    var states = [FrozenStates?](repeating: nil, count: adapters.count)
    var parts: [MergeOutcome] = []
    for (index, block) in blocks.enumerated() {
      let sites = changed.filter { $0.block == block }
      let models = adapters.map { $0.keeping(Set(sites.map(\.path))) }
      var evidence: [ModelEvidence] = []
      for (t, model) in models.enumerated() {
        let entering = FrozenStates(
          below, below: block, from: states[t], examples: examples[t], workspaces: workspaces)
        states[t] = entering
        let grams = InputGrams(sites: sites)
        try grams.add(
          examples[t], network.folding(model), states: entering, workspaces: workspaces)
        let matrices = grams.finished().map { ($0.name, $0.matrix) }
        evidence.append(ModelEvidence(name: model.name, Dictionary(uniqueKeysWithValues: matrices)))
      }
      let part = try merge(models, evidence)
      below = try below.folding(part.adapter)
      parts.append(part)
      try progress(Double(index + 1) / Double(blocks.count))
    }
    guard let first = parts.first?.adapter else {
      throw Diagnostic("the adapters change no layer of the base")
    }
    let whole = Adapter(
      name: first.name, sites: parts.flatMap(\.adapter.sites), targetModules: first.targetModules,
      baseModel: first.baseModel, taskType: first.taskType)
    return (whole, parts.flatMap(\.sites).sorted { $0.site < $1.site })
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
