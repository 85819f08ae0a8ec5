/// What a job asks of a machine, counted before it runs.
public struct JobWork: Sendable, Hashable {
  /// Floating-point operations in matrix products.
  public var flops: Double
  /// Those of them in products that read bf16.
  public var roundedFLOPs: Double
  /// Numbers that element-wise passes write: norms, GELU, softmax, biases, copies.
  public var elements: Double
  /// Rows that pass through the model, repeats counted.
  public var rows: Double
  /// Tokens of the rows of a training; 0 for other jobs.
  public var tokens: Double
  /// Bytes that the worker holds while it runs, the mapped weights of the base counted.
  public var memory: Double
  /// Bytes that it adds to the store and to the folder of results.
  public var disk: Double

  /// Makes a count.
  public init(
    flops: Double = 0, roundedFLOPs: Double = 0, elements: Double = 0, rows: Double = 0,
    tokens: Double = 0, memory: Double = 0, disk: Double = 0
  ) {
    self.tokens = tokens
    self.roundedFLOPs = roundedFLOPs
    self.flops = flops
    self.elements = elements
    self.rows = rows
    self.memory = memory
    self.disk = disk
  }
}
