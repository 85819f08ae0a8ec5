internal import Basics
internal import Foundation

/// Writes safetensors files of F32 tensors, whole or not at all.
public enum SafeTensorsWriter {
  /// Writes tensors, sorted by name, with the metadata that PyTorch's readers expect.
  ///
  /// The bytes are a function of names, shapes and values. The file appears under its name when it is complete.
  /// - Parameter tensors: Name, shape and row-major values of each.
  public static func write(
    _ tensors: [(name: String, shape: [Int], values: [Float])], to path: String,
    metadata: [String: String] = ["format": "pt"]
  ) throws {
    let sorted = tensors.sorted { $0.name < $1.name }
    var header = "{\"__metadata__\":"
    header += String(decoding: try StableHash.canonicalJSON(metadata), as: UTF8.self)
    var offset = 0
    for tensor in sorted {
      precondition(tensor.shape.reduce(1, *) == tensor.values.count, "\(tensor.name): \(tensor.shape)")
      let end = offset + 4 * tensor.values.count
      let name = String(decoding: try StableHash.canonicalJSON([tensor.name]).dropFirst().dropLast(), as: UTF8.self)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      header += ",\(name):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
      offset = end
    }
    header += "}"
    // The data start at a multiple of 8, so that readers can map them.
    header += String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    var data = Data(capacity: 8 + header.utf8.count + offset)
    withLength(UInt64(header.utf8.count)) { data.append(contentsOf: $0) }
    data.append(contentsOf: header.utf8)
    for tensor in sorted {
      data.append(littleEndian(tensor.values))
    }
    do {
      try data.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw Diagnostic("cannot write the file: \(error.localizedDescription)", at: Place(file: path))
    }
  }

  private static func withLength(_ length: UInt64, _ body: ([UInt8]) -> Void) {
    body((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) })
  }

  private static func littleEndian(_ values: [Float]) -> Data {
    var bytes = [UInt8](repeating: 0, count: 4 * values.count)
    for (i, value) in values.enumerated() {
      let bits = value.bitPattern
      bytes[4 * i] = UInt8(truncatingIfNeeded: bits)
      bytes[4 * i + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      bytes[4 * i + 2] = UInt8(truncatingIfNeeded: bits >> 16)
      bytes[4 * i + 3] = UInt8(truncatingIfNeeded: bits >> 24)
    }
    return Data(bytes)
  }
}
