internal import Basics

/// What a search without gradients moves, how, and what it scores: a plain description.
public struct MergeSearch: Sendable, Hashable {
  /// How trials are chosen.
  public enum Searcher: String, Sendable, CaseIterable {
    /// All points of a regular grid, as fine as the trials allow.
    case grid
    /// Uniform draws.
    case random
    /// CMA-ES.
    case cmaES = "cma_es"
    /// A Gaussian process with expected improvement.
    case bayesian
  }

  /// What a trial is judged by.
  public enum Score: Sendable, Hashable {
    /// The mean over the tasks of what is kept of the expert's first metric (`normalised`); more is better.
    case normalised
    /// The mean loss on labels plus λ times the mean magnitude of the weights; less is better.
    case crossEntropy(l1: Double)
  }

  /// What a merge keeps of an expert's metric: 1 is all of it, more is better.
  ///
  /// The ratio, turned round where lower is better. Where a score to be raised is below 0.1 the expert has learned little:
  /// a ratio to it would drown those of all other tasks in noise, so it is 1 plus the difference.
  public static func normalised(_ value: Double, expert: Double, higherIsBetter: Bool) -> Double {
    if !higherIsBetter { return expert > 0 ? expert / max(value, 1e-9) : 1 + expert - value }
    return expert >= 0.1 ? value / expert : 1 + value - expert
  }

  /// The row that every trial carries out.
  public enum Target: Sendable, Hashable {
    /// A rule of the table by its name.
    case method(String)
    /// Σ w_t·ΔW_t, exactly.
    case sum
    /// (Σ w_t·B_t)·(Σ w_t·A_t), with products of different models' factors.
    case factors
  }

  /// What is tried.
  public var target: Target
  /// How trials are chosen.
  public var searcher: Searcher
  /// What they are judged by.
  public var score: Score
  /// How many.
  public var trials: Int
  /// The range of every model's weight; nil leaves the weights as they are.
  public var weights: ClosedRange<Double>?
  /// The weight that the first trial gives to all models; nil: the manifest's.
  public var start: Double?
  /// Rows of each task that may be read; 0: all.
  public var rows: Int

  /// Makes a description.
  public init(
    target: Target, searcher: Searcher, score: Score, trials: Int, weights: ClosedRange<Double>?,
    start: Double? = nil, rows: Int = 0
  ) {
    self.target = target
    self.searcher = searcher
    self.score = score
    self.trials = trials
    self.weights = weights
    self.start = start
    self.rows = rows
  }
}

/// Parameters of the rows that search.
extension ParameterSpec {
  /// The name of the parameter that says which method is searched.
  static let triedName = "try"

  /// Whether weights are searched.
  static let searchesWeights = ParameterSpec(
    "search_weights", .flag, default: .flag(false), "whether the models' weights are searched too")

  /// How many trials.
  static func trials(_ value: Double) -> ParameterSpec {
    ParameterSpec(
      "trials", .integer(1...1_000_000), default: .number(value), "merges that are made and scored")
  }
}
