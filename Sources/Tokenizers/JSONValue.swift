package import Basics

/// A JSON value that keeps the order and the exact bytes of an object's names.
///
/// Foundation's decoder keys objects by `String`, and Swift's strings are equal when they are
/// canonically equivalent: a vocabulary with both `é` and `e` + U+0301 would lose one of them.
package indirect enum JSONValue: Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case flag(Bool)
  /// Any number.
  case number(Double)
  /// A text.
  case text(String)
  /// A list.
  case list([JSONValue])
  /// An object's members in the order of the file.
  case object([Member])

  /// One member of an object.
  package struct Member: Sendable {
    /// The name as written, escapes resolved.
    package let name: String
    /// The value.
    package let value: JSONValue
  }

  /// Reads one value from UTF-8.
  ///
  /// - Throws: a `Diagnostic` with the line of the first character that does not belong.
  package init(_ bytes: [UInt8], path: String) throws(Diagnostic) {
    var reader = JSONReader(bytes: bytes, path: path)
    self = try reader.document()
  }

  /// The last member of that name (compared byte for byte), nil where there is none.
  package subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }
}

/// A strict recursive-descent reader of RFC 8259.
private struct JSONReader {
  let bytes: [UInt8]
  let path: String
  var position = 0
  var depth = 0

  private static let deepest = 200

  mutating func document() throws(Diagnostic) -> JSONValue {
    let value = try value()
    skipSpace()
    guard position == bytes.count else { throw problem("something follows the JSON value") }
    return value
  }

  private mutating func value() throws(Diagnostic) -> JSONValue {
    skipSpace()
    guard position < bytes.count else { throw problem("the JSON text ends too early") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try list()
    case UInt8(ascii: "\""): return .text(try text())
    case UInt8(ascii: "t"): return try word("true", .flag(true))
    case UInt8(ascii: "f"): return try word("false", .flag(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object() throws(Diagnostic) -> JSONValue {
    try descend()
    var members: [JSONValue.Member] = []
    if take("}") { return .object(members) }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw problem("a name in quotation marks is missing")
      }
      let name = try text()
      guard take(":") else { throw problem("a ':' is missing") }
      members.append(JSONValue.Member(name: name, value: try value()))
    } while take(",")
    guard take("}") else { throw problem("a ',' or '}' is missing") }
    return .object(members)
  }

  private mutating func list() throws(Diagnostic) -> JSONValue {
    try descend()
    var values: [JSONValue] = []
    if take("]") { return .list(values) }
    repeat {
      values.append(try value())
    } while take(",")
    guard take("]") else { throw problem("a ',' or ']' is missing") }
    return .list(values)
  }

  private mutating func text() throws(Diagnostic) -> String {
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw problem("a text is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
      case 0..<0x20: throw problem("a text has a bare control character")
      default: content.append(byte)
      }
    }
    throw problem("a text has no closing quotation mark")
  }

  private mutating func escape() throws(Diagnostic) -> [UInt8] {
    guard position < bytes.count else { throw problem("the JSON text ends too early") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"): return Array(String(Character(try escapedScalar())).utf8)
    default: throw problem("an escape that JSON does not have")
    }
  }

  private mutating func escapedScalar() throws(Diagnostic) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xdc00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw problem("half of a surrogate pair") }
    position += 2
    let second = try hexadecimal()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
    else { throw problem("half of a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(Diagnostic) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else {
        throw problem("'\\u' needs four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func number() throws(Diagnostic) -> JSONValue {
    let start = position
    while position < bytes.count, "+-.0123456789Ee".utf8.contains(bytes[position]) { position += 1 }
    let written = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Double(written), written.first != "+", written.first != "." else {
      position = start
      throw problem("no JSON value starts here")
    }
    return .number(number)
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(Diagnostic) -> JSONValue {
    guard bytes[position...].starts(with: word.utf8) else { throw problem("no JSON value starts here") }
    position += word.utf8.count
    return value
  }

  /// Enters a list or an object; a hostile file must not exhaust the stack.
  private mutating func descend() throws(Diagnostic) {
    position += 1
    depth += 1
    if depth > Self.deepest { throw problem("more than \(Self.deepest) levels") }
  }

  /// Takes that sign after white space, if it stands there; a closing bracket leaves its level.
  private mutating func take(_ sign: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: sign) else { return false }
    position += 1
    if sign == "}" || sign == "]" { depth -= 1 }
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] <= 0x20 {
      guard bytes[position] == 0x20 || (0x09...0x0a).contains(bytes[position]) || bytes[position] == 0x0d
      else { return }
      position += 1
    }
  }

  private func problem(_ what: String) -> Diagnostic {
    let line = bytes[..<min(position, bytes.count)].count { $0 == 0x0a } + 1
    return Diagnostic(what, at: Place(file: path, line: line))
  }
}
