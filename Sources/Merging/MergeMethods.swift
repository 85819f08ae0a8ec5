public import Basics

/// The table of merge methods; a new one is a file in `Methods` and a line here.
public enum MergeMethods {
  /// All rows, in the order of the documentation.
  public static let all = Catalog(
    "merge method",
    [
      MergeMethod.linear, .taskArithmetic, .metaGPT, .lines, .modelStock, .fedAvg,
      .slerp, .nuSLERP, .multiSLERP, .karcher,
      .ties, .svd, .tsvM,
    ])
}
