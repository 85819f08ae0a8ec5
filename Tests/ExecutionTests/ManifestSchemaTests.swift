import Basics
import Execution
import Experiment
import Foundation
import TestSupport
import Testing
import Yams

/// The schema that `mixology schema` prints, against the reader.
@Suite struct ManifestSchemaTests {
  private static let words = Vocabulary.joined
  private static let schema = Result { try ManifestSchema.jsonSchema(words) }

  /// Every section, in two manifests.
  private static let manifests = [
    """
    {"name": "m", "title": "t", "data_root": "d", "seeds": [0, 1], "base": "mini", "head": "linear",
      "task_defaults": {
        "head": "linear", "limits": {"train": 50, "validation": 20, "test": 20}, "validation_fraction": 0.1},
      "tasks": {
        "fpb": {"data": "fpb", "kind": "classification", "text": "{text}", "pair": "{other}", "target": "label",
          "labels": {"bad": "bad news", "good": null}, "metrics": ["macro_f1", "accuracy"], "family": "mood",
          "head": "labels", "validation_fraction": 0.2},
        "fiqa": {"files": {"train": "a.jsonl", "test": "b.jsonl"}, "kind": "regression",
          "anchors": {"low": {"description": "x", "value": -1}, "high": {"value": 1}}, "metrics": ["pearson"],
          "family": ["mood", "score"], "limits": {"train": 9}},
        "ner": {"data": "ner", "kind": "tagging", "labels": ["O", "B-PER", "I-PER"], "metrics": ["entity_f1"]},
        "news": {"metrics": ["accuracy"], "generate": {"form": "sentiment",
          "rows": {"train": 9, "validation": 9, "test": 9}, "relatedness": 0.5, "noise": 0.1, "imbalance": 0.2,
          "world": 1}}},
      "cocktails": ["singles", {"pairs": "within_families"}, {"pairs": {"family": "mood"}},
        {"subsets": {"sizes": [2]}},
        {"name": "two", "tasks": ["fpb", "ner"], "sampling": {"rule": "weights", "weights": {"fpb": 2}}}],
      "sampling": {
        "rule": {"grid": ["temperature", "proportional"]}, "temperature": 2, "cap": {"grid": [100, 200]}},
      "budget": {"steps": {"grid": [10, 20]}},
      "adapter": {"rank": 8, "alpha": 16, "dropout": 0.1, "rslora": true, "targets": ["query"]},
      "training": {
        "learning_rate": {"grid": [0.001, 0.002]}, "schedule": "linear", "keep_best": true, "validate_every": 5},
      "merges": [
        {"name": "a", "method": "ties", "of": ["fpb", "ner"], "weights": [1, 0.5],
          "density": {"grid": [0.2, 0.5]}, "grid": "usual"},
        {"method": "all", "of": "singles", "grid": "none", "except": ["slerp"]},
        {"method": "search", "of": "singles", "try": "ties", "trials": 5, "over": {"density": [0.1, 0.9]},
          "search_weights": true},
        {"method": "svd@peft", "rank": 4}],
      "evaluate": {"tasks": ["fpb"], "splits": ["validation", "test"], "grids": "all"}}
    """,
    """
    {"name": "m", "base": {"pretrain": {"hidden": 32, "layers": 1, "heads": 2, "intermediate": 64,
        "sentences": 10, "world": 0, "steps": 5, "batch_rows": 2, "learning_rate": 0.01, "seed": 1}},
      "tasks": {
        "a": {"generate": {"form": "sentiment", "rows": {"train": 9}}},
        "b": {"generate": {"form": "topic", "rows": {"train": 9}}}},
      "sampling": {"rule": "temperature", "temperature": 2}, "budget": {"passes": 2},
      "merges": [{"method": "slerp"}, {"method": "cold_fusion", "rounds": 2}],
      "evaluate": {"tasks": "own", "grids": "chosen", "splits": ["validation"]}}
    """,
  ]

