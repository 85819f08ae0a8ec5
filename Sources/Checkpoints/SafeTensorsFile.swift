internal import Basics
public import LinearAlgebra

/// A safetensors file, mapped into memory; reading a tensor of floats copies nothing.
public struct SafeTensorsFile: Sendable {
  /// The path.
  public let path: String
  /// The tensors by name.
  public let entries: [TensorEntry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  private let file: MappedFile

  /// Maps a file and checks its header.
  ///
  /// - Throws: a `Diagnostic` for a file that is cut short or whose header lies.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let header = try SafeTensorsHeader.parse(path: path, fileBytes: file.count) { file.bytes($0) }
    self.path = path
    self.file = file
    entries = header.entries
    metadata = header.metadata
  }

  /// The names of all tensors, sorted.
  public var names: [String] { entries.map(\.name) }

  /// A tensor's entry.
  ///
  /// - Throws: a `Diagnostic` with the nearest name.
  public func entry(_ name: String) throws -> TensorEntry {
    // Entries are sorted by name: checkpoints have hundreds of them.
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].name < name { low = middle + 1 } else { high = middle }
    }
    if low < entries.count, entries[low].name == name { return entries[low] }
    let near = nearestName(to: name, among: names)
    throw Diagnostic(
      "there is no tensor '\(name)'", at: Place(file: path), hint: near.map { "the nearest name is '\($0)'" })
  }

  /// A tensor's numbers as floats, row-major; F32, F16, BF16 and F64.
  public func floats(_ name: String) throws -> [Float] {
    let entry = try entry(name)
    switch entry.type {
    case .float32:
      return try matrix(name).values
    case .float16, .bfloat16:
      let format: NumberFormat = entry.type == .float16 ? .float16 : .bfloat16
      let bytes = file.bytes(entry.bytes)
      return (0..<entry.count).map { format.float(UInt16(bytes[2 * $0]) | UInt16(bytes[2 * $0 + 1]) << 8) }
    case .float64:
      let bytes = file.bytes(entry.bytes)
      return (0..<entry.count).map { i in
        Float(Double(bitPattern: (0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[8 * i + $1]) }))
      }
    case .int64, .int32, .int16, .int8, .uint8, .bool:
      throw Diagnostic(
        "the tensor holds \(entry.type.rawValue), not floats", at: Place(file: path, detail: "tensor '\(name)'"))
    }
  }

  /// A tensor as a matrix: a vector is one row, more than two dimensions are refused.
  ///
  /// F32 at an aligned place is a view of the mapping; all else is converted.
  public func matrix(_ name: String) throws -> Matrix {
    let entry = try entry(name)
    guard (1...2).contains(entry.shape.count) else {
      throw Diagnostic(
        "a tensor of shape \(entry.shape) is no matrix", at: Place(file: path, detail: "tensor '\(name)'"))
    }
    let rows = entry.shape.count == 2 ? entry.shape[0] : 1
    let columns = entry.shape[entry.shape.count - 1]
    if entry.type == .float32, entry.bytes.lowerBound % 4 == 0 {
      let storage = Storage(mapping: file, byteOffset: entry.bytes.lowerBound, count: entry.count)
      return Matrix(storage: storage, rows: rows, columns: columns)
    }
    if entry.type == .float32 {
      let bytes = file.bytes(entry.bytes)
      let values = (0..<entry.count).map { i in
        Float(bitPattern: (0..<4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[4 * i + $1]) })
      }
      return Matrix(rows: rows, columns: columns, values: values)
    }
    return Matrix(rows: rows, columns: columns, values: try floats(name))
  }
}
