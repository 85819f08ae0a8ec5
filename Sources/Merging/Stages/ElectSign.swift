/// Electing one sign per entry.
enum ElectSign {
  /// Σ w_t·d_t per entry: its sign is the elected one, zero counts as positive. All d_t have one length.
  ///
  /// Source: Yadav et al. 2023, arXiv:2306.01708, section 3 (elect). The original gives a zero sum the majority's sign
  /// of the whole model; mergekit and PEFT give it +, as here.
  static func sums(_ deltas: [[Float]], _ weights: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: deltas.first?.count ?? 0)
    for (delta, weight) in zip(deltas, weights) { add(delta, weight, &sums) }
    return sums
  }

  private static func add(_ delta: [Float], _ weight: Double, _ sums: inout [Double]) {
    for i in 0..<sums.count { sums[i] += weight * Double(delta[i]) }
  }
}

/// Combining the entries that agree with the elected sign.
enum Combine {
  /// Adds w·d to `sum` and `part` to `share` where sign·d has the sign of `elected`; an exact zero never agrees.
  static func addAgreeing(
    _ delta: [Float], weight: Double, sign: Float, part: Double, elected: [Double], _ sum: inout [Double],
    _ share: inout [Double]
  ) {
    for i in 0..<sum.count {
      let value = delta[i]
      let directed = sign * value
      let agrees = elected[i] >= 0 ? directed > 0 : directed < 0
      sum[i] += agrees ? weight * Double(value) : 0
      share[i] += agrees ? part : 0
    }
  }
}