  /// Keys that stand beside others where they have no effect, by their place in the first manifest.
  private static let misplaced = [
    ("tasks.news.kind", #""classification""#), ("tasks.fpb.anchors", #"{"a": {"value": 1}}"#),
    ("tasks.fpb.files", #"{"train": "a.csv"}"#), ("tasks.ner.pair", #""{b}""#),
    ("tasks.fiqa.labels", #"["a", "b"]"#), ("cocktails.1.name", #""pairs""#), ("sampling.weights", "{}"),
    ("budget.passes", "2"), ("merges.1.name", #""every""#),
  ]

  /// All mistakes, with what the reader has against each.
  private static let mutants = Result { try everyMutant() }

  private static func everyMutant() throws -> [(mutant: ManifestMutant, refusals: [String])] {
    let documents = try Self.documents()
    let mutants =
      try documents.flatMap { ManifestMutant.all(of: $0) }
      + misplaced.map { path, value in
        let path = path.split(separator: ".").map(String.init)
        return ManifestMutant(
          rule: "misplaced", path: path,
          manifest: documents[0].setting(path[...], try JSON(Array(value.utf8), file: "value")))
      }
    return try mutants.map { ($0, try refusals($0.manifest)) }
  }

  private static func documents() throws -> [JSON] {
    try manifests.map { try JSON(Array($0.utf8), file: "manifest.json") }
  }

  /// What the reader has against a manifest.
  private static func refusals(_ manifest: JSON) throws -> [String] {
    do {
      _ = try ManifestReader.read(
        manifest.written, path: "m.yaml", overrides: [], vocabulary: words)
      return []
    } catch let problems as Diagnostics {
      return problems.all.map(\.what)
    }
  }

  /// What no JSON Schema can say: it knows no names of this manifest, and does not divide.
  private static let unsayable = [
    "unknown task '", "unknown task or cocktail '", "no task is of the family", "no two tasks share a family",
    "only one task is of the family", "are called '", "cannot be called", "no subsets of", "do not divide",
    "weights for ", "weight for ", "has no effect without validation", "is no number parameter",
    "must be two numbers", "there is nothing to search", "cannot be shared out",
  ]

  private static func isSayable(_ refusals: [String]) -> Bool {
    !refusals.allSatisfy { refusal in unsayable.contains { refusal.contains($0) } }
  }

  @Test func `it takes what the reader takes and refuses what it refuses, at the key that is wrong`() throws {
    let check = try SchemaCheck(Self.schema.get())
    var refused = 0
    for manifest in try Self.documents() {
      #expect(try Self.refusals(manifest) == [])
      #expect(check.problems(with: manifest) == [])
    }
    for (mutant, refusals) in try Self.mutants.get() {
      let problems = check.problems(with: mutant.manifest)
      if refusals.isEmpty {
        #expect(problems == [] && mutant.rule != "misplaced", "the reader takes \(mutant)")
      } else if Self.isSayable(refusals) {
        refused += 1
        #expect(problems.contains { mutant.isWhereItIs($0.path) }, "\(mutant): \(refusals), \(problems)")
      }
    }
    #expect(refused > 500)
  }

  @Test func `every row of every table stands in it, with its parameters`() throws {
    let text = try Self.schema.get()
    let words = Self.words
    let names =
      words.methods.map(\.name) + words.metrics.map(\.name) + words.samplingRules.map(\.name)
      + words.generatorForms
    for name in names { #expect(text.contains("\"\(name)\""), "\(name)") }
    let check = try SchemaCheck(text)
    for method in words.methods {
      let found = check.problems(with: try Self.merge(method.name, [:])).map(\.what)
      #expect(found == [], "\(method.name)")
      for parameter in method.parameters {
        let merge = try Self.merge(method.name, [parameter.name: parameter.defaultValue])
        #expect(check.problems(with: merge) == [], "\(method.name): \(parameter.name)")
      }
    }
  }

  private static func merge(_ method: String, _ parameters: [String: ParameterValue]) throws -> JSON {
    let set = try parameters.map { name, value in
      ", \"\(name)\": " + String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
    let text = """
      {"name": "m", "base": "b", "tasks": {"a": {"data": "a", "kind": "tagging", "labels": ["O", "B-a"]}},
        "budget": {"steps": 1}, "merges": [{"method": "\(method)"\(set.joined())}]}
      """
    return try JSON(Array(text.utf8), file: "merge.json")
  }

  @Test func `it stays below 200 KB`() throws {
    #expect(try Self.schema.get().utf8.count < 200_000)
  }

  @Test func `the experiments fit it`() throws {
    let check = try SchemaCheck(Self.schema.get())
    let folder = Reference.package.appendingPathComponent("Experiments")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(!files.isEmpty)
    for file in files where file.hasSuffix(".yaml") {
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      let manifest = JSON(yaml: try #require(try Yams.compose(yaml: text)))
      #expect(check.problems(with: manifest) == [], "\(file)")
    }
  }

  private static let script = Reference.package.appendingPathComponent("Tests/Schema/best_match.py").path
  private static var hasPython: Bool {
    (try? run("python3", "-c", "from jsonschema import Draft202012Validator")) != nil
  }

  private static func run(_ arguments: String...) throws -> Data {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Diagnostic("\(arguments) failed") }
    return data
  }

  @Test(.enabled(if: hasPython, "needs python3 with jsonschema"))
  func `the best match of Python's jsonschema is the key that is wrong`() throws {
    let mutants = try Self.mutants.get().filter { Self.isSayable($0.refusals) }.map(\.mutant)
    #expect(mutants.count > 500)
    try withFolder { folder in
      let (schema, manifests) = (folder + "/schema.json", folder + "/manifests.json")
      try write(try Self.schema.get(), to: schema)
      try write(JSON.list(mutants.map(\.manifest)).written, to: manifests)
      let output = try Self.run("python3", Self.script, schema, manifests)
      let found = try #require(try JSON(Array(output), file: "output").list)
      #expect(found.count == mutants.count)
      for (mutant, match) in zip(mutants, found) {
        let path = match["path"]?.list?.compactMap(\.text)
        #expect(path.map(mutant.isWhereItIs) == true, "\(mutant): \(match.written)")
        #expect(match["message"]?.text?.contains("under any of the given schemas") == false, "\(mutant)")
      }
    }
  }
}

extension ManifestMutant {
  /// Whether a validator that points there points at the mistake: at the key, at the mapping that lacks it, or at a key
  /// beside it that it rules out.
  fileprivate func isWhereItIs(_ found: [String]) -> Bool {
    let mapping = Array(path.dropLast())
    switch rule {
    case "misplaced": return Array(found.dropLast()) == mapping
    case "missing": return found == mapping || Array(found.dropLast()) == mapping
    case "parameter of another method": return found == mapping
    case "unknown key": return found == path || found == path + ["keyx"]
    default: return found == path
    }
  }
}

extension JSON {
  /// A YAML node by the core schema of YAML 1.2, as editors read it.
  fileprivate init(yaml node: Node) {
    switch node {
    case .mapping(let mapping):
      self = .object(of: mapping.map { ($0.key.string ?? "", JSON(yaml: $0.value)) })
    case .sequence(let sequence): self = .list(sequence.map { JSON(yaml: $0) })
    case .scalar(let scalar):
      let text = scalar.string
      switch text {
      case _ where scalar.style != .plain && scalar.style != .any: self = .text(text)
      case "", "~", "null": self = .null
      case "true", "false": self = .flag(text == "true")
      default:
        self =
          text.wholeMatch(of: /[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?/) == nil ? .text(text) : .number(text)
      }
    case .alias: self = .null
    }
  }
}
