import Basics
import Checkpoints
import Foundation
import LinearAlgebra

/// A PEFT adapter.
enum AdapterInspection {
  static func lines(_ folder: String, all: Bool) throws -> [String] {
    let adapter = try PEFTAdapter.read(folder)
    let deltas = adapter.sites.map(\.delta)
    let numbers = deltas.reduce(0) { $0 + $1.a.count + $1.b.count }
    let rows = [
      ("kind", "PEFT adapter (LoRA\(adapter.usesRSLoRA ? ", rsLoRA" : ""))"),
      ("base", adapter.baseModel ?? "not said"),
      ("rank", different(deltas.map(\.rank).map { "\($0)" })),
      ("alpha", different(deltas.map { ParameterValue.number($0.alpha).description })),
      ("scale", different(deltas.map { rounded(adapter.scale(of: $0), 4) })),
      ("dropout", ParameterValue.number(adapter.dropout).description),
      ("targets", adapter.targetModules.joined(separator: ", ")),
      ("layers", "\(adapter.sites.count)"),
      ("parameters", grouped(numbers)),
      ("sha256", try StableHash.hex(file: folder + "/adapter_model.safetensors")),
    ]
    let width = adapter.sites.map(\.path.count).max() ?? 0
    let listed = adapter.sites.map { path, delta in
      "  \(padded(path, width))  (\(delta.b.rows), \(delta.a.columns)) rank \(delta.rank)  "
        + "‖ΔW‖ \(rounded(adapter.lowRank(delta).norm, 6))"
    }
    return aligned(rows) + shortened(listed, all: all, to: 48)
  }

  /// The different values in the order of the layers: `8`, or `4, 8`.
  private static func different(_ values: [String]) -> String {
    var seen: [String] = []
    for value in values where !seen.contains(value) { seen.append(value) }
    return seen.joined(separator: ", ")
  }
}
