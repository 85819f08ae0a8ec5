/// How a merge method trains its models itself, instead of merging trained ones.
public enum MergeTraining: Sendable, Hashable {
  /// In so many rounds, each of which starts from the merge of the one before.
  case rounds(MergeDemands.Setting<Int>)
  /// Together, so that each mixture of them is a good model, whose shares are Dirichlet draws with this concentration; of two
  /// models the mixture that is asked for lies at `place` between the first (0) and the second (1).
  case ends(concentration: Double, place: Double)
}

extension MergeTraining: CustomStringConvertible {
  /// In words: `in rounds`.
  public var description: String {
    switch self {
    case .rounds: "in rounds"
    case .ends: "together"
    }
  }
}
