/// Where a training begins that is a round after a merge (ColD Fusion, arXiv:2212.01378).
///
/// The merged change lies frozen below fresh factors, so that nothing of it is lost or has to fit into their rank; what
/// the training leaves is one adapter over the base, with the merged factors and the trained ones side by side.
public struct TrainStart: Sendable, Hashable, Codable {
  /// The merge job whose adapter the training starts from.
  public var adapter: JobID
  /// The training of the round before whose linear heads are trained further; nil, and not written, where all heads are
  /// label heads.
  public var heads: JobID?
  /// The budgets of the rounds before: what they drew is passed over, so that rounds read on like one training.
  public var earlier: [BudgetSpec]

  /// Makes a start.
  public init(adapter: JobID, heads: JobID?, earlier: [BudgetSpec]) {
    self.adapter = adapter
    self.heads = heads
    self.earlier = earlier
  }
}

extension BudgetSpec {
  /// The budget shared out among rounds: equal parts; of steps or tokens that are left over, one more for the first ones.
  public func shares(_ rounds: Int) -> [BudgetSpec] {
    func parts(_ total: Int) -> [Int] {
      (0..<rounds).map { total / rounds + ($0 < total % rounds ? 1 : 0) }
    }
    switch self {
    case .steps(let steps): return parts(steps).map { .steps($0) }
    case .tokens(let tokens): return parts(tokens).map { .tokens($0) }
    case .passes(let passes): return Array(repeating: .passes(passes / Double(rounds)), count: rounds)
    }
  }
}
