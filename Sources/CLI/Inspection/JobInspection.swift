import Basics
import Execution
import Foundation
import Specs
import Terminal

/// A finished job of the store.
enum JobInspection {
  static func lines(_ id: JobID, in store: JobStore) throws -> [String] {
    let result = try store.result(id)
    let spec = store.spec(id)
    var rows = [("kind", "stored job: \(spec?.kind ?? kind(result))"), ("id", id.hex)]
    rows.append(("folder", store.folder(id).path))
    if let spec, !spec.inputs.isEmpty {
      rows.append(("inputs", spec.inputs.map { String($0.hex.prefix(12)) }.joined(separator: ", ")))
    }
    rows += facts(result)
    if let damage = store.damage(id, .bytes) {
      let file = damage.place?.file.split(separator: "/").last.map { " (\($0))" } ?? ""
      rows.append(("damaged", damage.what + file))
    }
    if let cost = store.cost(id) {
      rows.append(
        (
          "cost",
          "\(rounded(cost.wallSeconds, 2)) s, \(rounded(cost.cpuSeconds, 2)) s of processor, "
            + "\(Int(cost.peakResidentMegabytes)) MB, \(cost.worker) on \(cost.machine)"
        ))
    }
    var lines = aligned(rows)
    let folder = store.folder(id)
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted().filter {
      (try? FileManager.default.attributesOfItem(atPath: folder.path + "/" + $0))?[.type]
        as? FileAttributeType
        == .typeRegular
    }
    lines.append("files")
    for file in files {
      let size = (try? FileManager.default.attributesOfItem(atPath: folder.path + "/" + file))?[.size] as? Int
      lines.append("  \(file), \(grouped(size ?? 0)) bytes")
    }
    if let spec {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      lines.append("spec")
      lines.append(String(decoding: try encoder.encode(spec), as: UTF8.self))
    }
    return lines
  }

  private static func kind(_ result: JobResult) -> String {
    switch result {
    case .pretrain: "pretrain"
    case .probe: "probe"
    case .train: "train"
    case .statistics: "statistics"
    case .merge: "merge"
    case .tune: "tune"
    case .guess: "guess"
    case .predict: "predict"
    }
  }

  private static func facts(_ result: JobResult) -> [(String, String)] {
    switch result {
    case .pretrain(let trained), .train(let trained):
      return [
        (
          "result",
          "\(counted(trained.steps, "step")), \(counted(trained.examples, "example")), "
            + "\(counted(trained.tokens, "token")), final loss \(rounded(trained.finalLoss, 4)), "
            + "\(grouped(trained.trainable)) trained numbers"
        )
      ]
        + trained.drawn.map {
          ("  \($0.task)", "\(counted($0.examples, "example")), \(rounded($0.epochs, 2)) epochs")
        }
    case .statistics(let measured):
      return [
        (
          "result",
          "\(grouped(measured.matrices)) matrices over \(counted(measured.examples, "example")), "
            + "\(counted(measured.tokens, "token")), \(grouped(measured.bytes)) bytes"
        )
      ]
    case .merge(let merged): return facts(merged)
    case .tune(let tuned):
      return facts(tuned.merged) + [
        (
          "  tuned",
          "\(counted(tuned.trainable, "number")) in \(counted(tuned.rounds, "round")) on "
            + "\(counted(tuned.examples, "example")): \(tuned.measure) \(rounded(tuned.start, 4)) to "
            + rounded(tuned.end, 4)
        )
      ]
    case .probe(let probe):
      return [
        (
          "result",
          "\(counted(probe.vectors, "vector")) of \(counted(probe.examples, "example")), penalty \(rounded(probe.penalty, 4)), "
            + "mean loss of what was held out \(rounded(probe.loss, 4))"
        )
      ]
    case .guess(let predicted), .predict(let predicted):
      return [
        ("result", "predictions of \(counted(predicted.n, "example")), \(counted(predicted.tokens, "token"))")
      ]
    }
  }

  private static func facts(_ merged: MergeResult) -> [(String, String)] {
    let energies = merged.sites.map(\.retainedEnergy)
    let mean = energies.reduce(0, +) / Double(max(1, energies.count))
    return [
      (
        "result",
        "\(counted(merged.sites.count, "layer")), \(grouped(merged.bytes)) bytes, "
          + "mean retained energy \(rounded(mean, 4))"
      )
    ]
  }
}
