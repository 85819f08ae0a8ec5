package import LinearAlgebra
package import Models
internal import Outlines
internal import Specs
package import Training

/// Hidden states below the lowest adapter, kept from job to job up to a limit; the longest unused go first.
///
/// What is kept never changes a result: predictions over kept states are the same bits, and whether a training uses
/// them is a rule over the job alone.
package final class FrozenStateCache {
  private let limit: Int
  private var cache: ByteLimitedCache<FrozenStates>

  package init(limit: Int = WorkLimits.keptStateBytes) {
    self.limit = limit
    cache = ByteLimitedCache(limit: limit)
  }

  /// Bytes held now.
  package var bytes: Int { cache.bytes }

  /// The states of a job's sets of examples, or nil where they would not all fit.
  package func states(
    _ sets: [(key: String, examples: [TokenizedExample])], below block: Int, of network: any Network,
    workspaces: [Workspace]
  ) -> [FrozenStates]? {
    let sizes = sets.map { FrozenStates.bytes($0.examples, channels: network.outline.width) }
    guard block > 0, sizes.reduce(0, +) <= limit else { return nil }
    let keys = sets.map { "\($0.key) \(block)" }
    return zip(keys, zip(sets, sizes)).map { key, entry in
      let (set, size) = entry
      if let known = cache.value(key) { return known }
      // Room first, so that old and new states are never held at once.
      cache.makeRoom(size, pinned: keys)
      let states = FrozenStates(network, below: block, examples: set.examples, workspaces: workspaces)
      cache.insert(states, key, bytes: size, pinned: keys)
      return states
    }
  }
}
