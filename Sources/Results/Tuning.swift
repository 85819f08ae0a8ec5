/// What validation has chosen among what the seeds of `tune` tried, as far as they are done.
public struct TuningChoice: Sendable, Hashable {
  /// The point of every trained model: its name, and the point as `ModelRow.tuned` has it.
  public var points: [String: String]
  /// The cocktail for each task, of those with two or more tasks that hold it; by names, as all that follow.
  public var cocktails: [String: String]
  /// The cocktail of all tasks; nil where there is none.
  public var all: String?
  /// For each task the trained model that does best without having seen it.
  public var unseen: [String: String]
  /// The point of every merge's grid, by the grid's name.
  public var merges: [String: String]
  /// The one merge for all tasks; nil where there is no choice.
  public var merge: String?
  /// Whether nothing is left to be chosen.
  public var isWhole: Bool

  /// Nothing chosen yet.
  public init() {
    points = [:]
    cocktails = [:]
    unseen = [:]
    merges = [:]
    isWhole = false
  }
}

/// The models that the seeds of `tune` made, which are reported nowhere else, with their scores on validation.
public struct TuningResults: Sendable, Hashable, Codable {
  /// A row for each try and seed; of a trained one `tuned` is the point that was tried, and `model` ends with it.
  public var models: [ModelRow]
  /// By model, task, split and metric.
  public var scores: [ScoreRow]
  /// The names of tries that are neither done nor failed.
  public var open: Set<String>
  /// Whether all that is to be tried was planned: how trained models do elsewhere and merges are once points are chosen.
  public var isPlanned: Bool

  /// Makes results.
  public init(models: [ModelRow], scores: [ScoreRow], open: Set<String>, isPlanned: Bool) {
    self.models = models
    self.scores = scores
    self.open = open
    self.isPlanned = isPlanned
  }
}
