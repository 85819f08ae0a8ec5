internal import Basics
public import LinearAlgebra

/// A tensor to be stored.
public struct NamedTensor: Sendable {
  /// Its name.
  public var name: String
  /// Its sizes; their product is the number of floats.
  public var shape: [Int]
  /// Its numbers, row-major.
  public var values: Matrix

  /// A matrix, stored with two sizes.
  public init(_ name: String, _ values: Matrix) {
    self.init(name, shape: [values.rows, values.columns], values)
  }

  /// Numbers in another shape.
  public init(_ name: String, shape: [Int], _ values: Matrix) {
    precondition(
      shape.reduce(1, *) == values.count, "shape \(shape) for \(values.count) numbers of '\(name)'")
    self.name = name
    self.shape = shape
    self.values = values
  }
}

/// Writes safetensors files: F32 or BF16, names sorted, `{"format": "pt"}`, data 8-byte aligned; equal tensors, equal bytes.
public enum SafeTensorsWriter {
  /// Writes a file, whole or not at all.
  ///
  /// - Parameter format: How numbers are stored: as they are, or each rounded to the nearest one.
  /// - Throws: a `Diagnostic` where two tensors share a name or the file cannot be written.
  public static func write(
    _ tensors: [NamedTensor], as format: StoredFloats.Format = .float32, to path: String
  ) throws {
    let sorted = tensors.sorted { $0.name < $1.name }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
      throw Diagnostic("two tensors are named '\(one.name)'", at: Place(file: path))
    }
    let header = try header(sorted, format)
    try AtomicFile.write(path) { file in
      try file.append((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header)
      if format == .float32 {
        for tensor in sorted { try file.append(tensor.values) }
        return
      }
      var encoder = FloatEncoder(format)
      for tensor in sorted {
        for row in 0..<tensor.values.rows {
          encoder.encode(tensor.values.rows(row..<row + 1))
          try file.append(encoder.bytes)
        }
      }
    }
  }

  private static func header(_ tensors: [NamedTensor], _ format: StoredFloats.Format) throws -> [UInt8] {
    guard let type = TensorType.allCases.first(where: { $0.format == format }) else {
      preconditionFailure("no type of tensors is stored as \(format)")
    }
    var parts = [#""__metadata__":{"format":"pt"}"#]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.values.count * type.bytes
      let name = String(decoding: try StableHash.canonicalJSON(tensor.name), as: UTF8.self)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      parts.append(
        #"\#(name):{"dtype":"\#(type.rawValue)","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    let json = Array("{\(parts.joined(separator: ","))}".utf8)
    return json + Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
  }
}
