extension BlockFormat {
  static let q5With0 = BlockFormat(
    "Q5_0", 6, numbers: 32, bytes: 22,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 32 {
        let (start, first) = (22 * block, 32 * block)
        let scale = half(bytes, start)
        for i in 0..<16 {
          let pair = bytes[start + 6 + i]
          let low = Int32(pair & 15 | fifthBit(bytes, start + 2, i))
          let high = Int32(pair >> 4 | fifthBit(bytes, start + 2, i + 16))
          numbers[first + i] = scale * Float(low - 16)
          numbers[first + 16 + i] = scale * Float(high - 16)
        }
      }
    }, summary: "d·(q - 16), 5 bits a number, d for each 32")

  static let q5With1 = BlockFormat(
    "Q5_1", 7, numbers: 32, bytes: 24,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 32 {
        let (start, first) = (24 * block, 32 * block)
        let (scale, least) = (half(bytes, start), half(bytes, start + 2))
        for i in 0..<16 {
          let pair = bytes[start + 8 + i]
          numbers[first + i] = scale * Float(pair & 15 | fifthBit(bytes, start + 4, i)) + least
          numbers[first + 16 + i] = scale * Float(pair >> 4 | fifthBit(bytes, start + 4, i + 16)) + least
        }
      }
    }, summary: "d·q + m, 5 bits a number, d and m for each 32")

  /// The highest bit of number `i`, in its place: 32 of them stand before the lower ones.
  private static func fifthBit(_ bytes: Span<UInt8>, _ offset: Int, _ i: Int) -> UInt8 {
    (bytes[offset + i / 8] >> UInt8(i % 8) & 1) << 4
  }
}
