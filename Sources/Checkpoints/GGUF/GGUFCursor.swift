internal import Basics
internal import LinearAlgebra

/// A place in a mapped GGUF file that moves on as values are read; it never passes the end.
struct GGUFCursor {
  private let mapping: MappedFile
  private let path: String
  private(set) var offset: Int

  init(_ mapping: MappedFile, path: String, from offset: Int) {
    self.mapping = mapping
    self.path = path
    self.offset = offset
  }

  /// Bytes behind the place.
  var left: Int { mapping.count - offset }

  func place(_ what: String) -> Place { Place(file: path, detail: what) }

  /// A little-endian whole number.
  mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, _ what: @autoclosure () -> String
  ) throws(Diagnostic) -> Number {
    let size = MemoryLayout<Number>.size
    guard left >= size else { throw cut(what()) }
    defer { offset += size }
    return mapping.integer(Number.self, at: offset)
  }

  /// Passes over a text: 64 bits of length, then its bytes.
  ///
  /// - Returns: Where the bytes lie.
  mutating func skipText(_ what: @autoclosure () -> String) throws(Diagnostic) -> Range<Int> {
    let start = offset
    let length = try integer(UInt64.self, what())
    guard length <= UInt64(left) else {
      throw Diagnostic(
        "a text of \(length) bytes at byte \(start) passes the end of the file, which has \(left) more",
        at: place(what()), hint: damaged)
    }
    defer { offset += Int(length) }
    return offset..<offset + Int(length)
  }

  mutating func text(_ what: @autoclosure () -> String) throws(Diagnostic) -> String {
    let range = try skipText(what())
    guard let text = String(validating: mapping.bytes(range), as: UTF8.self) else {
      throw Diagnostic("the text at byte \(range.lowerBound) is not UTF-8", at: place(what()), hint: damaged)
    }
    return text
  }

  /// The number of a type.
  mutating func type(key: String) throws(Diagnostic) -> GGUFType {
    let number = try integer(UInt32.self, "key '\(key)'")
    guard let type = GGUFType(rawValue: number) else {
      throw Diagnostic(
        "the value is of the unknown type \(number); known are 0 to 12", at: place("key '\(key)'"),
        hint: damaged)
    }
    return type
  }

  /// A value of some type; a list is passed over, not read.
  mutating func value(of type: GGUFType, key: String) throws(Diagnostic) -> GGUFValue {
    let what = "key '\(key)'"
    switch type {
    case .uint8: return .integer(Int(try integer(UInt8.self, what)))
    case .int8: return .integer(Int(try integer(Int8.self, what)))
    case .uint16: return .integer(Int(try integer(UInt16.self, what)))
    case .int16: return .integer(Int(try integer(Int16.self, what)))
    case .uint32: return .integer(Int(try integer(UInt32.self, what)))
    case .int32: return .integer(Int(try integer(Int32.self, what)))
    case .int64: return .integer(Int(try integer(Int64.self, what)))
    case .uint64:
      let number = try integer(UInt64.self, what)
      return Int(exactly: number).map { .integer($0) } ?? .unsigned(number)
    case .float32: return .single(Float(bitPattern: try integer(UInt32.self, what)))
    case .float64: return .double(Double(bitPattern: try integer(UInt64.self, what)))
    case .flag:
      let byte = try integer(UInt8.self, what)
      guard byte < 2 else {
        throw Diagnostic("true or false is stored as \(byte)", at: place(what), hint: damaged)
      }
      return .flag(byte == 1)
    case .text: return .text(try text(what))
    case .list: return .list(try list(key: key))
    }
  }

  private mutating func list(key: String) throws(Diagnostic) -> GGUFList {
    let element = try type(key: key)
    let count = try integer(UInt64.self, "key '\(key)'")
    // A text takes the 8 bytes of its length at least.
    let least = UInt64(element.bytes ?? 8)
    guard element != .list else {
      throw Diagnostic("a list of lists is not read", at: place("key '\(key)'"))
    }
    guard count <= UInt64(left) / least else {
      throw Diagnostic(
        "a list of \(count) \(element.plural) passes the end of the file, which has \(left) bytes more",
        at: place("key '\(key)'"), hint: damaged)
    }
    let list = GGUFList(
      count: Int(count), element: element, start: offset, path: path, key: key, mapping: mapping)
    if let bytes = element.bytes {
      offset += Int(count) * bytes
    } else {
      for index in 0..<Int(count) { _ = try skipText("key '\(key)', text \(index)") }
    }
    return list
  }

  private func cut(_ what: String) -> Diagnostic {
    Diagnostic(
      "the file ends at byte \(mapping.count), inside its header: it was cut short", at: place(what),
      hint: damaged)
  }

  private var damaged: String { GGUFFile.damaged }
}
