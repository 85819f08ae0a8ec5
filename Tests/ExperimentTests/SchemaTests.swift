import Basics
import Experiment
import Foundation
import Specs
import TestSupport
import Testing

@Suite struct SchemaTests {
  /// Every property name anywhere in a schema.
  private func keys(_ value: JSON) -> Set<String> {
    switch value {
    case .object(let members):
      var keys = Set<String>()
      if case .object(let properties) = members["properties"] { keys.formUnion(properties.keys) }
      return members.values.reduce(into: keys) { $0.formUnion(self.keys($1)) }
    case .list(let elements): return elements.reduce(into: []) { $0.formUnion(keys($1)) }
    case .other: return []
    }
  }

  private func schemaKeys() throws -> Set<String> {
    let text = try ManifestSchema.jsonSchema(.small)
    return keys(try JSONDecoder().decode(JSON.self, from: Data(text.utf8)))
  }

  @Test func `the schema is JSON and lists every key of the language`() throws {
    #expect(
      try schemaKeys().sorted() == [
        "accumulation", "adapter", "alpha", "anchors", "arms", "base", "batch_rows", "batch_tokens", "beta1",
        "beta2",
        "budget", "by",
        "cap", "clip", "cocktails", "data", "data_root", "density", "description", "dropout", "epsilon",
        "evaluate", "except",
        "family", "files", "fit_fraction", "floors", "form", "generate", "grid", "grids", "head", "heads",
        "hidden",
        "imbalance",
        "intermediate",
        "keep_best", "kind", "label_scale", "labels", "layers", "layers_to_transform", "learning_rate",
        "limits", "margin", "max_tokens",
        "merges",
        "method", "metrics", "models", "name", "noise", "of", "pair", "pairs", "passes", "patience",
        "precision",
        "pretrain", "rank",
        "relatedness", "report", "rows", "rslora", "rule", "sampling", "scale", "schedule", "seed", "seeds",
        "sentences", "sizes",
        "splits", "statistics", "steps", "subsets", "target", "targets", "task_defaults", "tasks",
        "temperature", "test",
        "text",
        "title", "tokens", "train", "training", "tune", "validate_every", "validate_rows", "validate_times",
        "validation", "validation_fraction",
        "value", "vary",
        "warmup", "weight_decay", "weights", "world",
      ])
  }

  @Test func `a parameter with the name of a common key is told`() {
    let of = ParameterSpec("of", .flag, default: .flag(false), "what")
    let words = Vocabulary.small(and: .init(name: "calibrated", parameters: [of, Vocabulary.rank]))
    #expect(ManifestSchema.clashes(words) == ["merges calibrated: of"])
    #expect(ManifestSchema.clashes(.small) == [])
  }

  @Test func `the guide explains every key of the schema`() throws {
    let guide = Reference.package.appendingPathComponent("Sources/Experiment/Documentation.docc/Manifest.md")
    let text = try String(contentsOf: guide, encoding: .utf8)
    for key in try schemaKeys().sorted() {
      #expect(text.contains("\(key):") || text.contains("`\(key)`"), "the guide does not explain '\(key)'")
    }
  }

  @Test func `the manifest of the guide can be read and planned`() throws {
    let guide = Reference.package.appendingPathComponent("Sources/Experiment/Documentation.docc/Manifest.md")
    let text = try String(contentsOf: guide, encoding: .utf8)
    let example = try #require(
      text.split(separator: "```yaml\n").dropFirst().first?.split(separator: "```").first)
    let manifest = try ManifestReader.read(
      String(example), path: "Experiments/finance.yaml", overrides: [], vocabulary: .small)
    #expect(manifest.dataRoot == "Experiments/../data")
    let resources = FakeResources(root: "Experiments/../data")
    #expect(try !Planner(vocabulary: .small, resources: resources).plan(manifest).jobs.isEmpty)
  }

  private func stamp(_ text: String, _ overrides: [String] = []) throws -> TablesStamp {
    TablesStamp(try plan(text, overrides), overrides: try overrides.map { try Override($0) })
  }

  @Test func `a lock file says which experiment its tables are of, and what may replace them`() throws {
    let text = manifestText("cocktails: [all]")
    let own = try stamp(text)
    let trial = try stamp(text, ["seeds=[0]", "name=trial", "title=Why", "data_root=data"])
    #expect(own.settings == [] && trial.settings == ["seeds=[0]"] && own.jobs != trial.jobs)
    for stamp in [own, trial] {
      let lock = LockFile.text(manifest: try read(text), plan: try plan(text), versions: [], stamp: stamp)
      #expect(TablesStamp(lock: lock) == stamp)
    }
    #expect(own.mayReplace(trial) && !trial.mayReplace(own) && trial.mayReplace(trial))
    // Edited, with the same settings; said otherwise, of the same jobs; beside a lock file that says nothing.
    #expect(try stamp(manifestText("cocktails: [singles]"), ["seeds=[0]"]).mayReplace(trial))
    #expect(try stamp(text, ["budget.steps=200"]).mayReplace(own))
    // The same jobs, judged otherwise.
    let judged = try stamp(text, ["statistics.margin=0.1"])
    #expect(!judged.mayReplace(own) && own.mayReplace(judged) && judged.jobs == own.jobs)
    #expect(!trial.mayReplace(TablesStamp(lock: "name: a\nsettings:\n  - grid: x\n")))
    // A grid of which one point will be tested is the same experiment before and after the choice.
    let grid = manifestText(
      "merges: [{method: ties, density: {grid: [0.1, 0.5]}}]\nevaluate: {grids: chosen}")
    let full = try plan(grid)
    let model = try #require(full.grids.first?.models.first)
    #expect(
      TablesStamp(full, overrides: []) == TablesStamp(full.testing(onlyChosen: [model]), overrides: []))
  }

  @Test func `a lock file says what was found, twice the same`() throws {
    let text = manifestText("cocktails: [all]\ntitle: \"does it: help?\"\nstatistics: {margin: 0.02}")
    func lock() throws -> String {
      LockFile.text(
        manifest: try read(text), plan: try plan(text),
        versions: [("mixology", "1.0"), ("machine", "x86_64: 2 cores")], stamp: try stamp(text))
    }
    let first = try lock()
    #expect(first == (try lock()))
    #expect(first.contains("title: \"does it: help?\"\n"))
    #expect(first.contains("statistics: {margin: 0.02}\n"))
    #expect(first.contains("base:\n  sha256: sha-of-mini\n"))
    #expect(first.contains("      train: {format: jsonl, rows: 100, sha256: sha-of-fpb/train}\n"))
    #expect(first.contains("  \"cocktail:all\": [fpb, fomc, fiqa, ner]\n"))
    #expect(first.contains("  mixology: \"1.0\"\n  machine: \"x86_64: 2 cores\"\n"))
    for model in try plan(text).models {
      #expect(first.contains(model.job.map { "job: \($0.hex)" } ?? "{model: base, recipe: base}"))
    }
  }
}

/// As much of JSON as the tests look at.
private enum JSON: Decodable {
  case object([String: JSON])
  case list([JSON])
  case other

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let members = try? container.decode([String: JSON].self) {
      self = .object(members)
    } else if let elements = try? container.decode([JSON].self) {
      self = .list(elements)
    } else {
      self = .other
    }
  }
}
