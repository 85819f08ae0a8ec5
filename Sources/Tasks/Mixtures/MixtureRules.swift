public import Basics

/// The table of sampling rules.
public enum MixtureRules {
  /// All rules, in the order of the documentation.
  public static let all = Catalog(
    "sampling rule", [MixtureRule.concatenation, .equal, .weights, .proportional, .temperature])
}
