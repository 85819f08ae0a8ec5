internal import LinearAlgebra

/// The name of the stream from which a model draws at a site, made of its factors.
///
/// So neither its place among the models nor who else is merged changes what it draws, and a model that stands twice
/// draws the same twice. The factor α/r is not in it: a change that is merely larger draws the same.
enum DrawName {
  /// Sixteen hexadecimal digits of the bits of A and of B as floats, row by row; "none" of a model without the site.
  ///
  /// Each number u: h ← (h ⊕ u)·0x9fb21c651e98df25, h ← h ⊕ h ≫ 32. Cost: two nanoseconds a number.
  static func of(_ delta: LowRank?) -> String {
    guard let delta else { return "none" }
    var hash: UInt64 = 0
    for factor in [delta.a, delta.b] { mix(factor.floats, into: &hash) }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private static func mix(_ numbers: [Float], into hash: inout UInt64) {
    for number in numbers {
      hash = (hash ^ UInt64(number.bitPattern)) &* 0x9fb2_1c65_1e98_df25
      hash ^= hash >> 32
    }
  }
}
