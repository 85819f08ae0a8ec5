public import Basics
public import LinearAlgebra

/// A safetensors file, mapped into memory: tensors are read when they are asked for.
///
/// The whole header is checked when the file is opened, so that no later read can leave the file.
public struct SafeTensorsFile: Sendable {
  /// The path it was opened with.
  public let path: String
  /// The names of its tensors, sorted.
  public let names: [String]
  /// The free texts of the header.
  public let metadata: [String: String]
  private let entries: [String: TensorEntry]
  private let mapping: MappedFile

  /// Opens a file and checks its header.
  ///
  /// - Throws: a `Diagnostic` that names file and tensor.
  public init(path: String) throws(Diagnostic) {
    let mapping = try MappedFile(path: path)
    try InputFile.refusePointer(mapping.bytes(0..<min(64, mapping.count)), path: path)
    guard mapping.count >= 8 else {
      throw Diagnostic(
        "\(mapping.count) bytes are no safetensors file: the header's length is missing",
        at: Place(file: path))
    }
    let length = mapping.bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafeTensorsHeader.longest) else {
      throw Diagnostic(
        "a header of \(length) bytes is longer than the format allows (\(SafeTensorsHeader.longest))",
        at: Place(file: path),
        hint: "this is no safetensors file")
    }
    let dataStart = 8 + Int(length)
    guard dataStart <= mapping.count else {
      throw Diagnostic(
        "the header should take \(length) bytes but the file has only \(mapping.count - 8): it was cut short",
        at: Place(file: path), hint: "fetch or write the file again")
    }
    let header = try SafeTensorsHeader(
      mapping.bytes(8..<dataStart), dataStart: dataStart, fileSize: mapping.count, path: path)
    self.path = path
    self.mapping = mapping
    entries = header.entries
    metadata = header.metadata
    names = header.entries.keys.sorted()
  }

  /// Where a tensor lies and what it is.
  ///
  /// - Throws: a `Diagnostic` with the nearest name where there is no such tensor.
  public func entry(_ name: String) throws(Diagnostic) -> TensorEntry {
    guard let entry = entries[name] else {
      let hint = nearestName(to: name, among: names).map { "did you mean '\($0)'?" }
      throw Diagnostic("there is no tensor '\(name)'", at: Place(file: path), hint: hint)
    }
    return entry
  }

  /// The bytes of a tensor, as stored.
  public func bytes(_ name: String) throws(Diagnostic) -> [UInt8] {
    mapping.bytes(try entry(name).bytes)
  }

  /// A tensor's numbers as floats, row-major; F64 is rounded.
  ///
  /// - Throws: a `Diagnostic` where it is missing or of whole numbers.
  public func floats(_ name: String) throws(Diagnostic) -> [Float] {
    let entry = try entry(name)
    switch entry.type {
    case .float32 where entry.bytes.lowerBound % 4 == 0: return view(entry).values
    case .float32: return words(entry, UInt32.self).map { Float(bitPattern: $0) }
    case .float64: return words(entry, UInt64.self).map { Float(Double(bitPattern: $0)) }
    case .float16: return words(entry, UInt16.self).map { NumberFormat.float16.float($0) }
    case .bfloat16: return words(entry, UInt16.self).map { NumberFormat.bfloat16.float($0) }
    case .int64, .int32, .int16, .int8, .uint8, .flag:
      throw wholeNumbers(entry, name)
    }
  }

  private func wholeNumbers(_ entry: TensorEntry, _ name: String) -> Diagnostic {
    // Weights in so few bits are those of a quantised model.
    let isQuantised = entry.type == .int8 || entry.type == .uint8
    return Diagnostic(
      "the tensor holds \(entry.type.rawValue), not floating-point numbers",
      at: Place(file: path, detail: "tensor '\(name)'"),
      hint: isQuantised ? "the model is quantised, it seems: \(CheckpointConfiguration.dequantise)" : nil)
  }

  /// A tensor as a matrix: two sizes as they are, one size n as (1, n), a single number as (1, 1).
  ///
  /// F32 is a view into the mapped file, nothing is copied; other types are converted.
  /// - Throws: a `Diagnostic` where it is missing, of whole numbers or of more than two sizes.
  public func matrix(_ name: String) throws(Diagnostic) -> Matrix {
    let entry = try entry(name)
    guard entry.shape.count <= 2 else {
      throw Diagnostic(
        "shape \(entry.shape) is no matrix", at: Place(file: path, detail: "tensor '\(name)'"))
    }
    if entry.type == .float32, entry.bytes.lowerBound % 4 == 0 { return view(entry) }
    let (rows, columns) = size(entry)
    return Matrix(rows: rows, columns: columns, values: try floats(name))
  }

  /// A tensor's numbers, to be read in blocks; nothing is read yet.
  ///
  /// - Throws: a `Diagnostic` where it is missing or of whole numbers.
  public func stored(_ name: String) throws(Diagnostic) -> StoredFloats {
    let entry = try entry(name)
    guard let format = entry.type.format else { throw wholeNumbers(entry, name) }
    return StoredFloats(
      mapping: mapping, byteOffset: entry.bytes.lowerBound, count: entry.count, format: format)
  }

  /// A BF16 tensor as a view into the mapped file.
  ///
  /// - Throws: a `Diagnostic` where it is missing, of another type, or of other than two sizes.
  public func bfloats(_ name: String) throws(Diagnostic) -> BFloatMatrix {
    let entry = try entry(name)
    guard entry.type == .bfloat16, entry.shape.count == 2, entry.bytes.lowerBound % 4 == 0 else {
      throw Diagnostic(
        "\(entry.type.rawValue) of shape \(entry.shape) is no matrix in bf16",
        at: Place(file: path, detail: "tensor '\(name)'"))
    }
    let storage = Storage(
      mapping: mapping, byteOffset: entry.bytes.lowerBound, count: entry.bytes.count / 4)
    return BFloatMatrix(storage: storage, rows: entry.shape[0], columns: entry.shape[1])
  }

  private func size(_ entry: TensorEntry) -> (rows: Int, columns: Int) {
    let columns = entry.shape.last ?? 1
    return (entry.shape.dropLast().reduce(1, *), columns)
  }

  private func view(_ entry: TensorEntry) -> Matrix {
    let storage = Storage(mapping: mapping, byteOffset: entry.bytes.lowerBound, count: entry.count)
    let (rows, columns) = size(entry)
    return Matrix(storage: storage, rows: rows, columns: columns)
  }

  private func words<Word: FixedWidthInteger>(_ entry: TensorEntry, _: Word.Type) -> [Word] {
    let bytes = mapping.bytes(entry.bytes)
    let width = Word.bitWidth / 8
    return (0..<entry.count).map { i in
      var word: Word = 0
      for j in 0..<width { word |= Word(truncatingIfNeeded: bytes[i * width + j]) << Word(8 * j) }
      return word
    }
  }
}
