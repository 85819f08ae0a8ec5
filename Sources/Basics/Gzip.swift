/// gzip's format, for files that are kept and read by other programs.
///
/// DEFLATE with matches found by a hash of three bytes and the code that RFC 1951 fixes: no dependency, some way behind zlib
/// in size, and the same bytes on every machine and in every version, so that a table that did not change is no change.
package enum Gzip {
  /// A file of one member without name and time (RFC 1952).
  ///
  /// Cost: O(bytes), some 30 MB a second.
  package static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var file: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]
    file += deflated(bytes)
    for word in [checksum(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
      for shift in [0, 8, 16, 24] as [UInt32] { file.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return file
  }

  /// CRC-32 of IEEE 802.3.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in (sum >> 8) ^ remainders[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] }
  }

  private static let remainders: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? (value >> 1) ^ 0xedb8_8320 : value >> 1 }
  }

  /// One block with the fixed code.
  private static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var bits = BitWriter()
    bits.write(1, 1)
    bits.write(1, 2)
    var finder = MatchFinder(bytes)
    var place = 0
    while place < bytes.count {
      if let match = finder.match(at: place) {
        bits.write(length: match.length)
        bits.write(distance: match.distance)
        for step in 1..<match.length { finder.pass(place + step) }
        place += match.length
      } else {
        bits.write(symbol: Int(bytes[place]))
        place += 1
      }
    }
    bits.write(symbol: 256)
    return bits.finished
  }
}

/// Earlier places of the same three bytes, the nearest first.
private struct MatchFinder {
  private static let window = 32768
  private static let tries = 32
  private static let longest = 258

  private let bytes: [UInt8]
  private var last = [Int32](repeating: -1, count: 1 << 15)
  private var before: [Int32]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    before = [Int32](repeating: -1, count: bytes.count)
  }

  /// The longest match of three bytes and more that begins here, and notes the place.
  mutating func match(at place: Int) -> (length: Int, distance: Int)? {
    guard place + 3 <= bytes.count else { return nil }
    var best: (length: Int, distance: Int)?
    let most = min(Self.longest, bytes.count - place)
    var candidate = Int(last[hash(place)])
    for _ in 0..<Self.tries where candidate >= 0 && place - candidate <= Self.window {
      var length = 0
      while length < most, bytes[candidate + length] == bytes[place + length] { length += 1 }
      if length >= 3, length > best?.length ?? 0 { best = (length, place - candidate) }
      if length == most { break }
      candidate = Int(before[candidate])
    }
    note(place)
    return best
  }

  /// Goes over a place inside a match.
  mutating func pass(_ place: Int) {
    if place + 3 <= bytes.count { note(place) }
  }

  private mutating func note(_ place: Int) {
    let key = hash(place)
    before[place] = last[key]
    last[key] = Int32(place)
  }

  private func hash(_ place: Int) -> Int {
    let word = UInt32(bytes[place]) << 16 | UInt32(bytes[place + 1]) << 8 | UInt32(bytes[place + 2])
    return Int((word &* 0x9e37_79b1) >> 17)
  }
}

/// Bits from the lowest of each byte on.
private struct BitWriter {
  private var bytes: [UInt8] = []
  private var word: UInt32 = 0
  private var count: UInt32 = 0

  var finished: [UInt8] { count > 0 ? bytes + [UInt8(truncatingIfNeeded: word)] : bytes }

  /// A number, its lowest bit first.
  mutating func write(_ value: Int, _ width: Int) {
    word |= UInt32(value) << count
    count += UInt32(width)
    while count >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: word))
      word >>= 8
      count -= 8
    }
  }

  /// A code, its highest bit first.
  private mutating func write(code: Int, _ width: Int) {
    write((0..<width).reduce(0) { $0 | ((code >> $1) & 1) << (width - 1 - $1) }, width)
  }

  /// A byte, the end (256) or the first part of a length (RFC 1951, 3.2.6).
  mutating func write(symbol: Int) {
    switch symbol {
    case ..<144: write(code: 0x30 + symbol, 8)
    case ..<256: write(code: 0x190 + symbol - 144, 9)
    case ..<280: write(code: symbol - 256, 7)
    default: write(code: 0xc0 + symbol - 280, 8)
    }
  }

  /// 3 to 258 (RFC 1951, 3.2.5): each symbol stands for a range, whose place is told in further bits.
  mutating func write(length: Int) {
    if length == 258 { return write(symbol: 285) }
    let rest = length - 3
    let extra = rest < 8 ? 0 : Int.bitWidth - rest.leadingZeroBitCount - 3
    write(symbol: 257 + 4 * extra + rest >> extra)
    write(rest & (1 << extra - 1), extra)
  }

  /// 1 to 32768.
  mutating func write(distance: Int) {
    let rest = distance - 1
    let extra = rest < 4 ? 0 : Int.bitWidth - rest.leadingZeroBitCount - 2
    write(code: 2 * extra + rest >> extra, 5)
    write(rest & (1 << extra - 1), extra)
  }
}
