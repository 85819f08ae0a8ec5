/// A stretch of a training's curve.
public struct CurveRow: Sendable, Hashable, Codable {
  /// As in `ModelRow.model`.
  public var model: String
  /// The training's seed.
  public var seed: Int
  /// The last step of the stretch.
  public var step: Int
  /// Mean training loss over it.
  public var loss: Double
  /// The last validation score in it; nil where training did not look at validation.
  public var validation: Double?

  /// Makes a row.
  public init(model: String, seed: Int, step: Int, loss: Double, validation: Double? = nil) {
    self.model = model
    self.seed = seed
    self.step = step
    self.loss = loss
    self.validation = validation
  }
}
