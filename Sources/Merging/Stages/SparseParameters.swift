internal import Basics

/// Parameters that the rules on single entries share.
extension ParameterSpec {
  /// The share of entries that is kept.
  static func density(
    _ value: Double, usual: [Double] = [0.1, 0.2, 0.5],
    _ summary: String = "share of the entries kept per model"
  ) -> ParameterSpec {
    ParameterSpec("density", .number(0.0001...1), default: .number(value), usual: usual, summary)
  }

  /// λ.
  static func scale(
    _ value: Double, in range: ClosedRange<Double> = -100...100, isExtra: Bool = false,
    _ summary: String = "factor λ on the merged change"
  ) -> ParameterSpec {
    ParameterSpec(
      "scale", .number(range), default: .number(value), usual: [0.3, 0.6, 1, 1.5, 2.5], isExtra: isExtra,
      summary)
  }

  /// Among which entries the largest are sought.
  static func trimScope(_ scopes: [TrimScope], default scope: TrimScope) -> ParameterSpec {
    .choice(
      "trim_scope", among: scopes, default: scope,
      "whose entries are trimmed together: "
        + scopes.map { "\($0.rawValue): those \($0.meaning)" }.joined(separator: "; "))
  }

  /// What makes up for dropped entries.
  static func rescale(_ rescale: Rescale) -> ParameterSpec {
    .choice(
      "rescale", default: rescale,
      "what makes up for dropped entries: nothing, a factor that keeps the sum of magnitudes of each matrix, "
        + "or division by the share kept")
  }

  /// How the sign of an entry is elected.
  static func elect(_ elect: ElectSign) -> ParameterSpec {
    .choice(
      "elect", default: elect,
      "whether the sign of an entry is that of the sum of the weighted changes, of the bare ones, or of their signs"
    )
  }

  /// How entries that agree are combined.
  static func combine(_ divisor: Divisor) -> ParameterSpec {
    .choice(
      "combine", default: divisor,
      "weighted agreeing entries divided by their weights, by their number, or not at all")
  }

  /// Whether a sum of all models is divided by their weights.
  static let normalize = ParameterSpec(
    "normalize", .flag, default: .flag(false), "whether the sum is divided by the sum of the weights")

  /// The share of outliers that is dropped.
  static let gamma = ParameterSpec(
    "gamma", .number(0...0.99), default: .number(0.01), "share of the very largest entries dropped per model")

  /// Half the range of keep probabilities.
  static let epsilon = ParameterSpec(
    "epsilon", .number(0...0.5), default: .number(0.15),
    "the probability to be kept rises from density - epsilon to density + epsilon with the rank in the row")
}

/// Whose entries are trimmed together.
enum TrimScope: String, CaseIterable {
  case row, tensor, model, factor

  /// In words, behind "those".
  fileprivate var meaning: String {
    switch self {
    case .row: "of each row"
    case .tensor: "of each matrix"
    case .model: "of the whole model"
    case .factor: "of A and of B, which then merge separately"
    }
  }

  /// The scope of a trim by magnitude: factors are trimmed like matrices.
  var band: MagnitudeBand.Scope {
    switch self {
    case .row: .row
    case .tensor, .factor: .tensor
    case .model: .model
    }
  }
}

extension Parameters {
  /// The parameter `trim_scope`.
  var trimScope: TrimScope { choice(TrimScope.self, "trim_scope") }
}
