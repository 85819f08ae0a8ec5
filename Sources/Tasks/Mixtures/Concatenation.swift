extension MixtureRule {
  /// All training data in one pot: p = n ÷ Σn, and each epoch draws every example once.
  ///
  /// Source: Brief et al. 2024, arXiv:2410.01109, the cocktail.
  static let concatenation = MixtureRule(
    "concatenation", "all training data in one pot, shuffled", drawsByRate: false
  ) { sizes, _, _ in
    sizes.map(Double.init)
  }
}
