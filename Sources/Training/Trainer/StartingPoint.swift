public import Adapters
internal import Checkpoints

/// What a training goes on from: see `TrainStart`.
public struct StartingPoint: Sendable {
  /// What lies frozen below the factors.
  public var adapter: Adapter
  /// Linear heads to train further; a task without one here gets a fresh one.
  public var heads: [TaskHead]

  /// Joins the parts.
  public init(adapter: Adapter, heads: [TaskHead] = []) {
    self.adapter = adapter
    self.heads = heads
  }
}
