public import Basics
internal import LinearAlgebra

/// A value of a GGUF file's table of keys.
public enum GGUFValue: Sendable {
  /// A whole number of any width.
  case integer(Int)
  /// A whole number that only 64 bits without a sign hold.
  case unsigned(UInt64)
  /// A number of 32 bits.
  case single(Float)
  /// A number of 64 bits.
  case double(Double)
  /// True or false.
  case flag(Bool)
  /// A text.
  case text(String)
  /// Many values of one kind, not yet read.
  case list(GGUFList)

  /// What it is, for messages.
  public var kind: String {
    switch self {
    case .integer, .unsigned: "a whole number"
    case .single, .double: "a number"
    case .flag: "true or false"
    case .text: "a text"
    case .list(let list): "a list of \(list.element.plural)"
    }
  }
}

/// What a stored value is, with its number in files.
public enum GGUFType: UInt32, Sendable {
  /// Whole numbers, true or false, texts and lists.
  case uint8 = 0
  case int8, uint16, int16, uint32, int32, float32, flag, text, list, uint64, int64, float64

  /// Bytes of a value; nil where they differ from value to value.
  var bytes: Int? {
    switch self {
    case .uint8, .int8, .flag: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    case .text, .list: nil
    }
  }

  /// Several of them, for messages.
  public var plural: String {
    switch self {
    case .uint8, .int8, .uint16, .int16, .uint32, .int32, .uint64, .int64: "whole numbers"
    case .float32, .float64: "numbers"
    case .flag: "flags"
    case .text: "texts"
    case .list: "lists"
    }
  }
}

/// Values of one kind in a GGUF file, read when they are asked for.
public struct GGUFList: Sendable {
  /// How many there are.
  public let count: Int
  /// What they are.
  public let element: GGUFType
  let start: Int
  let path: String
  let key: String
  let mapping: MappedFile

  /// Whole numbers; nil where they are of another kind.
  public func integers() throws(Diagnostic) -> [Int]? {
    try values().map { values in
      values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
    }.flatMap { $0.count == count ? $0 : nil }
  }

  /// Numbers of 32 bits; nil where they are of another kind.
  public func singles() throws(Diagnostic) -> [Float]? {
    try values().map { values in
      values.compactMap { if case .single(let number) = $0 { number } else { nil } }
    }.flatMap { $0.count == count ? $0 : nil }
  }

  /// Texts; nil where they are of another kind.
  ///
  /// - Throws: a `Diagnostic` where one is not UTF-8.
  public func texts() throws(Diagnostic) -> [String]? {
    guard element == .text else { return nil }
    var cursor = GGUFCursor(mapping, path: path, from: start)
    var texts: [String] = []
    texts.reserveCapacity(count)
    for index in 0..<count {
      texts.append(try cursor.text("key '\(key)', text \(index)"))
    }
    return texts
  }

  /// Values of a fixed size.
  private func values() throws(Diagnostic) -> [GGUFValue]? {
    guard element.bytes != nil else { return nil }
    var cursor = GGUFCursor(mapping, path: path, from: start)
    var values: [GGUFValue] = []
    values.reserveCapacity(count)
    for _ in 0..<count { values.append(try cursor.value(of: element, key: key)) }
    return values
  }
}
