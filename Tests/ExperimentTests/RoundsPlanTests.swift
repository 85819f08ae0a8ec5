import Basics
import Experiment
import Results
import Specs
import Testing

/// Rounds of training and merging: what a manifest's `cold_fusion` comes to.
@Suite struct RoundsPlanTests {
  private static let vocabulary = Vocabulary.small(
    and: Vocabulary.Method(
      name: "cold_fusion",
      parameters: [
        ParameterSpec("rounds", .integer(1...1000), default: .number(3), usual: [2, 3], "rounds"),
        Vocabulary.rank,
      ],
      demands: Vocabulary.asking { number in
        let merge = ["rank": ParameterValue.number(number("rank"))]
        return .trained(
          .init(
            .rounds(.init("rounds", Int(number("rounds")))), rule: "linear", parameters: merge,
            between: merge))
      }))

  private func plan(_ more: String, _ overrides: [String] = ["seeds=0"]) throws -> Plan {
    try ExperimentTests.plan(manifestText(more), overrides, vocabulary: Self.vocabulary)
  }

  private func jobs(_ plan: Plan, _ model: String) -> [PlannedJob] {
    plan.jobs.filter { $0.label.contains(model) && $0.spec.kind != "predict" }
  }

  private func training(_ job: PlannedJob) throws -> TrainJob {
    guard case .train(let training) = job.spec else { throw Diagnostic("no training: \(job.label)") }
    return training
  }

  private func merge(_ job: PlannedJob) throws -> MergeJob {
    guard case .merge(let merge) = job.spec else { throw Diagnostic("no merge: \(job.label)") }
    return merge
  }

