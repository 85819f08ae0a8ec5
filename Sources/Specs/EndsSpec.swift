/// Trains one adapter for each task, all together, so that their mixtures are good models (Pareto manifold learning,
/// arXiv:2210.09759).
public struct EndsSpec: Sendable, Hashable, Codable {
  /// p of the symmetric Dirichlet distribution that every step draws a mixture from: 1 draws all alike, more stays near
  /// the middle.
  public var concentration: Double

  /// Makes settings.
  public init(concentration: Double) {
    self.concentration = concentration
  }
}

extension BudgetSpec {
  /// The budget of so many trainings in one; passes are over the data of all of them anyway.
  public func together(_ trainings: Int) -> BudgetSpec {
    switch self {
    case .steps(let steps): .steps(steps * trainings)
    case .tokens(let tokens): .tokens(tokens * trainings)
    case .passes: self
    }
  }
}
