internal import Basics

/// How the coefficients c of θ₀ + Σ_t c_t·ΔW_t are learned from examples: a plain description.
///
/// `LearnableMerge` turns it and some adapters into numbers to learn; the loop that needs the encoder lies in Training.
public struct CoefficientLearning: Sendable, Hashable {
  /// What is made small, summed over the tasks, each a mean over its rows.
  public enum Objective: String, Sendable, CaseIterable {
    /// The entropy of the predicted distribution: no labels.
    case entropy
    /// The Jensen-Shannon divergence to what the task's expert predicts: no labels.
    case jensenShannon = "jensen_shannon"
    /// The task's own training loss: labels.
    case crossEntropy = "cross_entropy"

    /// Whether labels are read.
    public var readsLabels: Bool { self == .crossEntropy }
  }

  /// What has a coefficient of its own, for every model.
  public enum Granularity: Sendable, Hashable {
    /// The model.
    case model
    /// A block of the encoder.
    case layer
    /// A linear layer.
    case site
    /// Each of so many groups of the singular directions of a linear layer's change, the strongest ones first.
    case directions(groups: Int)
  }

  /// What becomes of the changes before they get coefficients.
  public enum Preparation: Sendable, Hashable {
    /// Nothing.
    case none
    /// TIES' first stages: the largest entries of each model, those that agree with the elected sign.
    case trimAndElect(density: Double)
  }

  /// A mask over the entries of every ΔW that all models share and that is learned too (Concrete).
  public struct Mask: Sendable, Hashable {
    /// τ of the relaxed Bernoulli draws while it is learned.
    public var temperature: Double
    /// Learning rate of its logits.
    public var learningRate: Double

    /// Makes a description.
    public init(temperature: Double, learningRate: Double) {
      self.temperature = temperature
      self.learningRate = learningRate
    }
  }

  /// What is made small.
  public var objective: Objective
  /// What has a coefficient.
  public var granularity: Granularity
  /// What becomes of the changes before.
  public var preparation: Preparation
  /// What every coefficient starts at; nil: 1 ÷ models.
  public var start: Double?
  /// Adam's learning rate for the coefficients; 0 leaves them as they start.
  public var learningRate: Double
  /// AdamW's decoupled decay.
  public var weightDecay: Double
  /// λ of λ·Σ|c| ÷ n in the loss.
  public var l1: Double
  /// The gradient's norm is cut to this; 0 leaves it.
  public var clip: Double
  /// Steps of the optimiser.
  public var steps: Int
  /// Rows of each task in a step.
  public var batch: Int
  /// Rows of each task that may be read; 0: all.
  public var rows: Int
  /// Where coefficients are moved back to after every step; nil leaves them.
  public var range: ClosedRange<Double>?
  /// A mask that is learned too; nil: none.
  public var mask: Mask?

  /// How many matrices of the size of all changes are held while it is learned, beside one of each model; 0 where changes
  /// stay in factors.
  ///
  /// The merged change and its gradient, once more for a thread; with a mask its logits, their gradients and moments,
  /// draws, and sums in doubles. Measured: 3.2 and 12.6.
  public var fullMatrices: Int { mask != nil ? 13 : preparation == .none ? 0 : 3 }

  /// Makes a description; what is left out is AdaMerging's, task-wise.
  public init(
    objective: Objective = .entropy, granularity: Granularity = .model, preparation: Preparation = .none,
    start: Double? = 0.3, learningRate: Double = 1e-3, weightDecay: Double = 0, l1: Double = 0,
    clip: Double = 0, steps: Int = 500, batch: Int = 16, rows: Int = 0, range: ClosedRange<Double>? = nil,
    mask: Mask? = nil
  ) {
    self.objective = objective
    self.granularity = granularity
    self.preparation = preparation
    self.start = start
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.l1 = l1
    self.clip = clip
    self.steps = steps
    self.batch = batch
    self.rows = rows
    self.range = range
    self.mask = mask
  }
}

/// Parameters that the rows that learn share.
extension ParameterSpec {
  /// On which data.
  static let split = ParameterSpec.choice(
    "split", default: TuningSplit.validation, "the data that are read; test data never are")

  /// How many rows.
  static func rows(_ value: Double) -> ParameterSpec {
    ParameterSpec(
      "rows", .integer(0...10_000_000), default: .number(value),
      "rows of each task that are read, drawn once; 0: all")
  }

  /// What coefficients start at.
  static func start(_ value: Double) -> ParameterSpec {
    ParameterSpec(
      "start", .number(-100...100), default: .number(value), "what every coefficient starts at")
  }

  /// Optimiser and batches.
  static func learning(rate: Double, steps: Double, batch: Double, rows: Double = 0) -> [ParameterSpec] {
    [
      ParameterSpec(
        "learning_rate", .number(0...100), default: .number(rate), "Adam's learning rate for coefficients"),
      ParameterSpec("steps", .integer(0...10_000_000), default: .number(steps), "steps of the optimiser"),
      ParameterSpec(
        "batch", .integer(1...100_000), default: .number(batch), "rows of each task in a step"),
      .rows(rows), .split,
    ]
  }

  /// Whether coefficients stay between 0 and 1.
  static let clamp = ParameterSpec(
    "clamp", .flag, default: .flag(true), "whether coefficients are moved back into 0…1 after every step")
}
