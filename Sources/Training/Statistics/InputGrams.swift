public import LinearAlgebra
public import Models
public import Outlines
internal import Specs

/// The uncentred Gram matrices XᵀX ÷ n of what some linear layers of a model read, over the n tokens of some examples.
///
/// Sums are made batch by batch, in floats, and added in order, so that the number of threads changes no bit.
/// Memory: 4·in² bytes for each input, once and once more for each thread: 67 MB each for all layers of MiniLM.
public final class InputGrams {
  private let sites: [LinearLayer]
  private let total: GramDoor
  private var lanes: [GramDoor] = []
  /// Tokens read.
  public private(set) var tokens = 0

  /// Measures the inputs of some layers.
  public init(sites: [LinearLayer]) {
    self.sites = sites
    total = GramDoor(sites: sites)
  }

  /// Runs a model over some examples.
  ///
  /// - Parameters:
  ///   - states: What enters a block, from which the pass begins; nil begins at the embeddings.
  ///   - workspaces: One for each thread.
  ///   - progress: Called with the number of examples that are done; what it throws ends the measurement.
  public func add(
    _ examples: [TokenizedExample], _ network: any Network, states: FrozenStates? = nil,
    workspaces: [Workspace], progress: (Int) throws -> Void = { _ in }
  ) rethrows {
    while lanes.count < workspaces.count { lanes.append(GramDoor(sites: sites)) }
    let end = (sites.map(\.block).max() ?? 0) + 1
    try inBatches(examples, tokens: WorkLimits.evaluationTokens, workspaces) { lane, range, workspace in
      lanes[lane].sums.clear()
      _ = network.hidden(
        PackedBatch(examples[range]), workspace: workspace, from: states?.entering(range), below: end,
        door: lanes[lane])
    } joined: { lane, range in
      total.sums.add(lanes[lane].sums)
      tokens += examples[range].reduce(0) { $0 + $1.ids.count }
      try progress(range.upperBound)
    }
  }

  /// Ends the measurement: the matrices by the names of the inputs (`LinearLayer.input`).
  public func finished() -> [(name: String, matrix: Matrix)] {
    total.sums.scale(by: 1 / Float(max(1, tokens)))
    return zip(total.sums.sites, total.sums.matrices).map { site, matrix in
      matrix.mirrorUpper()
      return (site.input, matrix)
    }
  }
}
