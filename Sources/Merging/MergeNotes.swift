/// What a reader wants to know of a merge method beside its parameters.
///
/// T models with weights w_t and changes ΔW_t of rank r_t, (out, in); τ_t is the change of a whole model.
public struct MergeNotes: Sendable, Hashable {
  /// The merged change of a layer.
  public let formula: String
  /// In which space it works and what that costs.
  public let cost: String
  /// Values of its parameters that are usually tried.
  public let sweep: String?
  /// Where it differs on purpose from its paper and from other programs.
  public let differences: String?

  /// Makes notes.
  public init(formula: String = "", cost: String = "", sweep: String? = nil, differences: String? = nil) {
    self.formula = formula
    self.cost = cost
    self.sweep = sweep
    self.differences = differences
  }
}
