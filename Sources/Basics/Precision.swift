/// The numbers that products with frozen weights read; sums, and all that the optimiser steps, are single precision either way.
public enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  /// IEEE 754, 32 bits.
  case float32
  /// The upper half of a 32-bit float: activations, frozen weights, and factors where they meet either, are rounded to eight
  /// significant bits.
  case bfloat16
}
