/// A map from byte strings to ids that looks whole keys up: open addressing over one array of all bytes.
struct ByteTable: Sendable {
  private struct Slot {
    var hash: UInt32
    /// One more than the entry; 0 for an empty slot.
    var entry: Int32
  }

  private var slots: [Slot]
  private let mask: Int
  private var ends: [Int32] = [0]
  private var values: [Int32] = []
  private var bytes: [UInt8] = []
  /// The length of the longest key.
  private(set) var longest = 0

  /// Makes a table; of equal keys the last stays.
  init(_ entries: [(key: [UInt8], value: Int32)]) {
    var size = 16
    while size < 2 * entries.count { size *= 2 }
    slots = [Slot](repeating: Slot(hash: 0, entry: 0), count: size)
    mask = size - 1
    bytes.reserveCapacity(entries.reduce(0) { $0 + $1.key.count })
    for entry in entries { insert(entry.key, entry.value) }
  }

  private mutating func insert(_ key: [UInt8], _ value: Int32) {
    let hash = Self.hash(key, 0..<key.count)
    if let index = find(key, 0..<key.count, hash) {
      values[index] = value
      return
    }
    bytes += key
    ends.append(Int32(bytes.count))
    values.append(value)
    longest = max(longest, key.count)
    var place = Int(hash) & mask
    while slots[place].entry != 0 { place = (place + 1) & mask }
    slots[place] = Slot(hash: hash, entry: Int32(values.count))
  }

  /// The value of the key that a part of a text is.
  @inline(__always)
  func value(_ text: [UInt8], _ part: Range<Int>) -> Int32? {
    if part.count > longest { return nil }
    return find(text, part, Self.hash(text, part)).map { values[$0] }
  }

  /// The value of a whole key.
  func value(_ key: [UInt8]) -> Int32? { value(key, 0..<key.count) }

  @inline(__always)
  private func find(_ text: [UInt8], _ part: Range<Int>, _ hash: UInt32) -> Int? {
    var place = Int(hash) & mask
    while slots[place].entry != 0 {
      if slots[place].hash == hash {
        let entry = Int(slots[place].entry) - 1
        let start = Int(ends[entry])
        if Int(ends[entry + 1]) - start == part.count {
          var index = 0
          while index < part.count, bytes[start + index] == text[part.lowerBound + index] { index += 1 }
          if index == part.count { return entry }
        }
      }
      place = (place + 1) & mask
    }
    return nil
  }

  /// FNV-1a, with its high bits folded in.
  @inline(__always)
  private static func hash(_ text: [UInt8], _ part: Range<Int>) -> UInt32 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for index in part { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01b3 }
    return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
  }
}
