import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Terminal

/// A PEFT adapter.
enum AdapterInspection {
  static func lines(_ folder: String, all: Bool) throws -> [String] {
    let adapter: Adapter
    do {
      adapter = try PEFTAdapter.read(folder)
    } catch let refusal {
      // Merging cannot do with it, yet what it is can be said where its files can be read at all.
      guard let lines = try? refused(folder, refusal, all: all) else { throw refusal }
      return lines
    }
    let deltas = adapter.sites.map(\.delta)
    let changes = adapter.sites.map { adapter.lowRank($0.delta) }
    let numbers = deltas.reduce(0) { $0 + $1.a.count + $1.b.count }
    var rows = [
      ("kind", "PEFT adapter (LoRA\(adapter.usesRSLoRA ? ", rsLoRA" : ""))"),
      ("base", adapter.baseModel ?? "not said"),
      ("rank", different(deltas.map(\.rank).map { "\($0)" })),
      ("alpha", different(deltas.map { ParameterValue.number($0.alpha).description })),
      ("scale", different(deltas.map { rounded(adapter.scale(of: $0), 4) })),
      ("dropout", ParameterValue.number(adapter.dropout).description),
      ("targets", adapter.targetModules.joined(separator: ", ")),
      ("layers", "\(adapter.sites.count)"),
      ("parameters", grouped(numbers)),
      ("sha256", try StableHash.hex(file: folder + "/" + weights)),
    ]
    let broken = zip(adapter.sites, changes).filter { !$0.1.isFinite }.map(\.0.path)
    if !broken.isEmpty {
      let more = broken.count > 3 ? " and \(broken.count - 3) more" : ""
      rows.append(
        (
          "broken",
          "NaN or infinity in \(broken.prefix(3).joined(separator: ", "))\(more): merging refuses it"
        ))
    }
    let width = adapter.sites.map(\.path.count).max() ?? 0
    let listed = zip(adapter.sites, changes).map { site, change in
      "  \(padded(site.path, width))  (\(change.rows), \(change.columns)) rank \(change.rank)  "
        + "‖ΔW‖ \(change.norm.isFinite ? rounded(change.norm, 6) : "is not finite")"
    }
    return aligned(rows) + shortened(listed, all: all, to: 48)
  }

  private static let weights = "adapter_model.safetensors"

  /// The fields that decide what an adapter is, in the order of a reader's questions.
  private static let fields = [
    "base_model_name_or_path", "task_type", "r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora",
    "target_modules", "target_parameters", "modules_to_save", "bias", "lora_bias", "use_dora",
    "init_lora_weights", "layer_replication", "trainable_token_indices",
  ]

  /// Values that say nothing, beside those of nothing at all.
  private static let usual = ["bias": "none", "init_lora_weights": "true"]

  /// What files hold that merging refuses: settings and tensors as they stand there.
  private static func refused(_ folder: String, _ refusal: Diagnostic, all: Bool) throws -> [String] {
    let configuration = try CheckpointConfiguration(folder: folder, file: "adapter_config.json")
    let file = try SafeTensorsFile(path: folder + "/" + weights)
    let entries = try file.names.map { (name: $0, entry: try file.entry($0)) }
    var rows = [
      ("kind", "PEFT adapter (\(configuration.text("peft_type") ?? "of a type that it does not say"))")
    ]
    for field in fields {
      guard let value = configuration.written(field) else { continue }
      let words = configuration.texts(field)?.joined(separator: ", ") ?? configuration.text(field)
      if ["null", "false", "[]", "{}"].contains(value) || usual[field] == words ?? value { continue }
      let line = value.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      rows.append((field, words ?? line))
    }
    rows.append(("merging", "refuses it: \(refusal.what)"))
    if let hint = refusal.hint { rows.append(("", hint)) }
    rows += [
      ("tensors", "\(entries.count)"), ("numbers", grouped(entries.reduce(0) { $0 + $1.entry.count })),
      ("dtypes", TensorInspection.types(entries.map(\.entry))),
      ("sha256", try StableHash.hex(file: file.path)),
    ]
    return aligned(rows) + shortened(TensorInspection.listed(entries), all: all, to: 48)
  }

  /// The different values in the order of the layers: `8`, or `4, 8`.
  private static func different(_ values: [String]) -> String {
    var seen: [String] = []
    for value in values where !seen.contains(value) { seen.append(value) }
    return seen.joined(separator: ", ")
  }
}
