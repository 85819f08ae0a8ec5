/// Reads the scalar that starts at a byte of well-formed UTF-8, and its number of bytes.
@inline(__always)
func decodeScalar(_ text: [UInt8], at position: Int) -> (value: UInt32, length: Int) {
  let first = UInt32(text[position])
  if first < 0x80 { return (first, 1) }
  let second = UInt32(text[position + 1] & 0x3f)
  if first < 0xe0 { return ((first & 0x1f) << 6 | second, 2) }
  let third = UInt32(text[position + 2] & 0x3f)
  if first < 0xf0 { return ((first & 0x0f) << 12 | second << 6 | third, 3) }
  let fourth = UInt32(text[position + 3] & 0x3f)
  return ((first & 0x07) << 18 | second << 12 | third << 6 | fourth, 4)
}

/// Appends a scalar outside ASCII as UTF-8.
func appendScalar(_ value: UInt32, to output: inout [UInt8]) {
  func follow(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (value >> shift) & 0x3f) }
  if value < 0x800 {
    output.append(UInt8(0xc0 | value >> 6))
  } else if value < 0x10000 {
    output.append(UInt8(0xe0 | value >> 12))
    output.append(follow(6))
  } else {
    output.append(UInt8(0xf0 | value >> 18))
    output.append(follow(12))
    output.append(follow(6))
  }
  output.append(follow(0))
}
