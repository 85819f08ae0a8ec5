/// Hommel's correction: the closed test procedure with Simes' inequality.
///
/// Source: Hommel 1988, Biometrika 75; the algorithm of Wright 1992, Biometrics 48. It rejects what Holm rejects and
/// sometimes more, but needs independent or positively dependent tests.
public enum Hommel {
  /// Adjusted p values.
  ///
  /// Cost: O(m²).
  public static func adjusted(_ values: [Double]) -> [Double] {
    let count = values.count
    guard count > 1 else { return values }
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    let sorted = order.map { values[$0] }
    let simes = (0..<count).map { Double(count) * sorted[$0] / Double($0 + 1) }.min() ?? 1
    var adjusted = [Double](repeating: simes, count: count)
    for m in stride(from: count - 1, to: 1, by: -1) {
      let split = count - m + 1
      // The m − 1 largest values with Simes' divisors 2 … m.
      let tail = (split..<count).map { Double(m) * sorted[$0] / Double($0 - split + 2) }.min() ?? 1
      for index in 0..<count {
        let candidate =
          index < split ? min(Double(m) * sorted[index], tail) : min(Double(m) * sorted[split - 1], tail)
        adjusted[index] = max(adjusted[index], candidate)
      }
    }
    var result = values
    for (rank, index) in order.enumerated() { result[index] = min(1, max(adjusted[rank], sorted[rank])) }
    return result
  }
}