  @Test func `rounds train with their share, merge, and go on from the merge`() throws {
    let plan = try plan(
      "cocktails: [all]\nmerges: [{method: cold_fusion, of: [ner, fpb], weights: [2, 1], rounds: 3, rank: 20}]"
    )
    let found = jobs(plan, "cold_fusion")
    let name = "merge:cold_fusion(rounds=3,rank=20)"
    #expect(
      found.map(\.label) == [
        "train \(name) round 1 on ner seed 0", "train \(name) round 1 on fpb seed 0",
        "merge \(name) round 1 seed 0",
        "train \(name) round 2 on ner seed 0", "train \(name) round 2 on fpb seed 0",
        "merge \(name) round 2 seed 0",
        "train \(name) round 3 on ner seed 0", "train \(name) round 3 on fpb seed 0",
        "merge \(name) seed 0",
      ])
    let shares = [BudgetSpec.steps(67), .steps(67), .steps(66)]
    for round in 0..<3 {
      let (ner, fpb) = (try training(found[3 * round]), try training(found[3 * round + 1]))
      let merge = try merge(found[3 * round + 2])
      #expect(ner.tasks.map(\.name) == ["ner"] && fpb.tasks.map(\.name) == ["fpb"])
      #expect(ner.budget == shares[round] && fpb.budget == shares[round])
      // By the names of the tasks, the weights with them.
      #expect(merge.method == "linear" && merge.parameters == ["rank": .number(20)])
      #expect(merge.inputs == [found[3 * round + 1].id, found[3 * round].id] && merge.weights == [1, 2])
      guard round > 0 else {
        #expect(ner.start == nil && fpb.start == nil)
        continue
      }
      let (before, earlier) = (found[3 * round - 1].id, Array(shares[..<round]))
      // Only ner has a head that is trained.
      #expect(ner.start == TrainStart(adapter: before, heads: found[3 * round - 3].id, earlier: earlier))
      #expect(fpb.start == TrainStart(adapter: before, heads: nil, earlier: earlier))
    }
    // The singles themselves stand in no table and are not trained.
    #expect(plan.jobs.filter { $0.spec.kind == "train" }.count == 1 + 6)
    let model = try #require(plan.models.last)
    #expect(model.model == name && model.kind == .merge && model.job == found[8].id)
    #expect(model.recipe == "cold_fusion rounds=3,rank=20 of ner+fpb" && model.tasks == ["fpb", "ner"])
    let head = plan.jobs.compactMap { job -> PredictJob? in
      guard case .predict(let job) = job.spec, job.adapter == found[8].id else { return nil }
      return job
    }.first { $0.task.name == "ner" }?.head
    #expect(head == found[6].id)
  }

  @Test func `one round is the average of the singles`() throws {
    let plan = try plan("merges: [{method: linear}, {method: cold_fusion, rounds: 1}]")
    let merges = plan.models.filter { $0.kind == .merge }
    #expect(merges.count == 2 && merges[0].job == merges[1].job)
    #expect(plan.jobs.filter { $0.spec.kind == "train" }.count == 4)
    #expect(merges[0].evaluations == merges[1].evaluations)
  }

  @Test func `equal rounds of different recipes are the same jobs`() throws {
    let text = "merges: [{method: cold_fusion, of: [fpb, ner], rounds: {grid: [2, 3]}}]"
    // 60 steps in 2 rounds are 30 each, as are 90 in 3; 60 in 3 and 90 in 2 are others.
    let plan = try plan(text, ["seeds=0", "budget.steps=60,90"])
    let budgets = try plan.jobs.filter { $0.spec.kind == "train" && $0.label.contains("cold_fusion") }
      .map { try training($0).budget }
    #expect(budgets.filter { $0 == .steps(30) }.count == 6)
    #expect(budgets.filter { $0 == .steps(20) }.count == 6)
    #expect(budgets.filter { $0 == .steps(45) }.count == 4)
    let models = plan.models.filter { $0.kind == .merge }
    #expect(models.count == 4 && Set(models.map(\.job)).count == 4)
    #expect(try self.plan(text).models.filter { $0.grid != nil }.isEmpty)
  }

  @Test func `an estimate counts what lies below the factors`() throws {
    let plan = try plan("cocktails: [all]\nmerges: [{method: cold_fusion, of: [fpb, fomc], rounds: 2}]")
    let found = jobs(plan, "cold_fusion")
    #expect(found.count == 6)
    #expect(found[3].work.disk > found[0].work.disk && found[3].work.flops > found[0].work.flops)
    #expect(found[3].work.memory > found[0].work.memory)
    #expect(found[5].work.flops > found[2].work.flops && found[5].work.disk > found[2].work.disk)
  }

  @Test func `what lies below is folded once in floats, and read with every token in bf16`() throws {
    func trainings(_ precision: String) throws -> (first: JobWork, second: JobWork) {
      let plan = try plan(
        "adapter: {rank: 1}\nmerges: [{method: cold_fusion, of: [fpb, fomc], rounds: 2, rank: 1}]",
        ["seeds=0", "training.precision=\(precision)", "task_defaults.head=linear"])
      let found = jobs(plan, "cold_fusion")
      return (found[0].work, found[3].work)
    }
    let exact = try trainings("float32")
    // Four layers of 8 by 8, rank 1.
    #expect(abs(exact.second.flops - exact.first.flops - 4 * 2 * 64) < 1)
    let rounded = try trainings("bfloat16")
    // Forward in all four, backward in those of the upper block: two products each, of 8 and of 8.
    let beside = rounded.first.tokens * 2 * (4 + 2) * 16
    #expect(abs(rounded.second.flops - rounded.first.flops - beside) < 1e-6 * beside)
    #expect(rounded.second.roundedFLOPs == rounded.first.roundedFLOPs)
  }

  @Test func `all methods are those that merge trained models`() throws {
    let plan = try plan("merges: [{method: all, of: [fpb, fomc]}]")
    #expect(!plan.models.contains { $0.model.contains("cold_fusion") })
  }

  @Test func `rounds that cannot be are refused`() throws {
    #expect(
      complaint {
        _ = try plan(
          """
          merges:
            - {method: cold_fusion, rounds: 0}
            - {method: cold_fusion, rounds: 6}
            - {method: cold_fusion, name: many, rounds: {grid: [2, 7]}}
            - {method: ties, rounds: 2}
            - {method: cold_fusion, name: both, scale: 2, rounds: 2}
          """, ["seeds=0", "budget.steps=5"])
      } == """
        a.yaml:12:35: error: 'rounds' must be a whole number in 1…1000, not '0'
           12 |   - {method: cold_fusion, rounds: 0}
              |                                   ^
        a.yaml:13:35: error: a budget of 5 steps cannot be shared out among 6 rounds
           13 |   - {method: cold_fusion, rounds: 6}
              |                                   ^ lower 'rounds' or raise budget.steps
        a.yaml:14:47: error: a budget of 5 steps cannot be shared out among 7 rounds
           14 |   - {method: cold_fusion, name: many, rounds: {grid: [2, 7]}}
              |                                               ^ lower 'rounds' or raise budget.steps
        a.yaml:15:20: error: unknown parameter 'rounds' of merge method 'ties'
           15 |   - {method: ties, rounds: 2}
              |                    ^ known: method, name, of, weights, density, scale, grid
        a.yaml:16:39: error: unknown parameter 'scale' of merge method 'cold_fusion'
           16 |   - {method: cold_fusion, name: both, scale: 2, rounds: 2}
              |                                       ^ known: method, name, of, weights, rounds, rank, grid
        """)
    #expect(
      try self.plan("merges: [{method: cold_fusion, rounds: 6}]", ["seeds=0", "budget={passes: 1}"])
        .models.count { $0.kind != .floor } == 6)
  }
}
