internal import Basics
internal import Foundation

/// How a tensor's numbers are stored.
public enum TensorType: String, Sendable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint8 = "U8"
  case bool = "BOOL"

  /// Bytes of one number.
  public var bytes: Int {
    switch self {
    case .float64, .int64: 8
    case .float32, .int32: 4
    case .float16, .bfloat16, .int16: 2
    case .int8, .uint8, .bool: 1
    }
  }
}

/// A tensor as a header describes it.
public struct TensorEntry: Sendable, Hashable {
  /// The name.
  public var name: String
  /// How its numbers are stored.
  public var type: TensorType
  /// Its sizes, outermost first.
  public var shape: [Int]
  /// Its bytes in the file.
  public var bytes: Range<Int>

  /// Numbers of the tensor.
  public var count: Int { shape.reduce(1, *) }
}

/// The header of a safetensors file: 8 bytes of length (little-endian), JSON, then the data that it points into.
///
/// Nothing in a header is believed: every range is held against the file's size, the shape and the other tensors.
struct SafeTensorsHeader {
  let entries: [TensorEntry]
  let metadata: [String: String]

  private struct Field: Decodable {
    let dtype: String
    let shape: [Int]
    let data_offsets: [Int]
  }

  /// Parses a header.
  ///
  /// - Parameters:
  ///   - fileBytes: The file's size.
  ///   - read: Bytes of the file.
  static func parse(path: String, fileBytes: Int, read: (Range<Int>) -> [UInt8]) throws -> SafeTensorsHeader {
    func fail(_ what: String, tensor: String? = nil) -> Diagnostic {
      Diagnostic(
        what, at: Place(file: path, detail: tensor.map { "tensor '\($0)'" }),
        hint: "is the file complete? compare its size or SHA-256 with the source")
    }
    guard fileBytes >= 8 else { throw fail("the file has \(fileBytes) bytes, too few for a safetensors header") }
    let length = read(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length > 1, length <= 100_000_000, length <= UInt64(fileBytes - 8) else {
      throw fail("the header claims \(length) bytes, the file has \(fileBytes)")
    }
    let start = 8 + Int(length)
    let json = Data(read(8..<start))
    guard let names = try? JSONSerialization.jsonObject(with: json) as? [String: Any] else {
      throw fail("the header is not a JSON object")
    }
    var entries: [TensorEntry] = []
    var metadata: [String: String] = [:]
    for name in names.keys.sorted() {
      if name == "__metadata__" {
        metadata = names[name] as? [String: String] ?? [:]
        continue
      }
      guard let value = names[name], JSONSerialization.isValidJSONObject(value),
        let data = try? JSONSerialization.data(withJSONObject: value),
        let field = try? JSONDecoder().decode(Field.self, from: data), field.data_offsets.count == 2
      else { throw fail("the header does not describe the tensor (dtype, shape, data_offsets)", tensor: name) }
      guard let type = TensorType(rawValue: field.dtype) else {
        throw fail("unknown dtype '\(field.dtype)'", tensor: name)
      }
      let (from, to) = (field.data_offsets[0], field.data_offsets[1])
      guard from >= 0, from <= to, to <= fileBytes - start else {
        throw fail("data_offsets [\(from), \(to)] lie outside the \(fileBytes - start) bytes of data", tensor: name)
      }
      var bytes = type.bytes
      for size in field.shape {
        let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
        guard size >= 0, !overflow else { throw fail("impossible shape \(field.shape)", tensor: name) }
        bytes = product
      }
      guard bytes == to - from else {
        throw fail("shape \(field.shape) of \(field.dtype) needs \(bytes) bytes, data_offsets give \(to - from)", tensor: name)
      }
      entries.append(TensorEntry(name: name, type: type, shape: field.shape, bytes: start + from..<start + to))
    }
    try checkCoverage(entries, data: start..<fileBytes, fail)
    return SafeTensorsHeader(entries: entries, metadata: metadata)
  }

  /// The format allows neither overlaps nor holes.
  private static func checkCoverage(
    _ entries: [TensorEntry], data: Range<Int>, _ fail: (String, String?) -> Diagnostic
  ) throws {
    var end = data.lowerBound
    let inOrder = entries.sorted { ($0.bytes.lowerBound, $0.bytes.upperBound, $0.name) < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.name) }
    for entry in inOrder {
      if entry.bytes.lowerBound < end { throw fail("its data overlap another tensor's", entry.name) }
      if entry.bytes.lowerBound > end { throw fail("\(entry.bytes.lowerBound - end) bytes before it belong to nobody", entry.name) }
      end = entry.bytes.upperBound
    }
    if end != data.upperBound { throw fail("\(data.upperBound - end) bytes at the end belong to no tensor", nil) }
  }
}
