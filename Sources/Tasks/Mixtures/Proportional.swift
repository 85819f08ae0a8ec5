internal import Specs

extension MixtureRule {
  /// By size up to a cap: p ∝ min(n, K).
  ///
  /// Source: Raffel et al. 2019, arXiv:1910.10683, section 3.5.2, examples-proportional mixing.
  static let proportional = MixtureRule(
    "proportional", "by size, no task counting for more than the cap", parameters: ["cap"],
    needs: ["cap"]
  ) { sizes, _, spec in
    try capped(sizes, at: try needed(spec.cap, "cap", of: "proportional"))
  }
}
