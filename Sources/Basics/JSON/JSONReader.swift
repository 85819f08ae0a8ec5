extension JSON {
  /// Reads a document that fills a file.
  ///
  /// All of RFC 8259 and nothing else is read, in every kind of file alike:
  /// - a name that stands twice in one object (byte for byte) is an error: one of the two values would be lost;
  /// - `01`, `+1`, `.5`, `NaN` and bare control characters are errors, as is text behind the value;
  /// - half of a surrogate pair (`\ud83d` alone) becomes U+FFFD: texts that were cut inside an emoji hold it, a row of
  ///   data must not be lost for it, and there is no other way to write it as UTF-8;
  /// - a byte order mark is passed over.
  ///
  /// - Throws: a `Diagnostic` with line and column in `file`.
  public init(_ bytes: [UInt8], file: String) throws(Diagnostic) {
    var reader = JSONReader(bytes, in: bytes.indices)
    do { self = try reader.document() } catch { throw error.diagnostic(in: file, bytes) }
  }

  /// Where the values of an object's members stand in its text, for whoever replaces one and keeps the rest as it is.
  ///
  /// - Throws: as reading the document does.
  public static func memberRanges(
    _ bytes: [UInt8], file: String
  ) throws(Diagnostic) -> [ExactText: Range<Int>] {
    var reader = JSONReader(bytes, in: bytes.indices, notesRanges: true)
    do { _ = try reader.document() } catch { throw error.diagnostic(in: file, bytes) }
    return reader.outerMembers
  }

  /// Reads the object that fills a part of some bytes: a line of a file.
  ///
  /// - Throws: what is wrong, and where in the bytes.
  public static func object(
    _ bytes: [UInt8], in part: Range<Int>
  ) throws(JSONProblem) -> Object {
    var reader = JSONReader(bytes, in: part)
    return try reader.outerObject()
  }
}

/// A mistake in a JSON text.
public struct JSONProblem: Error {
  /// What is wrong.
  public let what: String
  /// The byte where it is wrong.
  public let offset: Int
  /// How to mend it, where there is more to say.
  public let hint: String?

  /// The column of the place in characters, from one, in a line that starts at `start`.
  public func column(from start: Int, in bytes: [UInt8]) -> Int {
    String(decoding: bytes[start..<min(max(start, offset), bytes.count)], as: UTF8.self).count + 1
  }

  func diagnostic(in file: String, _ bytes: [UInt8]) -> Diagnostic {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.count { $0 == 0x0a } + 1
    let start = (before.lastIndex(of: 0x0a) ?? -1) + 1
    let place = Place(file: file, line: line, column: column(from: start, in: bytes))
    return Diagnostic("not valid JSON: \(what)", at: place, hint: hint)
  }
}

/// A recursive-descent reader of RFC 8259.
private struct JSONReader {
  private let bytes: [UInt8]
  private let end: Int
  private var at: Int
  private let notesRanges: Bool
  private(set) var outerMembers: [ExactText: Range<Int>] = [:]

  /// Deeper nesting is refused before the stack ends.
  private static let deepest = 128

  init(_ bytes: [UInt8], in part: Range<Int>, notesRanges: Bool = false) {
    self.bytes = bytes
    self.notesRanges = notesRanges
    end = part.upperBound
    at = part.lowerBound
    if at == 0, bytes.starts(with: [0xef, 0xbb, 0xbf]) { at = 3 }
  }

