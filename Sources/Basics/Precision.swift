/// The numbers that products with frozen weights read; sums, and all that is trained, are single precision either way.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// IEEE 754, 32 bits.
  case float32
  /// The upper half of a 32-bit float: activations and frozen weights are rounded to eight significant bits.
  case bfloat16
}
