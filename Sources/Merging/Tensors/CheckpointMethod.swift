public import Basics

/// A row of the table of methods that merge full checkpoints: mergekit's word with mergekit's meaning and parameters.
public struct CheckpointMethod: CatalogEntry {
  /// What the base is to a method.
  public enum Base: Sendable {
    /// The origin of the models' changes; it must be there.
    case origin
    /// The origin of the models' changes where it is there, else whole tensors are merged.
    case optionalOrigin
    /// One more of the models.
    case model
    /// One of the two models; it must be there.
    case endpoint
  }

  /// The word in a recipe.
  public let name: String
  /// One line on what it does.
  public let summary: String
  /// What the base is.
  public let base: Base
  /// How many models it takes; the base counts where it is one of them.
  public let models: ClosedRange<Int>
  /// The parameters of the whole merge; they may differ between tensors.
  public let shared: [ParameterSpec]
  /// The parameters of each model; they may stand beside the shared ones and then hold for all models.
  public let own: [ParameterSpec]
  /// Parameters that must be given.
  public let required: Set<String>
  /// Whether it draws random numbers.
  public let draws: Bool
  /// Whether a sign is elected per entry and only what agrees with it counts.
  public let electsSigns: Bool
  /// Merges one tensor and sends its numbers on.
  public let merge: @Sendable (TensorGroup, TensorGroup.Sink) throws -> Void

  init(
    name: String, summary: String, base: Base, models: ClosedRange<Int> = 1...Int.max,
    shared: [ParameterSpec] = [], own: [ParameterSpec] = [], required: Set<String> = [], draws: Bool = false,
    electsSigns: Bool = false,
    merge: @escaping @Sendable (TensorGroup, TensorGroup.Sink) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.base = base
    self.models = models
    self.shared = shared
    self.own = own
    self.required = required
    self.draws = draws
    self.electsSigns = electsSigns
    self.merge = merge
  }
}

extension ParameterSpec {
  /// w_t of a checkpoint.
  static let tensorWeight = ParameterSpec(
    "weight", .number(-1e6...1e6), default: .number(1), "factor on the model")

  /// λ in mergekit's word.
  static let lambda = ParameterSpec(
    "lambda", .number(-100...100), default: .number(1), "factor on the merged change")

  /// Read and without effect.
  static let int8Mask = ParameterSpec(
    "int8_mask", .flag, default: .flag(false), "no effect here: masks take no memory")

  /// Division by the weights.
  static func normalize(_ value: Bool) -> ParameterSpec {
    ParameterSpec("normalize", .flag, default: .flag(value), "whether sums are divided by their weights")
  }
}
