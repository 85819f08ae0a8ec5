/// Hashes of a text by which rows are held against each other.
struct FoldedText: Hashable {
  /// Of the text letter by letter.
  let exact: UInt64
  /// Of what is left without case, punctuation and white space; signs and points of numbers stay.
  let folded: UInt64

  init(_ example: Example) {
    var exact = FNVHash()
    var folded = FNVHash()
    for part in [example.text, example.pair].compactMap(\.self) {
      let bytes = Array(part.utf8)
      for byte in bytes { exact.add(byte) }
      FoldedText.fold(bytes, part, into: &folded)
      // Where one text ends and its pair begins.
      exact.add(0xff)
      folded.add(0xff)
    }
    self.exact = exact.value
    self.folded = folded.hasLetters ? folded.value : exact.value
  }

  private static func fold(_ bytes: [UInt8], _ text: String, into hash: inout FNVHash) {
    guard bytes.allSatisfy({ $0 < 0x80 }) else { return fold(Array(text.unicodeScalars), into: &hash) }
    var isApart = false
    for (place, byte) in bytes.enumerated() {
      guard let kept = kept(byte, in: bytes, at: place) else {
        isApart = isApart || !isQuote(byte)
        continue
      }
      hash.add(word: &isApart, kept)
    }
  }

  /// The letter in lower case; nil for what separates or means nothing.
  private static func kept(_ byte: UInt8, in bytes: [UInt8], at place: Int) -> UInt8? {
    func isDigit(_ place: Int) -> Bool {
      bytes.indices.contains(place) && (0x30...0x39).contains(bytes[place])
    }
    switch byte {
    case 0x30...0x39, 0x61...0x7a: return byte
    case 0x41...0x5a: return byte | 0x20
    // What tells numbers and formulas apart.
    case UInt8(ascii: "."), UInt8(ascii: ","): return isDigit(place - 1) && isDigit(place + 1) ? byte : nil
    case UInt8(ascii: "-"):
      let next = bytes.indices.contains(place + 1) && bytes[place + 1] == 0x20 ? place + 2 : place + 1
      return isDigit(next) ? byte : nil
    default: return signs.contains(byte) ? byte : nil
    }
  }

  private static let signs = Set("$%+*/<>=^#@&".utf8)

  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "`")
  }

  /// The same for texts that hold other letters than ASCII has.
  private static func fold(_ scalars: [Unicode.Scalar], into hash: inout FNVHash) {
    var isApart = false
    let bytes = scalars.map { $0.isASCII ? UInt8($0.value) : 0x80 }
    for (place, scalar) in scalars.enumerated() {
      if scalar.isASCII {
        guard let kept = kept(bytes[place], in: bytes, at: place) else {
          isApart = isApart || !isQuote(bytes[place])
          continue
        }
        hash.add(word: &isApart, kept)
        continue
      }
      switch scalar.properties.generalCategory {
      case .initialPunctuation, .finalPunctuation: continue
      case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .otherPunctuation,
        .spaceSeparator, .lineSeparator, .paragraphSeparator, .control, .format, .unassigned, .privateUse,
        .surrogate:
        isApart = true
      default:
        for byte in scalar.properties.lowercaseMapping.utf8 { hash.add(word: &isApart, byte) }
      }
    }
  }
}

/// FNV-1a of 64 bits: quick, and the same on every machine.
struct FNVHash {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var hasLetters = false

  mutating func add(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01b3
  }

  /// Adds a letter, after a space where something stood between it and the one before.
  mutating func add(word isApart: inout Bool, _ byte: UInt8) {
    if isApart, hasLetters { add(0x20) }
    isApart = false
    hasLetters = true
    add(byte)
  }
}
