/// Sizes that bound the memory of jobs; trainings and evaluations keep to them, and plans count on them.
public enum WorkLimits {
  /// Tokens of a part of a training batch, beside which a whole row may stand.
  public static let partTokens = 640
  /// Tokens of a batch of an evaluation.
  public static let evaluationTokens = 1024
  /// Vectors of the base that a probe is fitted on, at most.
  public static let probedVectors = 16_384
  /// Bytes of the hidden states that a worker keeps below the lowest adapter.
  public static let keptStateBytes = 256 << 20
  /// Bytes of the base's pooled vectors that a worker keeps for gates.
  public static let pooledBytes = 32 << 20
  /// Bytes of the tokenised examples that a worker keeps.
  public static let tokenizedBytes = 128 << 20
}
