/// What differs from seed to seed.
public enum Variation: String, Sendable, Codable, CaseIterable {
  /// The first weights of adapters and heads.
  case start
  /// Which rows come when, and dropout.
  case order
  /// The training rows that a limit draws.
  case rows
  /// The base that is pretrained here.
  case base

  /// Where nothing is said.
  public static let usual: Set<Variation> = [.start, .order]

  /// As a report says it.
  public var words: String {
    switch self {
    case .start: "the first weights of adapters and heads"
    case .order: "which rows come when"
    case .rows: "which training rows a limit drew"
    case .base: "the base, which is pretrained for each"
    }
  }
}
