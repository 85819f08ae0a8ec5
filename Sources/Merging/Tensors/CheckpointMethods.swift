public import Basics

/// The table of methods that merge full checkpoints; a new one is a file in `Tensors/Methods` and a line here.
public enum CheckpointMethods {
  /// All rows, in the order of the documentation.
  public static let all = Catalog<CheckpointMethod>(
    "merge method of checkpoints",
    [
      .passthrough, .linear, .taskArithmetic, .modelStock,
      .slerp, .nuSLERP, .multiSLERP, .karcher,
      .ties, .dareLinear, .dareTIES, .della, .dellaLinear, .breadcrumbs, .breadcrumbsTIES,
      .sce, .ram, .ramPlus, .magMax, .nearSwap, .arceeFusion,
    ])

  /// The row of that name; a name with `@mergekit` is the row before the `@`, which has that meaning here anyway.
  ///
  /// - Throws: a `Diagnostic` which says of a method for adapters that it is one.
  public static func row(named name: String, at place: Place? = nil) throws(Diagnostic) -> CheckpointMethod {
    let plain = name.hasSuffix("@mergekit") ? String(name.dropLast("@mergekit".count)) : name
    if let row = all.entries.first(where: { $0.name == plain }) { return row }
    guard MergeMethods.all.names.contains(name) else {
      throw Diagnostic(
        "unknown merge method '\(name)'", at: place, hint: suggestion(for: name, among: all.names))
    }
    if let plain = name.split(separator: "@").first.map(String.init), plain != name, all.names.contains(plain)
    {
      throw Diagnostic(
        "'\(name)' is for adapters: methods of checkpoints have mergekit's meaning", at: place,
        hint: "write \(plain), or merge adapters")
    }
    throw Diagnostic(
      "method '\(name)' merges adapters only", at: place,
      hint: "for checkpoints there are: \(all.names.joined(separator: ", "))")
  }
}
