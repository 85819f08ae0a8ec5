/// Floats of 16 bits as checkpoints store them.
public enum NumberFormat: Sendable {
  /// IEEE 754 half: 1 sign, 5 exponent, 10 fraction bits.
  case float16
  /// The upper half of a Float: 1 sign, 8 exponent, 7 fraction bits.
  case bfloat16

  /// The Float with the same value; exact for every pattern.
  public func float(_ bits: UInt16) -> Float {
    switch self {
    case .float16: Float(Float16(bitPattern: bits))
    case .bfloat16: Float(bitPattern: UInt32(bits) << 16)
    }
  }

  /// The nearest pattern, halves to even.
  public func bits(_ value: Float) -> UInt16 {
    switch self {
    case .float16: return Float16(value).bitPattern
    case .bfloat16:
      if value.isNaN { return UInt16(truncatingIfNeeded: value.bitPattern >> 16) | 0x40 }
      let bits = value.bitPattern
      return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
    }
  }
}