  mutating func document() throws(JSONProblem) -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    guard at == end else { throw problem("text after the value") }
    return value
  }

  mutating func outerObject() throws(JSONProblem) -> JSON.Object {
    skipSpace()
    guard peek() == UInt8(ascii: "{") else { throw problem("expected '{'") }
    let object = try object(depth: 1)
    skipSpace()
    guard at == end else { throw problem("text after the object") }
    return object
  }

  private mutating func value(depth: Int) throws(JSONProblem) -> JSON {
    skipSpace()
    guard let byte = peek() else { throw problem("the text ends early") }
    let start = at
    switch byte {
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth < JSONReader.deepest else { throw problem("more than \(JSONReader.deepest) levels") }
      return byte == UInt8(ascii: "{") ? .object(try object(depth: depth + 1)) : try list(depth: depth + 1)
    default:
      if skip(word: "true") { return .flag(true) }
      if skip(word: "false") { return .flag(false) }
      if skip(word: "null") { return .null }
      if skip(word: "NaN") || skip(word: "Infinity") {
        throw problem(
          "JSON has no NaN and no infinity", at: start,
          hint:
            "write a number, or null as pandas' to_json does; Python's json.dumps writes NaN where it should not"
        )
      }
      throw problem("expected a value")
    }
  }

  private mutating func object(depth: Int) throws(JSONProblem) -> JSON.Object {
    at += 1
    skipSpace()
    if skip(UInt8(ascii: "}")) { return JSON.Object() }
    var names: [String] = []
    var values: [JSON] = []
    var places: [ExactText: Int]?
    while true {
      skipSpace()
      guard peek() == UInt8(ascii: "\"") else { throw problem("expected a name in double quotes") }
      let start = at
      let name = try string()
      guard Self.isNew(name, names, &places) else { throw problem("'\(name)' stands twice", at: start) }
      skipSpace()
      guard skip(UInt8(ascii: ":")) else { throw problem("expected ':' after the name '\(name)'") }
      skipSpace()
      let valueStart = at
      values.append(try value(depth: depth))
      names.append(name)
      if notesRanges, depth == 1 { outerMembers[ExactText(name)] = valueStart..<at }
      skipSpace()
      if skip(UInt8(ascii: "}")) { return JSON.Object(names: names, values: values, places: places) }
      guard skip(UInt8(ascii: ",")) else { throw problem("expected ',' or '}'") }
    }
  }

  /// Whether no member has the name yet; one of many goes into the index.
  private static func isNew(_ name: String, _ names: [String], _ places: inout [ExactText: Int]?) -> Bool {
    if names.count < JSON.Object.fewest { return !names.contains { $0.hasBytes(of: name) } }
    if places == nil {
      places = [:]
      for (place, name) in names.enumerated() { places?[ExactText(name)] = place }
    }
    return places?.updateValue(names.count, forKey: ExactText(name)) == nil
  }

  private mutating func list(depth: Int) throws(JSONProblem) -> JSON {
    at += 1
    var items: [JSON] = []
    skipSpace()
    if skip(UInt8(ascii: "]")) { return .list(items) }
    while true {
      items.append(try value(depth: depth))
      skipSpace()
      if skip(UInt8(ascii: "]")) { return .list(items) }
      guard skip(UInt8(ascii: ",")) else { throw problem("expected ',' or ']'") }
    }
  }

  private mutating func number() throws(JSONProblem) -> String {
    let start = at
    _ = skip(UInt8(ascii: "-"))
    let startsWithZero = peek() == UInt8(ascii: "0")
    let whole = skipDigits()
    guard whole > 0, whole == 1 || !startsWithZero else { throw problem("malformed number", at: start) }
    if skip(UInt8(ascii: ".")), skipDigits() == 0 { throw problem("malformed number", at: start) }
    if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
      _ = skip(UInt8(ascii: "-")) || skip(UInt8(ascii: "+"))
      if skipDigits() == 0 { throw problem("malformed number", at: start) }
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  // MARK: Strings

  private mutating func string() throws(JSONProblem) -> String {
    let start = at
    at += 1
    let isASCII = skipPlain()
    guard at < end else { throw problem("a string without its closing quote", at: start) }
    if bytes[at] == UInt8(ascii: "\"") {
      at += 1
      let content = bytes[start + 1..<at - 1]
      return isASCII ? String(decoding: content, as: UTF8.self) : try text(content, from: start)
    }
    var content = Array(bytes[start + 1..<at])
    while at < end {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        return try text(content[...], from: start)
      case UInt8(ascii: "\\"): try appendEscape(to: &content)
      case ..<0x20: throw problem("a control character in a string; write it as an escape")
      default:
        let piece = at
        _ = skipPlain()
        content.append(contentsOf: bytes[piece..<at])
      }
    }
    throw problem("a string without its closing quote", at: start)
  }

  /// Goes on to a quote, an escape, a control character or the end.
  ///
  /// - Returns: Whether all that was passed is ASCII and so needs no check.
  private mutating func skipPlain() -> Bool {
    var seen: UInt8 = 0
    while at < end {
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
      seen |= byte
      at += 1
    }
    return seen < 0x80
  }

  private func text(_ content: ArraySlice<UInt8>, from start: Int) throws(JSONProblem) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw problem("a string that is not UTF-8", at: start, hint: "save the file as UTF-8")
    }
    return text
  }

  private mutating func appendEscape(to content: inout [UInt8]) throws(JSONProblem) {
    let start = at
    at += 1
    guard let letter = peek() else { throw problem("the text ends early") }
    at += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(letter)
    case UInt8(ascii: "n"): content.append(0x0a)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "r"): content.append(0x0d)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0c)
    case UInt8(ascii: "u"): content.append(contentsOf: String(try escapedScalar()).utf8)
    default: throw problem("unknown escape", at: start)
    }
  }

  private mutating func escapedScalar() throws(JSONProblem) -> Character {
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return Character(scalar) }
    // A pair of surrogates is one scalar.
    let behind = at
    if unit < 0xdc00, skip(UInt8(ascii: "\\")), skip(UInt8(ascii: "u")) {
      let second = try codeUnit()
      if (0xdc00..<0xe000).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (second - 0xdc00))
      {
        return Character(scalar)
      }
    }
    at = behind
    return "\u{fffd}"
  }

  private mutating func codeUnit() throws(JSONProblem) -> UInt32 {
    var unit: UInt32 = 0
    for place in at..<at + 4 {
      guard place < end, let digit = Character(Unicode.Scalar(bytes[place])).hexDigitValue else {
        throw problem("expected four hexadecimal digits")
      }
      unit = unit << 4 | UInt32(digit)
    }
    at += 4
    return unit
  }

  // MARK: Bytes

  private func peek() -> UInt8? { at < end ? bytes[at] : nil }

  private mutating func skip(_ byte: UInt8) -> Bool {
    guard peek() == byte else { return false }
    at += 1
    return true
  }

  private mutating func skip(word: String) -> Bool {
    var place = at
    for byte in word.utf8 {
      guard place < end, bytes[place] == byte else { return false }
      place += 1
    }
    at = place
    return true
  }

  private mutating func skipDigits() -> Int {
    let start = at
    while at < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) { at += 1 }
    return at - start
  }

  private mutating func skipSpace() {
    while at < end {
      let byte = bytes[at]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
      at += 1
    }
  }

  private func problem(_ what: String, at place: Int? = nil, hint: String? = nil) -> JSONProblem {
    JSONProblem(what: what, offset: place ?? at, hint: hint)
  }
}
