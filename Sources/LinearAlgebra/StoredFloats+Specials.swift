extension StoredFloats {
  /// How many numbers are NaN or infinite, read as floats; in blocks, as a tensor may be larger than memory.
  public var specials: Int {
    let size = max(1, min(count, 1 << 16))
    let block = Matrix(rows: 1, columns: size)
    var specials = 0
    for start in stride(from: 0, to: count, by: size) {
      let part = block.columns(0..<min(size, count - start))
      read(from: start, into: part)
      specials += part.withSpan { StoredFloats.specials($0) }
    }
    return specials
  }

  /// A count instead of an early end, so that the loop is a vector one.
  private static func specials(_ numbers: Span<Float>) -> Int {
    let exponent: UInt32 = 0x7f80_0000
    var count: UInt32 = 0
    for i in 0..<numbers.count { count &+= numbers[i].bitPattern & exponent == exponent ? 1 : 0 }
    return Int(count)
  }
}
