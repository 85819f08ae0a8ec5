import Basics
import Experiment
import Specs
import Testing

/// Merges that have to know the data: what is planned before them.
@Suite struct StatisticsPlanTests {
  private static let rows = ParameterSpec(
    "rows", .integer(1...1_000_000), default: .number(256), "examples of each task")

  private static var vocabulary: Vocabulary {
    var words = Vocabulary.small
    let factor = ParameterSpec("factor", .number(0...1), default: .number(0.9), "factor")
    func measuring(_ what: MergeEvidence) -> @Sendable ([String: ParameterValue]) -> MergeDemands {
      { given in
        Vocabulary.asking({ number in
          let labels = given.choice(FisherLabels.self, "labels") ?? .model
          return .measured(.init(what, rows: Int(number("rows")), labels: labels))
        })(given)
      }
    }
    words.methods += [
      Vocabulary.Method(name: "regmean", parameters: [rows, factor], demands: measuring(.inputGrams)),
      Vocabulary.Method(
        name: "regmean_pp", parameters: [rows, factor], demands: measuring(.propagatedGrams)),
      Vocabulary.Method(
        name: "fisher",
        parameters: [
          rows, ParameterSpec("labels", .choice(["model", "data"]), default: .text("model"), "whose"),
        ], demands: measuring(.fisher)),
    ]
    return words
  }

  private func plan(_ more: String, _ overrides: [String] = ["seeds=0"]) throws -> Plan {
    try ExperimentTests.plan(manifestText(more), overrides, vocabulary: Self.vocabulary)
  }

  private func measurements(_ plan: Plan) -> [StatisticsJob] {
    plan.jobs.compactMap { job in
      if case .statistics(let statistics) = job.spec { statistics } else { nil }
    }
  }

  private func merges(_ plan: Plan) -> [MergeJob] {
    plan.jobs.compactMap { job in if case .merge(let merge) = job.spec { merge } else { nil } }
  }

  @Test func `each input is measured on its own tasks, once for all merges that ask the same`() throws {
    let plan = try plan(
      """
      cocktails: [singles]
      merges:
        - {method: regmean, of: [fpb, ner], factor: {grid: [0.5, 0.9]}}
        - {method: regmean, of: [ner, fomc], rows: 256}
      """)
    let found = measurements(plan)
    #expect(found.count == 3)
    #expect(Set(found.map(\.what)) == [.inputGrams])
    #expect(found.map(\.tasks).map { $0.map(\.name) } == [["fpb"], ["ner"], ["fomc"]])
    #expect(found.allSatisfy { $0.rows == 256 && $0.maxTokens == 128 && $0.split == .train })
    // As the training saw the task, so that its tokenised examples serve again.
    let ids = Dictionary(uniqueKeysWithValues: plan.jobs.map { ($0.id, $0.spec) })
    for job in found {
      guard case .train(let training) = ids[job.adapter] else {
        Issue.record("not of a training")
        continue
      }
      #expect(job.tasks == training.tasks)
    }
    for merge in merges(plan) {
      #expect(merge.statistics?.count == 2 && merge.data == nil)
      for (input, id) in zip(merge.inputs, merge.statistics ?? []) {
        guard case .statistics(let job) = ids[id] else {
          Issue.record("no measurement")
          continue
        }
        #expect(job.adapter == input)
      }
    }
    #expect(plan.jobs.contains { $0.label == "measure single:fpb seed 0 (inputs)" })
    for job in plan.jobs where job.spec.kind == "statistics" {
      #expect(job.work.flops > 0 && job.work.memory > 90e6 && job.work.disk > 0 && job.work.rows > 0)
    }
  }

  @Test func `a cocktail is measured on all of its tasks, by name`() throws {
    let plan = try plan(
      "cocktails: [{name: two, tasks: [fpb, fomc]}]\nmerges: [{method: regmean, of: [two, ner], rows: 10}]")
    #expect(measurements(plan).map(\.tasks).map { $0.map(\.name) } == [["fomc", "fpb"], ["ner"]])
    #expect(measurements(plan).map(\.rows) == [10, 10])
  }

  @Test func `Fisher merging says over whose labels, and follows the scale of label heads`() throws {
    let text = "cocktails: [singles]\nmerges: [{method: fisher, labels: {grid: [model, data]}}]"
    let plan = try plan(text)
    #expect(
      Set(measurements(plan).map(\.what)) == [
        .fisher(labels: .model, labelScale: 20), .fisher(labels: .data, labelScale: 20),
      ])
    #expect(measurements(plan).count == 8)
    let other = try self.plan(text, ["seeds=0", "training.label_scale=10"])
    #expect(
      measurements(other).allSatisfy { job in
        if case .fisher(_, let scale) = job.what { scale == 10 } else { false }
      })
    // Inputs do not depend on the heads.
    let expected = plan.jobs.filter { $0.label.hasPrefix("measure single:fpb seed 0 (fisher)") }
    #expect(expected.count == 2 && expected[0].work.flops > expected[1].work.flops)
  }

  @Test func `a merge that measures by itself is given the data`() throws {
    let plan = try plan("cocktails: [singles]\nmerges: [{method: regmean_pp, of: [fpb, ner], rows: 7}]")
    #expect(measurements(plan).isEmpty)
    let data = try #require(merges(plan).first?.data)
    #expect(data.tasks.map { $0.map(\.name) } == [["fpb"], ["ner"]])
    #expect(data.rows == 7 && data.base == .folder(sha256: "sha-of-mini"))
    let plain = try self.plan("cocktails: [singles]\nmerges: [{method: linear, of: [fpb, ner]}]")
    func work(_ plan: Plan) -> JobWork? { plan.jobs.first { $0.spec.kind == "merge" }?.work }
    #expect((work(plan)?.flops ?? 0) > (work(plain)?.flops ?? 0))
    #expect(merges(plain).allSatisfy { $0.data == nil && $0.statistics == nil })
  }
}
