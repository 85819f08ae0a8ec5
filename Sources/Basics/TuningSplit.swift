/// The data on which merges may be tuned; test data are not among them.
public enum TuningSplit: String, Sendable, Codable, CaseIterable {
  /// What choices are made on.
  case validation
  /// What the experts learned from.
  case train
}
