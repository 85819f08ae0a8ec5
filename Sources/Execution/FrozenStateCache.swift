package import LinearAlgebra
package import Models
package import Specs
package import Training

/// Hidden states below the lowest adapter, kept from job to job up to a limit; the longest unused go first.
///
/// What is kept never changes a result: predictions over kept states are the same bits, and whether a training uses
/// them is a rule over the job alone.
package final class FrozenStateCache {
  /// Bytes of a worker's kept states, and of the states of one job.
  package static let usualLimit = 512 << 20

  private let limit: Int
  private var entries: [(key: String, states: FrozenStates, bytes: Int)] = []

  package init(limit: Int = FrozenStateCache.usualLimit) {
    self.limit = limit
  }

  /// Bytes held now.
  package var bytes: Int { entries.reduce(0) { $0 + $1.bytes } }

  /// The states of a job's sets of examples, or nil where they would not all fit.
  package func states(
    _ sets: [(key: String, examples: [TokenizedExample])], below block: Int, of weights: EncoderWeights,
    workspaces: [Workspace]
  ) -> [FrozenStates]? {
    let sizes = sets.map { FrozenStates.bytes($0.examples, channels: weights.shape.hidden) }
    guard block > 0, sizes.reduce(0, +) <= limit else { return nil }
    let keys = sets.map { "\($0.key) \(block)" }
    return zip(keys, zip(sets, sizes)).map { key, entry in
      let (set, size) = entry
      if let place = entries.firstIndex(where: { $0.key == key }) {
        let known = entries.remove(at: place)
        entries.append(known)
        return known.states
      }
      while bytes + size > limit, let victim = entries.firstIndex(where: { !keys.contains($0.key) }) {
        entries.remove(at: victim)
      }
      let states = FrozenStates(weights, below: block, examples: set.examples, workspaces: workspaces)
      entries.append((key, states, size))
      return states
    }
  }
}

extension TrainJob {
  /// Whether the training draws at least as much as its sets hold, so that computing all their states once pays.
  package func drawsWholeSets(rows: Int, tokens: Int) -> Bool {
    switch budget {
    case .passes(let passes): passes >= 1
    case .tokens(let budget): budget >= tokens
    case .steps(let steps) where training.batchTokens > 0:
      steps * training.accumulation * training.batchTokens >= tokens
    case .steps(let steps): steps * training.accumulation * training.batchRows >= rows
    }
  }
}
