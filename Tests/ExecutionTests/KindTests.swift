import Basics
import Execution
import Experiment
import Foundation
import Results
import Specs
import TaskFixtures
import Tasks
import TestSupport
import Testing
import Training

/// The kinds of task over the joined tables: every row has all that it owes, from the manifest to the text of a prediction.
@Suite struct KindTests {
  @Test func `every kind has all that it owes`() throws {
    let words = Vocabulary.joined
    let golden = try HeadGolden.read()
    for row in TaskKinds.all.entries {
      let owed = try owed(row, words, golden)
      if !owed.isEmpty { Issue.record("the kind '\(row.name)'\n- \(owed.joined(separator: "\n- "))") }
    }
  }

  private func owed(_ row: TaskKindRow, _ words: Vocabulary, _ golden: HeadGolden) throws -> [String] {
    var owed: [String] = []
    func owes(_ what: String) { owed.append(what) }
    let suited = words.metrics.filter { $0.kinds.contains(row.outline.kind) }.map(\.name)
    if suited.isEmpty { owes("has no metric: none of the table measures a target that is \(row.form)") }
    for name in row.outline.usualMetrics where !suited.contains(name) {
      owes("is usually measured by '\(name)', which does not measure it")
    }
    // What decoders say has golden numbers of its own (AnswerTests).
    let heads = HeadKind.allCases.filter { $0 != .answers }
    for readout in Set(heads.map(row.readout)).sorted() {
      if !Readouts.all.names.contains(readout) {
        owes("names the readout '\(readout)', which is not in Training/Readouts/Readouts.swift")
      } else if golden.cases(of: readout).isEmpty {
        owes(
          "has the readout '\(readout)' without golden losses: add it to Tests/Golden/models/generate_heads.py, and "
            + "run that")
      }
    }
    guard let fixture = KindFixture.all[row.outline.kind] else {
      owes(
        "has no rows to read and no toy to learn: add both to Tests/TaskFixtures/KindFixture.swift, and then make "
          + "Metrics.md again (UPDATE_SNAPSHOTS=1 make test FILTER=MetricPageTests)")
      return owed
    }
    do { try check(fixture, row, words, owes) } catch { owes("does not read its rows: \(error)") }
    return owed
  }

  /// Plans a task of the kind over its rows, reads it as jobs do, and writes predictions and reads them.
  private func check(
    _ fixture: KindFixture, _ row: TaskKindRow, _ words: Vocabulary, _ owes: (String) -> Void
  ) throws {
    let text = """
      {"name": "t", "base": {"pretrain": {"steps": 1}}, "budget": {"steps": 1},
        "tasks": {"a": {"files": {"train": "a.jsonl"}, "kind": "\(row.name)", \(fixture.keys)}},
        "evaluate": {"splits": ["validation"]}}
      """
    let schema = try SchemaCheck(ManifestSchema.jsonSchema(words))
    for problem in schema.problems(with: try JSON(Array(text.utf8), file: "m.json")) {
      owes("is refused by the schema: \(problem)")
    }
    let scratch = try Scratch()
    try write(
      fixture.rows.joined(separator: "\n") + "\n", to: scratch.url.appendingPathComponent("a.jsonl").path)
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
    if targets.count != fixture.answers.count {
      owes("reads \(targets.count) rows of \(fixture.answers.count)")
    }
    for (target, answer) in zip(targets, fixture.answers) {
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
