import Basics
import Execution
import Experiment
import Foundation
import Results
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// The kinds of task over the joined tables: every row has all that it owes, from the manifest to the text of a prediction.
@Suite struct KindTests {
  /// A task of a kind with some of its rows.
  private struct Sample {
    /// What a manifest says of it, as members of a JSON object.
    let keys: String
    /// Records of a data file.
    let rows: [String]
    /// What they ask for, as predictions are written.
    let answers: [String]
  }

  private static let samples: [TaskKind: Sample] = [
    .classification: Sample(
      keys: #""labels": ["bad", "very good"]"#,
      rows: [#"{"text": "a b", "label": "very good"}"#, #"{"text": "b", "label": "bad"}"#],
      answers: ["very good", "bad"]),
    .multilabel: Sample(
      keys: #""labels": ["bad", "very good", "odd"], "head": "linear""#,
      rows: [
        #"{"text": "a b", "labels": ["very good", "bad"]}"#, #"{"text": "b", "labels": []}"#,
        #"{"text": "c", "labels": "odd ; bad"}"#,
      ], answers: ["bad;very good", "", "bad;odd"]),
    .regression: Sample(
      keys: #""anchors": {"low": {"value": -1}, "high": {"value": 1}}"#,
      rows: [#"{"text": "a b", "score": 0.1}"#, #"{"text": "b", "score": "-1e-7"}"#],
      answers: ["0.1", "-1e-07"]
    ),
    .tagging: Sample(
      keys: #""labels": ["O", "B-X", "I-X", "B-a b"]"#,
      rows: [
        #"{"tokens": ["a", "b", "c"], "tags": ["B-X", "I-X", "O"]}"#,
        #"{"tokens": ["a", "b"], "tags": ["B-a b", "O"]}"#,
      ], answers: ["B-X I-X O", "B-a b O"]),
  ]

  @Test func `every kind has all that it owes`() throws {
    let words = Vocabulary.joined
    var owed: [String] = []
    for row in TaskKinds.all.entries {
      func owes(_ what: String) { owed.append("the kind '\(row.name)' \(what)") }
      let suited = words.metrics.filter { $0.kinds.contains(row.outline.kind) }.map(\.name)
      if suited.isEmpty { owes("has no metric: none of the table measures a target that is \(row.form)") }
      for name in row.outline.usualMetrics where !suited.contains(name) {
        owes("is usually measured by '\(name)', which does not measure it")
      }
      for head in HeadKind.allCases where !Readouts.all.names.contains(row.readout(head)) {
        owes(
          "names the readout '\(row.readout(head))' for the head \(head.rawValue), which is not in the table")
      }
      guard let sample = Self.samples[row.outline.kind] else {
        owes("has no rows to read: add some to the samples of KindTests")
        continue
      }
      do { try check(sample, row, words, owes) } catch { owes("does not read its sample: \(error)") }
    }
    #expect(owed == [])
  }

  /// Plans a task of the kind over its sample, reads it as jobs do, and writes predictions and reads them.
  private func check(
    _ sample: Sample, _ row: TaskKindRow, _ words: Vocabulary, _ owes: (String) -> Void
  ) throws {
    let text = """
      {"name": "t", "base": {"pretrain": {"steps": 1}}, "budget": {"steps": 1},
        "tasks": {"a": {"files": {"train": "a.jsonl"}, "kind": "\(row.name)", \(sample.keys)}},
        "evaluate": {"splits": ["validation"]}}
      """
    let schema = try SchemaCheck(ManifestSchema.jsonSchema(words))
    for problem in schema.problems(with: try JSON(Array(text.utf8), file: "m.json")) {
      owes("is refused by the schema: \(problem)")
    }
    let scratch = try Scratch()
    try write(
      sample.rows.joined(separator: "\n") + "\n", to: scratch.url.appendingPathComponent("a.jsonl").path)
    let manifest = try ManifestReader.read(
      text, path: scratch.url.appendingPathComponent("m.yaml").path, overrides: [], vocabulary: words)
    let resources = DiskResources(
      facts: FactsCache(folder: nil), folder: scratch.url.path, environment: [:])
    let plan = try Planner(vocabulary: words, resources: resources).plan(manifest)
    let facts = try #require(plan.data.first { $0.facts.split == .train }).facts
    if facts.labels.reduce(0, +) == 0, facts.numbers == nil { owes("counts nothing in its data") }
    var task = try #require(plan.plannedTasks.first).spec
    task.validationFraction = 0
    let targets = try TaskLoader.load(task, split: .train) { plan.locations[$0] }.map(\.target)
    if targets.count != sample.answers.count {
      owes("reads \(targets.count) rows of \(sample.answers.count)")
    }
    for (target, answer) in zip(targets, sample.answers) {
      if target.form != row.form { owes("reads a target that is \(target.form), not \(row.form)") }
      let written = task.text(of: target)
      if written != answer { owes("writes '\(written)' for '\(answer)'") }
      if task.target(of: written) != target { owes("does not read '\(written)' back") }
      if task.isRight(target, target) == false { owes("takes the target itself for wrong") }
      for other in targets where other != target && task.isRight(other, target) == true {
        owes("takes '\(task.text(of: other))' for '\(written)'")
      }
    }
    let probabilities = targets.map { target in
      let items = row.form.isOfWords ? target.indices.count : 1
      return [Float](repeating: 0.5, count: row.outline.labels == nil ? 0 : items * task.labels.count)
    }
    let columns = PredictionColumns(
      rows: targets.indices.map { UInt32(2 * $0 + 1) }, texts: targets.indices.map { UInt64($0) },
      predictions: zip(targets, probabilities).map { Prediction($0, probabilities: $1) },
      labels: row.outline.labels == nil ? 0 : task.labels.count)
    if try PredictionColumns(columns.bytes) != columns { owes("does not come back from stored predictions") }
    if task.target(of: "no such answer") != nil { owes("reads an answer that there is not") }
  }
}
