/// Numbers as people write them.
extension Double {
  /// A finite number in plain decimal: digits with a sign, a point and an exponent, and nothing else.
  ///
  /// Swift's own reader takes `0x1A`, `inf` and `nan` as well.
  public init?(decimal text: String) {
    let isPlain = text.utf8.allSatisfy { (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }
    guard isPlain, let number = Double(text), number.isFinite else { return nil }
    self = number
  }
}
