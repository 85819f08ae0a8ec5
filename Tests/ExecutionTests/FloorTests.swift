import Basics
import Execution
import Foundation
import Specs
import Tasks
import TestSupport
import Testing

/// What can be had without training a model: jobs of their own, scored as all predictions are.
@Suite struct FloorTests {
  let experts: TwoExperts
  var scratch: Scratch { experts.scratch }

  init() throws {
    experts = try TwoExperts(blocks: 2, pretraining: 5, rows: 60, steps: 1, adapter: AdapterSpec())
  }

  private func generated(_ form: String) throws -> TaskSpec {
    var task = try #require(GeneratedSuite.template(form))
    task.source = .generated(GeneratorSpec(form: form, rows: ["train": 60, "validation": 5, "test": 40]))
    return task
  }

  private func predictions(_ id: JobID) throws -> PredictionColumns {
    let file = scratch.store.folder(id).appendingPathComponent("predictions.bin")
    return try PredictionColumns(Array(Data(contentsOf: file)))
  }

  private func probe(_ task: TaskSpec, hides: String? = nil) throws -> (fitted: JobID, predicted: JobID) {
    let base = Hashed(BaseSpec.pretrained(experts.pretrained))
    let probed = task.probed
    let fitted = try experts.performer.done(
      .probe(
        ProbeJob(base: base, task: Hashed(probed.reduced(to: [.train])), maxTokens: 32, hides: hides)))
    let predicted = try experts.performer.done(
      .predict(
        PredictJob(
          base: base, adapter: nil, task: Hashed(probed.predicted(.test, isTold: false)), split: .test,
          head: fitted, maxTokens: 32, labelScale: nil, hides: hides)))
    return (fitted, predicted)
  }

  @Test func `every form of answers has a probe that beats the guess`() throws {
    for form in ["sentiment", "topic", "score", "entities"] {
      let task = try generated(form)
      let (fitted, predicted) = try probe(task)
      guard case .probe(let result) = try scratch.store.result(fitted) else {
        Issue.record("no probe of \(form)")
        continue
      }
      #expect(result.examples == 60 && result.vectors >= 60 && result.loss.isFinite, "\(form)")
      let guessed = try experts.performer.done(
        .guess(GuessJob(task: Hashed(task.reduced(to: [.train, .test])), split: .test)))
      let (own, other) = (try predictions(predicted), try predictions(guessed))
      #expect(own.rows == other.rows && own.texts == other.texts && own.rows.count == 40, "\(form)")
      let rows = try TaskLoader.rows(task, split: .test) { _ in nil }
      let metric = try #require(task.metrics.first)
      func score(_ columns: PredictionColumns) throws -> Double {
        try #require(
          try task.scores([metric], columns.predictions, WantedRows(rows.examples.map(\.target)))[metric])
      }
      // A tagger is hard to beat by words' own tags, and a mean has no correlation at all.
      let (found, known) = (try score(own), try score(other))
      if ["sentiment", "topic"].contains(form) { #expect(found > known, "\(form)") }
      #expect(found.isFinite, "\(form)")
      #expect(Set(other.predictions.map(\.target)).count == 1 || form == "entities")
    }
  }

  @Test func `a probe without a column reads the rest, and answers for the same rows and texts`() throws {
    var task = try generated("sentiment")
    let lines = (0..<40).map { row in
      "{\"a\": \"\(row % 2 == 0 ? "good" : "bad") news\", \"b\": \"number \(row)\", \"label\": \"\(row % 2 == 0 ? "x" : "y")\"}\n"
    }.joined()
    let file = scratch.url.appendingPathComponent("rows.jsonl")
    try write(lines, to: file.path)
    let data = DataFile(sha256: StableHash.hex(Data(lines.utf8)), format: "jsonl")
    task = TaskSpec(
      name: "pairs", kind: .classification, source: .files(["train": data, "test": data]), text: "{a}",
      pair: "{b}", labels: ["x", "y"].map { LabelSpec(name: $0, description: $0) }, metrics: ["accuracy"],
      validationFraction: 0.2)
    experts.performer.add(locations: [data.sha256: file.path])
    let whole = try predictions(probe(task).predicted)
    let blind = try predictions(probe(task, hides: "a").predicted)
    #expect(whole.rows == blind.rows && whole.texts == blind.texts)
    func right(_ columns: PredictionColumns) -> Int {
      columns.predictions.enumerated().count { $1.target == .label($0 % 2) }
    }
    #expect(right(whole) == 40)
    #expect(right(blind) < 34)
  }
}
