import Basics
import Checkpoints

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
    let width = entries.map(\.name.count).max() ?? 0
    let listed = entries.map { name, entry in
      "  \(padded(name, width))  \(padded(entry.type.rawValue, 4)) \(entry.shape), \(grouped(entry.bytes.count)) bytes"
    }
    return aligned(rows) + shortened(listed, all: all)
  }

  /// `F32: 103, I64: 1`.
  static func types(_ entries: [TensorEntry]) -> String {
    TensorType.allCases.compactMap { type in
      let count = entries.filter { $0.type == type }.count
      return count > 0 ? "\(type.rawValue): \(count)" : nil
    }.joined(separator: ", ")
  }
}
