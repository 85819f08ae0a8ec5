/// Blocks of 256 numbers, whose scales are quantised themselves.
extension BlockFormat {
  static let q4K = BlockFormat(
    "Q4_K", 12, numbers: 256, bytes: 144,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 256 {
        let start = 144 * block
        // 32 bytes hold two parts of 32 numbers: the lower four bits the first one.
        for part in 0..<8 {
          let (scale, least) = scales(bytes, start, part)
          let first = 256 * block + 32 * part
          for i in 0..<32 {
            let pair = bytes[start + 16 + 32 * (part / 2) + i]
            numbers[first + i] = scale * Float(pair >> UInt8(4 * (part % 2)) & 15) - least
          }
        }
      }
    }, summary: "d·s·q - m·t, 4 bits a number, 6 bits s and t for each 32, d and m for each 256")

  static let q5K = BlockFormat(
    "Q5_K", 13, numbers: 256, bytes: 176,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 256 {
        let start = 176 * block
        for part in 0..<8 {
          let (scale, least) = scales(bytes, start, part)
          let first = 256 * block + 32 * part
          for i in 0..<32 {
            let low = bytes[start + 48 + 32 * (part / 2) + i] >> UInt8(4 * (part % 2)) & 15
            let high = (bytes[start + 16 + i] >> UInt8(part) & 1) << 4
            numbers[first + i] = scale * Float(low | high) - least
          }
        }
      }
    }, summary: "d·s·q - m·t, 5 bits a number, 6 bits s and t for each 32, d and m for each 256")

  static let q6K = BlockFormat(
    "Q6_K", 14, numbers: 256, bytes: 210,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 256 {
        let start = 210 * block
        let scale = half(bytes, start + 208)
        // A half of 128 numbers has 64 bytes of lower and 32 of upper bits, a quarter of it a shift of its own.
        for part in 0..<8 {
          let (halfBlock, quarter) = (part / 4, part % 4)
          let first = 256 * block + 32 * part
          for i in 0..<32 {
            let pair = bytes[start + 64 * halfBlock + 32 * (quarter % 2) + i]
            let low = pair >> UInt8(4 * (quarter / 2)) & 15
            let high = (bytes[start + 128 + 32 * halfBlock + i] >> UInt8(2 * quarter) & 3) << 4
            let own = scale * Float(Int8(bitPattern: bytes[start + 192 + 2 * part + i / 16]))
            numbers[first + i] = own * Float(Int32(low | high) - 32)
          }
        }
      }
    }, summary: "d·s·(q - 32), 6 bits a number, 8 bits s for each 16, d for each 256")

  /// Scale and least number of a part of a block: d and m, and 12 bytes with eight pairs of six bits.
  private static func scales(_ bytes: Span<UInt8>, _ start: Int, _ part: Int) -> (scale: Float, least: Float)
  {
    let packed = start + 4
    let pair: (UInt8, UInt8)
    if part < 4 {
      pair = (bytes[packed + part] & 63, bytes[packed + 4 + part] & 63)
    } else {
      // The later four have their lower bits in the last bytes, the upper two where the earlier ones leave room.
      let low = bytes[packed + 4 + part]
      pair = (
        low & 15 | bytes[packed + part - 4] >> 2 & 48, low >> 4 | bytes[packed + part] >> 2 & 48
      )
    }
    return (half(bytes, start) * Float(pair.0), half(bytes, start + 2) * Float(pair.1))
  }
}
