internal import Basics
internal import Foundation
internal import Specs

/// `manifest.lock.yaml`: the experiment with nothing left to look up.
public enum LockFile {
  /// The text, the same for the same manifest, plan and versions.
  ///
  /// - Parameters:
  ///   - manifest: the manifest.
  ///   - plan: its plan.
  ///   - versions: what else the numbers depend on, as name and value: versions, the machine.
  ///   - stamp: which experiment it is, so that another one does not replace its tables by mistake.
  public static func text(
    manifest: Manifest, plan: Plan, versions: [(String, String)], stamp: TablesStamp
  ) -> String {
    var lines = YAMLLines()
    lines.add(
      "# Written by mixology: what \(manifest.name) came to, for people. The program reads 'overrides' and 'jobs' alone."
    )
    lines.add("name", manifest.name)
    if !manifest.title.isEmpty { lines.add("title", manifest.title) }
    if !stamp.settings.isEmpty {
      lines.add("overrides: [\(stamp.settings.map(yamlScalar).joined(separator: ", "))]")
    }
    if let jobs = stamp.jobs { lines.add("jobs", jobs) }
    lines.add("versions:")
    lines.indented { for (name, value) in versions { $0.add(name, value) } }
    lines.add("seeds: [\(manifest.seeds.map(String.init).joined(separator: ", "))]")
    lines.add("budget", plan.budget)
    if let margin = plan.margin { lines.add("statistics: {margin: \(margin)}") }
    base(plan, &lines)
    lines.add("tasks:")
    lines.indented { for task in plan.plannedTasks { add(task, &$0) } }
    lines.add("cocktails:")
    lines.indented {
      for cocktail in manifest.cocktails where cocktail.isListed {
        $0.add(
          "\(yamlScalar(cocktail.model)): [\(cocktail.tasks.map(yamlScalar).joined(separator: ", "))]"
        )
      }
    }
    settings(plan, &lines)
    models(plan, &lines)
    return lines.text
  }

  private static func base(_ plan: Plan, _ lines: inout YAMLLines) {
    lines.add("base:")
    let pretrained = plan.jobs.filter { $0.spec.kind == "pretrain" }
    lines.indented { lines in
      for job in plan.jobs {
        switch job.spec {
        case .pretrain(let spec):
          guard pretrained.count > 1 else {
            lines.add("pretrained_by", job.id.hex)
            lines.add("pretrain: \(json(spec))")
            return
          }
          // One for each seed.
          lines.add("pretrained_by: [\(pretrained.map(\.id.hex).joined(separator: ", "))]")
          lines.add("pretrain:")
          for case .pretrain(let spec) in pretrained.map(\.spec) { lines.add("- \(json(spec))") }
          return
        case .train(let job):
          if case .folder(let sha256) = job.base { lines.add("sha256", sha256) }
          return
        case .probe, .statistics, .merge, .tune, .guess, .predict: continue
        }
      }
    }
  }

  private static func add(_ task: PlannedTask, _ lines: inout YAMLLines) {
    lines.add("\(yamlScalar(task.spec.name)):")
    lines.indented { lines in
      var spec = task.spec
      if case .files(let files) = spec.source {
        lines.add("files:")
        lines.indented { lines in
          for split in Split.allCases {
            guard let file = files[split.rawValue] else { continue }
            let rows = task.rows[split.rawValue] ?? 0
            lines.add("\(split.rawValue): {format: \(file.format), rows: \(rows), sha256: \(file.sha256)}")
          }
        }
        spec.source = .files([:])
      }
      lines.add("spec: \(json(spec))")
    }
  }

  /// What trained each cell of the grid: one line where there is no grid.
  private static func settings(_ plan: Plan, _ lines: inout YAMLLines) {
    let specs = Dictionary(uniqueKeysWithValues: plan.jobs.map { ($0.id, $0.spec) })
    var seen: [String] = []
    lines.add("settings:")
    lines.indented { lines in
      for model in plan.models where !seen.contains(model.settings) {
        guard let id = model.job, case .train(let job) = specs[id] else { continue }
        seen.append(model.settings)
        lines.add("- grid: \(yamlScalar(model.settings))")
        lines.add("  adapter: \(json(job.adapter))")
        lines.add("  training: \(json(job.training))")
        lines.add("  budget: \(json(job.budget))")
      }
    }
  }

  private static func models(_ plan: Plan, _ lines: inout YAMLLines) {
    lines.add("models:")
    lines.indented { lines in
      for model in plan.models {
        let seed = model.seed.map { ", seed: \($0)" } ?? ""
        let job = model.job.map { ", job: \($0.hex)" } ?? ""
        lines.add(
          "- {model: \(yamlScalar(model.model))\(seed)\(job), recipe: \(yamlScalar(model.recipe))}"
        )
      }
    }
  }

  /// Canonical JSON, which is YAML too.
  private static func json(_ value: some Encodable) -> String {
    guard let data = try? StableHash.canonicalJSON(value) else { preconditionFailure("a spec without JSON") }
    return String(decoding: data, as: UTF8.self)
  }
}

/// Lines of YAML as they grow.
private struct YAMLLines {
  private(set) var text = ""
  private var indent = ""

  mutating func add(_ line: String) { text += indent + line + "\n" }

  mutating func add(_ key: String, _ value: String) { add("\(yamlScalar(key)): \(yamlScalar(value))") }

  mutating func indented(_ body: (inout YAMLLines) -> Void) {
    indent += "  "
    body(&self)
    indent.removeLast(2)
  }
}
