/// Where the rows of a split come from: from the source, or, for validation that it lacks, from a share of the training data.
extension TaskSpec {
  /// Whether the source itself has a split, if only of no rows.
  public func holds(_ split: Split) -> Bool { rows(split) != nil }

  /// Whether the rows of a split are held back from the training data, which are then what is left of them.
  public func holdsBack(_ split: Split) -> Bool { split == .validation && !holds(.validation) }

  /// How many of some training rows become validation data.
  public func heldBack(of rows: Int) -> Int {
    holdsBack(.validation) ? Int((Double(rows) * validationFraction).rounded()) : 0
  }

  /// Whether there are rows of a split, of its own or held back.
  public func has(_ split: Split) -> Bool {
    holdsBack(split) ? has(.train) && validationFraction > 0 : rows(split) ?? 0 > 0
  }

  /// Rows of the source, those of a file counted as one; nil where it has no such split.
  private func rows(_ split: Split) -> Int? {
    switch source {
    case .files(let files): files[split.rawValue].map { _ in 1 }
    case .generated(let spec): spec.rows[split.rawValue]
    }
  }
}
