/// What the register is told before any result is looked at.
package struct ContrastSettings: Sendable, Hashable {
  /// The chance of any false finding in a family.
  package var alpha = 0.05
  /// What a family's mean gets of it at first; its tasks have the rest.
  package var meanShare = 0.8
  /// Two recipes within it are as good as equal, on the metric's scale; nil where the manifest sets none.
  package var margin: Double?
  /// The power that detectable differences and needs are told for.
  package var power = 0.8

  /// The defaults.
  package init(margin: Double? = nil) { self.margin = margin }
}
