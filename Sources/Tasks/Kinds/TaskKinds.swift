public import Basics
public import Specs

/// The table of kinds of task.
public enum TaskKinds {
  /// All kinds, in the order of the documentation.
  public static let all = Catalog(
    "kind of task", [TaskKindRow.classification, .multilabel, .regression, .tagging])

  /// The row of a kind that was read from a manifest or a spec.
  public static func row(of kind: TaskKind) -> TaskKindRow {
    guard let row = all.entries.first(where: { $0.outline.kind == kind }) else {
      preconditionFailure("no kind of task '\(kind)'")
    }
    return row
  }
}
