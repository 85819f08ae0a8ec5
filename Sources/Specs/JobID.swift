/// The identity of a job: the first 128 bits of the SHA-256 of what it reads.
public struct JobID: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt64

  /// Reads 32 hexadecimal digits, as `hex` writes them; nil for any other text.
  public init?(hex: some StringProtocol) {
    var words: (UInt64, UInt64) = (0, 0)
    var count = 0
    for byte in hex.utf8 {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      default: return nil
      }
      if count < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
      count += 1
    }
    guard count == 32 else { return nil }
    (high, low) = words
  }

  /// Takes the first 16 bytes of a hash.
  init(digest: [UInt8]) {
    precondition(digest.count >= 16, "a hash of \(digest.count) bytes")
    high = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = digest[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The identity of that number, which no job has: what tests call their jobs.
  package init(number: UInt64) { (high, low) = (0, number) }

  /// What stands in the place of a job's identity until the job is planned.
  public static let none = JobID(number: 0)

  /// Reads the digits.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let id = JobID(hex: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is no job's identity")
    }
    self = id
  }

  /// Writes the digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  /// The order of the digits.
  public static func < (a: JobID, b: JobID) -> Bool { (a.high, a.low) < (b.high, b.low) }

  /// Bits of a hash need no further mixing.
  public func hash(into hasher: inout Hasher) { hasher.combine(low) }

  /// 32 hexadecimal digits.
  public var hex: String { String(decoding: digits, as: UTF8.self) }

  /// The digits in ASCII.
  var digits: [UInt8] {
    var digits: [UInt8] = []
    digits.reserveCapacity(32)
    for word in [high, low] {
      for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * place)) & 15
        digits.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
      }
    }
    return digits
  }

  /// The digits.
  public var description: String { hex }
}
