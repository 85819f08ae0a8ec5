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

  /// Those that measure a form of targets.
  public static func measuring(_ form: Target.Form) -> [Metric] {
    all.entries.filter { $0.forms.contains(form) }
  }
}
