package import LinearAlgebra

/// Distances of two tokens in 32 buckets: near ones have one each, far ones share them by their logarithm up to 128, and both
/// directions have their own.
///
/// Source: Raffel et al. 2020, arXiv:1910.10683, section 2.1; the usual numbers of T5 and MPNet.
package enum RelativeDistances {
  /// Buckets of both directions together.
  package static let buckets = 32

  /// The bucket of a key that stands `offset` places behind its query; negative: before it.
  package static func bucket(_ offset: Int) -> Int {
    let direction = offset > 0 ? buckets / 2 : 0
    let distance = Int(offset.magnitude)
    if distance < 8 { return direction + distance }
    // 8 + ⌊8 · log(n ÷ 8) ÷ log 16⌋ is 2 + ⌊log₂ n²⌋, and whole numbers round nowhere.
    let octaves = Int.bitWidth - 1 - (distance * distance).leadingZeroBitCount
    return direction + min(buckets / 2 - 1, 2 + octaves)
  }

  /// What is added to scores by distance, for rows of at most M tokens.
  ///
  /// - Parameters:
  ///   - biases: (32, H).
  ///   - table: (H, 2M − 1), filled: column M − 1 + offset.
  package static func spread(_ biases: Matrix, into table: Matrix) {
    let middle = table.columns / 2
    for column in 0..<table.columns {
      let bucket = bucket(column - middle)
      for head in 0..<table.rows { table[head, column] = biases[bucket, head] }
    }
  }

  /// The gradient by the biases, (32, H), from that by the table; accumulated.
  package static func gather(_ dtable: Matrix, into dbiases: Matrix) {
    let middle = dtable.columns / 2
    for column in 0..<dtable.columns {
      let bucket = bucket(column - middle)
      for head in 0..<dtable.rows { dbiases[bucket, head] += dtable[head, column] }
    }
  }
}
