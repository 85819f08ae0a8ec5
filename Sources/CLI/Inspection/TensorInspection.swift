import Basics
import Checkpoints
import LinearAlgebra
import Terminal

/// A safetensors file.
enum TensorInspection {
  static func lines(_ path: String, all: Bool) throws -> [String] {
    let file = try SafeTensorsFile(path: path)
    let entries = try file.names.map { (name: $0, entry: try file.entry($0)) }
    var rows = [
      ("kind", "safetensors file"),
      ("tensors", "\(entries.count)"),
      ("numbers", grouped(entries.reduce(0) { $0 + $1.entry.count })),
      ("bytes", grouped(entries.reduce(0) { $0 + $1.entry.bytes.count })),
      ("dtypes", TensorInspection.types(entries.map(\.entry))),
      ("sha256", try StableHash.hex(file: path)),
    ]
    for key in file.metadata.keys.sorted() {
      rows.append(("metadata", "\(key): \(file.metadata[key] ?? "")"))
    }
    // The numbers are read for a full list only.
    let listed = try all ? listed(entries) { try file.stored($0) } : listed(entries)
    return aligned(rows) + shortened(listed, all: all)
  }

  /// A line for each tensor; given its numbers, also whether they hold NaN or infinity.
  static func listed(
    _ entries: [(name: String, entry: TensorEntry)], numbers: ((String) throws -> StoredFloats)? = nil
  ) rethrows -> [String] {
    let width = entries.map(\.name.count).max() ?? 0
    return try entries.map { name, entry in
      let stored = try entry.type.format == nil ? nil : numbers?(name)
      let specials = stored.map(\.specials) ?? 0
      return
        "  \(padded(name, width))  \(padded(entry.type.rawValue, 4)) \(entry.shape), \(grouped(entry.bytes.count)) bytes"
        + (specials > 0 ? ", \(grouped(specials)) NaN or infinite" : "")
    }
  }

  /// `F32: 103, I64: 1`.
  static func types(_ entries: [TensorEntry]) -> String {
    TensorType.allCases.compactMap { type in
      let count = entries.filter { $0.type == type }.count
      return count > 0 ? "\(type.rawValue): \(count)" : nil
    }.joined(separator: ", ")
  }
}
