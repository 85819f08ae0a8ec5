/// A part of a task's validation rows: what merges fit on chooses nothing.
public struct ValidationPart: Sendable, Hashable, Codable {
  /// The share that merges fit on, by class.
  public var fitFraction: Double
  /// Whether the rows are those, or those that choose.
  public var isFit: Bool

  /// Makes a part.
  public init(fitFraction: Double, isFit: Bool) {
    self.fitFraction = fitFraction
    self.isFit = isFit
  }

  /// How many of some validation rows the part has; of two and more each part has one.
  public func count(of rows: Int) -> Int {
    let fit = min(max(0, rows - 1), max(min(1, rows), Int((Double(rows) * fitFraction).rounded())))
    return isFit ? fit : rows - fit
  }
}
