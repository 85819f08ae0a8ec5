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

/// Writes safetensors files: F32, names sorted, `{"format": "pt"}`, data 8-byte aligned; equal tensors, equal bytes.
public enum SafeTensorsWriter {
  /// Writes a file, whole or not at all.
  ///
  /// - Throws: a `Diagnostic` where two tensors share a name or the file cannot be written.
  public static func write(_ tensors: [NamedTensor], to path: String) throws {
    let sorted = tensors.sorted { $0.name < $1.name }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
      throw Diagnostic("two tensors are named '\(one.name)'", at: Place(file: path))
    }
    let header = try header(sorted)
    try AtomicFile.write(path) { file in
      try file.append((0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header)
      for tensor in sorted { try file.append(tensor.values) }
    }
  }

  private static func header(_ tensors: [NamedTensor]) throws -> [UInt8] {
    var parts = [#""__metadata__":{"format":"pt"}"#]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.values.count * 4
      let name = String(decoding: try StableHash.canonicalJSON(tensor.name), as: UTF8.self)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      parts.append(#"\#(name):{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#)
      offset = end
    }
    let json = Array("{\(parts.joined(separator: ","))}".utf8)
    return json + Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
  }
}
