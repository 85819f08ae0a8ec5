import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Terminal

/// A model of several parts, as `mixology merge` and stored jobs write it.
enum RoutedInspection {
  static func lines(_ folder: String, all: Bool) throws -> [String] {
    let model = try RoutedFile.read(folder)
    var rows = [("kind", "routed model"), ("method", model.method), ("parts", "\(model.parts.count)")]
    rows.append(("served", served(model)))
    if let unified = model.unified { rows.append(("shared", factors(unified))) }
    if !model.full.isEmpty {
      let numbers = model.full.reduce(0) { $0 + $1.change.count }
      rows.append(("shared", "\(counted(model.full.count, "full layer")), \(grouped(numbers)) numbers"))
    }
    let files = RoutedFile.names.compactMap { name -> String? in
      let size = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size] as? Int
      return size.map { "\(name) \(grouped($0)) bytes" }
    }
    rows.append(("files", files.joined(separator: ", ")))
    rows.append(("sha256", try StableHash.hex(file: folder + "/" + RoutedFile.names[1])))
    let width = model.parts.map(\.name.count).max() ?? 0
    let listed = model.parts.map { "  \(padded($0.name, width))  \(described($0))" }
    return aligned(rows) + shortened(listed, all: all, to: 48)
  }

  /// What decides among the parts, and what of the weights is ready beforehand.
  private static func served(_ model: RoutedModel) -> String {
    switch model.gate {
    case .task: return "by task: the part of a named task is put into the weights"
    case .text(let gate):
      let reader = gate.readsUnified ? "the base with what all share" : "the base"
      switch gate.rule {
      case .neighbours(let index, _, let neighbours, let experts, let together):
        return "by \(together ? "set of texts" : "text"): \(counted(experts, "part")) by vote of the "
          + "\(grouped(neighbours)) nearest of \(counted(index.rows, "known text")), as \(reader) sees them"
      case .linear(_, _, let experts):
        return "by text: \(counted(experts, "part")) by a linear gate on what \(reader) makes of it"
      }
    case .token(let gate):
      let measure = gate.measure == .magnitude ? "the length of the projection on" : "the cosine with"
      let parts = counted(min(gate.experts, model.parts.count), "part")
      return
        "by token: at every layer \(parts) by \(measure) \(counted(gate.width, "direction")) of its own, "
        + "temperature \(ParameterValue.number(gate.temperature).description)"
    }
  }

  private static func described(_ part: RoutedModel.Part) -> String {
    var facts: [String] = []
    if let change = part.change { facts.append(factors(change)) }
    if !part.masks.isEmpty {
      let set = part.masks.reduce(0) { $0 + $1.mask.count }
      let entries = part.masks.reduce(0) { $0 + $1.mask.rows * $1.mask.columns }
      facts.append(
        "\(counted(part.masks.count, "mask")) of what all share, \(rounded(Double(set) / Double(max(1, entries)), 4)) "
          + "set, times \(rounded(part.scale, 4))")
    }
    if let correction = part.correction {
      facts.append("a correction of pooled vectors of rank \(correction.down.rows)")
    }
    if facts.isEmpty { facts.append("what all share") }
    if part.tasks != [part.name] { facts.append("tasks \(part.tasks.joined(separator: ", "))") }
    return facts.joined(separator: "; ")
  }

  /// `18 layers, rank up to 8, 73 728 numbers`.
  private static func factors(_ adapter: Adapter) -> String {
    let rank = adapter.sites.map(\.delta.rank).max() ?? 0
    let numbers = adapter.sites.reduce(0) { $0 + $1.delta.a.count + $1.delta.b.count }
    return "\(counted(adapter.sites.count, "layer")), rank up to \(rank), \(grouped(numbers)) numbers"
  }
}
