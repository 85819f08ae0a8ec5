extension MixtureRule {
  /// The same share for each task, whatever its size: p = 1 ÷ T.
  static let equal = MixtureRule("equal", "the same share for each task") { sizes, _, _ in
    sizes.map { _ in 1 }
  }
}
