/// Holm's step-down correction for many comparisons.
///
/// Source: Holm 1979, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
/// Statistics 6.
public enum Holm {
  /// p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎) for the m values that are there; nil stays nil and
  /// does not count.
  ///
  /// It bounds the chance of any false finding in the family, whatever the dependence. Cost: O(m log m).
  public static func adjusted(_ values: [Double?]) -> [Double?] {
    let present = values.enumerated().compactMap { index, p in p.map { (index: index, p: $0) } }
    let ordered = present.sorted { ($0.p, $0.index) < ($1.p, $1.index) }
    var result = [Double?](repeating: nil, count: values.count)
    var largest = 0.0
    for (rank, item) in ordered.enumerated() {
      largest = max(largest, min(1, Double(ordered.count - rank) * item.p))
      result[item.index] = largest
    }
    return result
  }
}
