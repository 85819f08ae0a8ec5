/// Benjamini and Hochberg's correction, which bounds the share of false findings among the findings.
///
/// Source: Benjamini and Hochberg 1995, J. Royal Statist. Soc. B 57.
public enum BenjaminiHochberg {
  /// q₍ᵢ₎ = min over j ≥ i of min(1, m·p₍ⱼ₎/j).
  ///
  /// Valid for independent and for positively dependent tests. Cost: O(m log m).
  public static func adjusted(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var result = values
    var smallest = 1.0
    for (rank, index) in order.enumerated().reversed() {
      smallest = min(smallest, Double(values.count) * values[index] / Double(rank + 1))
      result[index] = smallest
    }
    return result
  }
}
