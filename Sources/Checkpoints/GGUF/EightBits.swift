extension BlockFormat {
  static let q8With0 = BlockFormat(
    "Q8_0", 8, numbers: 32, bytes: 34,
    .blocks { bytes, numbers in
      for block in 0..<numbers.count / 32 {
        let (start, first) = (34 * block, 32 * block)
        let scale = half(bytes, start)
        for i in 0..<32 { numbers[first + i] = scale * Float(Int8(bitPattern: bytes[start + 2 + i])) }
      }
    }, summary: "d·q, 8 bits a number, d for each 32")
}
