/// How a cocktail draws from its tasks.
public struct SamplingSpec: Sendable, Hashable, Codable {
  /// `concatenation`, `equal`, `weights`, `proportional` or `temperature`.
  public var rule: String
  /// A task counts at most this many examples (`proportional`, `temperature`).
  public var cap: Int?
  /// T in p ∝ min(n, cap)^(1/T) (`temperature`).
  public var temperature: Double?
  /// A weight for each task by name (`weights`); tasks not named here weigh 1.
  public var weights: [String: Double]?

  /// Makes a rule.
  public init(
    rule: String = "concatenation", cap: Int? = nil, temperature: Double? = nil,
    weights: [String: Double]? = nil
  ) {
    self.rule = rule
    self.cap = cap
    self.temperature = temperature
    self.weights = weights
  }
}

/// What a training may use, the same for singles and cocktails.
public enum BudgetSpec: Sendable, Hashable, Codable {
  /// So many optimiser steps.
  case steps(Int)
  /// The step that reaches so many real tokens is the last.
  case tokens(Int)
  /// The target's training data are seen so many times; a cocktail without one target sees its rarest task so often.
  case passes(Double)
}

extension BudgetSpec {
  /// Whether a training draws at least as much as its sets hold, so that work on all their rows pays.
  public func drawsWholeSets(rows: Int, tokens: Int, _ training: TrainingSpec) -> Bool {
    switch self {
    case .passes(let passes): passes >= 1
    case .tokens(let budget): budget >= tokens
    case .steps(let steps) where training.batchTokens > 0:
      steps * training.accumulation * training.batchTokens >= tokens
    case .steps(let steps): steps * training.accumulation * training.batchRows >= rows
    }
  }
}
