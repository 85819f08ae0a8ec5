/// A malformed place in a JSON text.
struct JSONProblem: Error {
  var what: String
  /// Bytes before the place.
  var offset: Int
}

/// Reads one JSON value (RFC 8259) from bytes.
///
/// Written here instead of taking Foundation's decoder: that one hides the column of a mistake, forgets
/// how a number was written and is several times slower on small lines.
struct JSONScanner {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  /// Deeper nesting is refused before the stack ends.
  private static let deepest = 64

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The keys and values of the one object that the text holds.
  mutating func object() throws(JSONProblem) -> (names: [String], fields: [Field]) {
    skipSpace()
    guard peek() == UInt8(ascii: "{") else { throw problem("expected '{'") }
    var names: [String] = []
    var fields: [Field] = []
    try members(depth: 1) { (name, field) throws(JSONProblem) in
      names.append(name)
      fields.append(field)
    }
    skipSpace()
    guard peek() == nil else { throw problem("text after the object") }
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw JSONProblem(what: "key '\(name)' stands twice", offset: 0)
    }
    return (names, fields)
  }

  private mutating func members(
    depth: Int, _ take: (String, Field) throws(JSONProblem) -> Void
  ) throws(JSONProblem) {
    position += 1
    skipSpace()
    if skip(UInt8(ascii: "}")) { return }
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw problem("expected a key in double quotes") }
      let name = try string()
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw problem("expected ':' after key '\(name)'") }
      try take(name, try value(depth: depth))
      skipSpace()
      if skip(UInt8(ascii: "}")) { return }
      guard skip(UInt8(ascii: ",")) else { throw problem("expected ',' or '}'") }
    }
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> Field {
    guard depth < JSONScanner.deepest else { throw problem("nested too deeply") }
    skipSpace()
    guard let byte = peek() else { throw problem("the text ends early") }
    switch byte {
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "["): return .list(try list(depth: depth + 1))
    case UInt8(ascii: "{"):
      try members(depth: depth + 1) { (_, _) throws(JSONProblem) in }
      return .object
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default:
      if skip(word: "true") { return .flag(true) }
      if skip(word: "false") { return .flag(false) }
      if skip(word: "null") { return .null }
      throw problem("expected a value")
    }
  }

  private mutating func list(depth: Int) throws(JSONProblem) -> [Field] {
    position += 1
    var fields: [Field] = []
    skipSpace()
    if skip(UInt8(ascii: "]")) { return fields }
    while true {
      fields.append(try value(depth: depth))
      skipSpace()
      if skip(UInt8(ascii: "]")) { return fields }
      guard skip(UInt8(ascii: ",")) else { throw problem("expected ',' or ']'") }
    }
  }

  private mutating func number() throws(JSONProblem) -> String {
    let start = position
    _ = skip(UInt8(ascii: "-"))
    let leadingZero = peek() == UInt8(ascii: "0")
    let whole = skipDigits()
    guard whole > 0, whole == 1 || !leadingZero else { throw problem("malformed number", at: start) }
    if skip(UInt8(ascii: ".")), skipDigits() == 0 { throw problem("malformed number", at: start) }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      _ = skip(UInt8(ascii: "-")) || skip(UInt8(ascii: "+"))
      if skipDigits() == 0 { throw problem("malformed number", at: start) }
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func string() throws(JSONProblem) -> String {
    let start = position
    position += 1
    let body = position
    while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    var plain = bytes[body..<position]
    guard peek() != UInt8(ascii: "\"") else {
      position += 1
      return String(decoding: plain, as: UTF8.self)
    }
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: plain, as: UTF8.self)
      case UInt8(ascii: "\\"): plain.append(contentsOf: try escape())
      case ..<0x20: throw problem("a control character in a string; write it as an escape")
      default:
        plain.append(byte)
        position += 1
      }
    }
    throw problem("a string without its closing quote", at: start)
  }

  private mutating func escape() throws(JSONProblem) -> [UInt8] {
    let start = position
    position += 1
    let letters: [UInt8: UInt8] = [
      UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c, UInt8(ascii: "/"): 0x2f, UInt8(ascii: "b"): 8,
      UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    guard let letter = peek() else { throw problem("the text ends early") }
    position += 1
    if let byte = letters[letter] { return [byte] }
    guard letter == UInt8(ascii: "u") else { throw problem("unknown escape", at: start) }
    let unit = try codeUnit()
    guard (0xd800..<0xe000).contains(unit) else { return Array(String(scalar(unit)).utf8) }
    // A pair of surrogates is one scalar; a lone one has no meaning and becomes U+FFFD as elsewhere.
    let behind = position
    guard unit < 0xdc00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) else {
      position = behind
      return Array("\u{fffd}".utf8)
    }
    let second = try codeUnit()
    guard (0xdc00..<0xe000).contains(second) else {
      position = behind
      return Array("\u{fffd}".utf8)
    }
    return Array(String(scalar(0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00))).utf8)
  }

  private func scalar(_ value: UInt32) -> Character {
    Character(Unicode.Scalar(value) ?? "\u{fffd}")
  }

  private mutating func codeUnit() throws(JSONProblem) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.endIndex)]
    guard digits.count == 4, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16),
      digits.first != UInt8(ascii: "+")
    else { throw problem("expected four hexadecimal digits") }
    position += 4
    return unit
  }

  private func peek() -> UInt8? {
    position < bytes.endIndex ? bytes[position] : nil
  }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    position += 1
    return true
  }

  private mutating func skip(word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
    return position - start
  }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a { position += 1 }
  }

  private func problem(_ what: String, at place: Int? = nil) -> JSONProblem {
    JSONProblem(what: what, offset: (place ?? position) - bytes.startIndex)
  }
}
