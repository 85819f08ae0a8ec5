/// Electing one sign per entry.
enum ElectSign {
  /// The sign of Σ w_t·d_t per entry as ±1; zero counts as positive.
  ///
  /// All d_t have one length. Source: Yadav et al. 2023, arXiv:2306.01708, section 3 (elect). The original gives a zero sum the majority's sign
  /// of the whole model; mergekit and PEFT give it +, as here. Sums in Double: no order of the models changes a sign.
  static func signs(_ deltas: [[Float]], _ weights: [Double]) -> [Float] {
    var sums = [Double](repeating: 0, count: deltas.first?.count ?? 0)
    var span = sums.mutableSpan
    for (delta, weight) in zip(deltas, weights) { add(delta.span, weight, &span) }
    return sums.map { $0 >= 0 ? 1 : -1 }
  }

  private static func add(_ delta: Span<Float>, _ weight: Double, _ sums: inout MutableSpan<Double>) {
    for i in 0..<sums.count { sums[i] += weight * Double(delta[i]) }
  }
}

/// Combining the entries that agree with the elected sign.
enum Combine {
  /// Adds w·d to `sum` and `part` to `share` where sign·d has the elected sign; an exact zero never agrees.
  static func addAgreeing(
    _ delta: Span<Float>, weight: Double, sign: Float, part: Double, elected: Span<Float>,
    _ sum: inout MutableSpan<Double>, _ share: inout MutableSpan<Double>
  ) {
    for i in 0..<sum.count {
      let agrees: Double = sign * delta[i] * elected[i] > 0 ? 1 : 0
      sum[i] += agrees * weight * Double(delta[i])
      share[i] += agrees * part
    }
  }
}
