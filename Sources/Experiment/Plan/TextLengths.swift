/// The lengths in tokens of some rows of a split, special tokens counted.
struct TextLengths: Sendable {
  private let sample: [Double]

  /// Of a sample; of one usual length where it is empty.
  init(_ sample: [Int], otherwise usual: Double) {
    self.sample = sample.isEmpty ? [usual] : sample.map(Double.init)
  }

  /// The mean over rows that are cut to so many tokens.
  func mean(cutTo most: Int) -> Double { moment(cutTo: most) { $0 } }

  /// The mean of the squares, which attention costs.
  func meanSquare(cutTo most: Int) -> Double { moment(cutTo: most) { $0 * $0 } }

  private func moment(cutTo most: Int, _ power: (Double) -> Double) -> Double {
    sample.reduce(0) { $0 + power(min($1, Double(most))) } / Double(sample.count)
  }
}
