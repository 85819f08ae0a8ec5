public import Basics

/// The table of metrics.
public enum Metrics {
  /// All metrics, in the order of the documentation.
  public static let all = Catalog(
    "metric",
    [
      Metric.accuracy, .macroF1, .weightedF1, .matthews, .meanSquaredError, .rSquared, .pearson, .spearman,
      .entityF1, .tokenAccuracy, .microF1,
    ])
}
