internal import LinearAlgebra

/// Numbers that are about to be written to a checkpoint.
enum WrittenNumbers {
  /// What keeps numbers from being written as they are.
  enum Excess {
    /// NaN or infinity.
    case notFinite
    /// Beyond the largest number of the format.
    case tooLarge
  }

  /// What of a block whose rows lie end to end has no number near it in a format; nil where all have.
  static func excess(of block: Matrix, in format: StoredFloats.Format) -> Excess? {
    let largest = block.withSpan { largestMagnitude($0) }
    // Above the largest finite number of 16 bits and its half step.
    let limit = format == .float16 ? Float(65_520).bitPattern : Float.infinity.bitPattern
    guard largest >= limit else { return nil }
    return largest >= Float.infinity.bitPattern ? .notFinite : .tooLarge
  }

  /// Bits of the largest magnitude; those of NaN are above those of infinity.
  private static func largestMagnitude(_ numbers: Span<Float>) -> UInt32 {
    var largest: UInt32 = 0
    for i in 0..<numbers.count { largest = max(largest, numbers[i].bitPattern & 0x7fff_ffff) }
    return largest
  }
}
