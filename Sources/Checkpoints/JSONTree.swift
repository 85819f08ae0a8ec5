internal import Basics

/// A JSON document as written: members keep their order, and a member that stands twice is an error.
///
/// Foundation's decoder silently keeps one of two equal names, which in a tensor header would hide a tensor, and loses
/// the order by which PEFT chooses among rank patterns.
enum JSONTree: Hashable, Sendable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([Member])

  /// A name and its value.
  struct Member: Hashable, Sendable {
    let name: String
    let value: JSONTree
  }

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .null: "null"
    case .flag: "true or false"
    case .number: "a number"
    case .text: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }

  /// The member of that name, where this is an object that has it.
  subscript(name: String) -> JSONTree? { members?.first { $0.name == name }?.value }

  var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  var list: [JSONTree]? { if case .list(let items) = self { items } else { nil } }
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }
  /// A whole number without loss.
  var integer: Int? { number.flatMap { $0.magnitude <= 0x1p53 ? Int(exactly: $0) : nil } }

  /// Reads a document; trailing spaces are fine, anything else after it is not.
  ///
  /// - Throws: a `Diagnostic` with line and column in `file`.
  static func parse(_ bytes: [UInt8], file: String) throws(Diagnostic) -> JSONTree {
    var parser = JSONParser(bytes: bytes, file: file)
    return try parser.document()
  }

  /// Where the values of an object's members stand in its text, for whoever replaces one and keeps the rest as it is.
  static func memberRanges(_ bytes: [UInt8], file: String) throws(Diagnostic) -> [String: Range<Int>] {
    var parser = JSONParser(bytes: bytes, file: file)
    _ = try parser.document()
    return parser.outerMembers
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  let file: String
  private(set) var outerMembers: [String: Range<Int>] = [:]
  var at = 0

  mutating func document() throws(Diagnostic) -> JSONTree {
    let value = try value(depth: 0)
    skipSpaces()
    guard at == bytes.count else { throw problem("more text after the end of the document") }
    return value
  }

  private mutating func value(depth: Int) throws(Diagnostic) -> JSONTree {
    guard depth < 64 else { throw problem("more than 64 levels inside each other") }
    skipSpaces()
    guard at < bytes.count else { throw problem("the document ends too early") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: break
    }
    let words: [(String, JSONTree)] = [("null", .null), ("true", .flag(true)), ("false", .flag(false))]
    for (word, value) in words where bytes[at...].starts(with: word.utf8) {
      at += word.utf8.count
      return value
    }
    throw problem("this is no JSON value")
  }

  private mutating func object(depth: Int) throws(Diagnostic) -> JSONTree {
    at += 1
    var members: [JSONTree.Member] = []
    var names: Set<String> = []
    if skip("}") { return .object([]) }
    repeat {
      skipSpaces()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        throw problem("a member's name must stand here")
      }
      let start = at
      let name = try string()
      guard names.insert(name).inserted else {
        at = start
        throw problem("'\(name)' stands twice")
      }
      guard skip(":") else { throw problem("a ':' must stand here") }
      skipSpaces()
      let valueStart = at
      members.append(JSONTree.Member(name: name, value: try value(depth: depth + 1)))
      if depth == 0 { outerMembers[name] = valueStart..<at }
    } while skip(",")
    guard skip("}") else { throw problem("a ',' or '}' must stand here") }
    return .object(members)
  }

  private mutating func list(depth: Int) throws(Diagnostic) -> JSONTree {
    at += 1
    var items: [JSONTree] = []
    if skip("]") { return .list([]) }
    repeat { items.append(try value(depth: depth + 1)) } while skip(",")
    guard skip("]") else { throw problem("a ',' or ']' must stand here") }
    return .list(items)
  }

  private mutating func number() throws(Diagnostic) -> JSONTree {
    let start = at
    let allowed = Set("+-.eE0123456789".utf8)
    while at < bytes.count, allowed.contains(bytes[at]) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let number = Double(text), number.isFinite else { throw problem("'\(text)' is no number") }
    return .number(number)
  }

  private mutating func string() throws(Diagnostic) -> String {
    at += 1
    var units: [UInt8] = []
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
      guard bytes[at] == UInt8(ascii: "\\") else {
        guard bytes[at] >= 0x20 else { throw problem("a control character inside a string") }
        units.append(bytes[at])
        at += 1
        continue
      }
      at += 1
      guard at < bytes.count else { break }
      let escape = bytes[at]
      at += 1
      switch escape {
      case UInt8(ascii: "n"): units.append(0x0a)
      case UInt8(ascii: "t"): units.append(0x09)
      case UInt8(ascii: "r"): units.append(0x0d)
      case UInt8(ascii: "b"): units.append(0x08)
      case UInt8(ascii: "f"): units.append(0x0c)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
      case UInt8(ascii: "u"): units.append(contentsOf: try escapedScalar().utf8)
      default: throw problem("an unknown escape in a string")
      }
    }
    guard at < bytes.count else { throw problem("a string without its end") }
    at += 1
    guard let text = String(validating: units, as: UTF8.self) else {
      throw problem("a string that is no UTF-8")
    }
    return text
  }

  private mutating func escapedScalar() throws(Diagnostic) -> String {
    var units = [try hexUnit()]
    if UTF16.isLeadSurrogate(units[0]), bytes[at...].starts(with: "\\u".utf8) {
      at += 2
      units.append(try hexUnit())
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw problem("half of a surrogate pair")
    }
    return text
  }

  private mutating func hexUnit() throws(Diagnostic) -> UInt16 {
    let digits = String(decoding: bytes[at..<min(at + 4, bytes.count)], as: UTF8.self)
    guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else {
      throw problem("four hexadecimal digits must follow '\\u'")
    }
    at += 4
    return unit
  }

  private mutating func skipSpaces() {
    while at < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[at]) { at += 1 }
  }

  private mutating func skip(_ sign: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard at < bytes.count, bytes[at] == UInt8(ascii: sign) else { return false }
    at += 1
    return true
  }

  private func problem(_ what: String) -> Diagnostic {
    let before = bytes[..<min(at, bytes.count)]
    let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
    let lineStart = (before.lastIndex(of: 0x0a) ?? -1) + 1
    let column = String(decoding: before[lineStart...], as: UTF8.self).count + 1
    return Diagnostic("not valid JSON: \(what)", at: Place(file: file, line: line, column: column))
  }
}
