/// What a merge method has to know of every model beside its weights: something measured on data of the model's tasks.
public enum MergeEvidence: String, Sendable, Hashable, CaseIterable {
  /// The Gram matrix of the input of every adapted layer, as the model itself makes it.
  case inputGrams
  /// The diagonal Fisher information of every adapted weight.
  case fisher
  /// The same Gram matrices, but of inputs that the merged layers below make: measured while the merge goes on.
  case propagatedGrams
}

extension MergeEvidence: CustomStringConvertible {
  /// In words: `the inputs of its layers`.
  public var description: String {
    switch self {
    case .inputGrams: "the inputs of its layers"
    case .fisher: "the Fisher information of its weights"
    case .propagatedGrams: "the inputs of its layers behind merged ones"
    }
  }
}

/// Which labels a Fisher information is taken over.
public enum FisherLabels: String, Sendable, Codable, CaseIterable {
  /// Those that the model itself gives, by their probabilities.
  case model
  /// Those of the data: the empirical Fisher information.
  case data
}
