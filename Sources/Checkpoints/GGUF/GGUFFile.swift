public import Basics
internal import LinearAlgebra

/// A tensor of a GGUF file.
public struct GGUFTensor: Sendable {
  /// Its name.
  public let name: String
  /// Its sizes, outermost first; the file has them the other way round.
  public let shape: [Int]
  /// How its numbers are stored.
  public let format: BlockFormat
  /// Its bytes in the file.
  public let bytes: Range<Int>

  /// How many numbers it has.
  public var count: Int { shape.reduce(1, *) }
}

/// A GGUF file of version 2 or 3, mapped into memory: texts and numbers are read when they are asked for.
///
/// All places in it are checked when it is opened, so that no later read can leave the file.
/// Source: the GGUF specification (ggml-org/ggml, docs/gguf.md).
public struct GGUFFile: Sendable {
  /// The path it was opened with.
  public let path: String
  /// The format's version.
  public let version: Int
  /// The keys of its table, in the order of the file.
  public let keys: [String]
  /// Its tensors, in the order of the file.
  public let tensors: [GGUFTensor]
  private let values: [String: GGUFValue]
  private let mapping: MappedFile

  /// What begins a file.
  public static let magic = Array("GGUF".utf8)

  static let damaged = "the file is damaged: fetch or write it again"

  /// Opens a file and checks its header.
  ///
  /// - Throws: a `Diagnostic` that names file and key or tensor.
  public init(path: String) throws(Diagnostic) {
    let mapping = try MappedFile(path: path)
    let header = try GGUFHeader(mapping, path: path)
    self.path = path
    self.mapping = mapping
    version = header.version
    keys = header.keys
    values = header.values
    tensors = header.tensors
  }

  // MARK: Keys

  /// The value of a key; nil where there is none.
  public func value(_ key: String) -> GGUFValue? { values[key] }

  /// The place of a key, for messages.
  public func place(key: String) -> Place { Place(file: path, detail: "key '\(key)'") }

  /// A text; nil where there is none.
  ///
  /// - Throws: a `Diagnostic` where the value is something else, here and below.
  public func text(_ key: String) throws(Diagnostic) -> String? {
    guard let value = values[key] else { return nil }
    guard case .text(let text) = value else { throw wrong(key, value, "a text") }
    return text
  }

  /// True or false; nil where there is none.
  public func flag(_ key: String) throws(Diagnostic) -> Bool? {
    guard let value = values[key] else { return nil }
    guard case .flag(let flag) = value else { throw wrong(key, value, "true or false") }
    return flag
  }

  /// A whole number within bounds; nil where there is none.
  ///
  /// A list with one and the same number for every layer counts as that number.
  public func whole(_ key: String, in range: ClosedRange<Int>) throws(Diagnostic) -> Int? {
    guard let value = values[key] else { return nil }
    let words = "a whole number in \(range.lowerBound)…\(range.upperBound)"
    switch value {
    case .integer(let number):
      guard range.contains(number) else {
        throw Diagnostic("the value \(number) must be \(words)", at: place(key: key))
      }
      return number
    case .list(let list):
      guard let numbers = try list.integers(), let first = numbers.first, range.contains(first) else {
        throw wrong(key, value, words)
      }
      guard numbers.allSatisfy({ $0 == first }) else {
        throw Diagnostic(
          "the value differs from layer to layer, from \(numbers.min() ?? 0) to \(numbers.max() ?? 0)",
          at: place(key: key), hint: "models whose layers differ in size are not read")
      }
      return first
    default: throw wrong(key, value, words)
    }
  }

  /// A number of 32 bits; nil where there is none.
  public func single(_ key: String) throws(Diagnostic) -> Float? {
    guard let value = values[key] else { return nil }
    switch value {
    case .single(let number) where number.isFinite: return number
    case .double(let number) where number.isFinite && Float(number).isFinite: return Float(number)
    case .integer(let number): return Float(number)
    default: throw wrong(key, value, "a finite number")
    }
  }

  /// A list; nil where there is none.
  public func list(_ key: String) throws(Diagnostic) -> GGUFList? {
    guard let value = values[key] else { return nil }
    guard case .list(let list) = value else { throw wrong(key, value, "a list") }
    return list
  }

  /// What is said of a value of another kind than is needed.
  public func wrong(_ key: String, _ value: GGUFValue, _ words: String) -> Diagnostic {
    Diagnostic("the value must be \(words), not \(value.kind)", at: place(key: key))
  }

  // MARK: Tensors

  /// The place of a tensor, for messages.
  public func place(tensor: String) -> Place { Place(file: path, detail: "tensor '\(tensor)'") }

  /// A tensor's numbers as a matrix: its last size is a row, all others are its rows.
  ///
  /// - Throws: a `Diagnostic` where they are stored in a format that is not read.
  public func numbers(_ tensor: GGUFTensor) throws(Diagnostic) -> BlockNumbers {
    guard tensor.format.isRead else {
      throw Diagnostic(
        "numbers of type \(tensor.format.name) are not read", at: place(tensor: tensor.name),
        hint: "take a file of the model in one of \(BlockFormats.readNames)")
    }
    return BlockNumbers(
      mapping: mapping, byteOffset: tensor.bytes.lowerBound, rows: tensor.shape.dropLast().reduce(1, *),
      columns: tensor.shape.last ?? 1, format: tensor.format)
  }
}
