extension BlockFormat {
  static let q4With0 = BlockFormat(
    "Q4_0", 2, numbers: 32, bytes: 18,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 32 {
        let (start, first) = (18 * block, 32 * block)
        let scale = half(bytes, start)
        for i in 0..<16 {
          let pair = bytes[start + 2 + i]
          numbers[first + i] = scale * Float(Int32(pair & 15) - 8)
          numbers[first + 16 + i] = scale * Float(Int32(pair >> 4) - 8)
        }
      }
    }, summary: "d·(q - 8), 4 bits a number, d for each 32")

  static let q4With1 = BlockFormat(
    "Q4_1", 3, numbers: 32, bytes: 20,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 32 {
        let (start, first) = (20 * block, 32 * block)
        let (scale, least) = (half(bytes, start), half(bytes, start + 2))
        for i in 0..<16 {
          let pair = bytes[start + 4 + i]
          numbers[first + i] = scale * Float(pair & 15) + least
          numbers[first + 16 + i] = scale * Float(pair >> 4) + least
        }
      }
    }, summary: "d·q + m, 4 bits a number, d and m for each 32")
}
