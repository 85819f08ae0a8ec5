import Foundation

/// A safetensors file from its header's text and its data.
func writeSafeTensors(_ header: String, data: [UInt8], to path: String) throws {
  let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
  try Data(length + Array(header.utf8) + data).write(to: URL(fileURLWithPath: path))
}
