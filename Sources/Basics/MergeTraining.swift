/// How a merge method trains its models itself, instead of merging trained ones.
public enum MergeTraining: Sendable, Hashable {
  /// In rounds, each of which starts from the merge of the one before by the method named here.
  case rounds(of: String)
  /// Together, so that each mixture of them is a good model; the method named here mixes them.
  case ends(of: String)

  /// The method that merges what was trained.
  public var rule: String {
    switch self {
    case .rounds(let rule), .ends(let rule): rule
    }
  }
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
