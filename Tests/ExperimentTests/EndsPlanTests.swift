import Basics
import Experiment
import Results
import Specs
import Testing

/// Models that are trained together to be mixed: what a manifest's `pamal` comes to.
@Suite struct EndsPlanTests {
  private static let vocabulary = Vocabulary.small(
    and: Vocabulary.Method(
      name: "pamal",
      parameters: [
        ParameterSpec("alpha", .number(0...1), default: .number(0.5), "place"),
        ParameterSpec("concentration", .number(0.01...1000), default: .number(1), "p"), Vocabulary.rank,
      ],
      demands: Vocabulary.asking(
        { number in
          .trained(
            .init(
              .ends(concentration: number("concentration"), place: number("alpha")), rule: "linear",
              parameters: ["rank": .number(number("rank"))]))
        }, isOrdered: { _ in true })))

  private func plan(_ more: String, _ overrides: [String] = ["seeds=0"]) throws -> Plan {
    try ExperimentTests.plan(manifestText(more), overrides, vocabulary: Self.vocabulary)
  }

  private func trainings(_ plan: Plan) -> [(id: JobID, job: TrainJob)] {
    plan.jobs.compactMap { planned in
      guard case .train(let job) = planned.spec, job.ends != nil else { return nil }
      return (planned.id, job)
    }
  }

  private func merges(_ plan: Plan) -> [MergeJob] {
    plan.jobs.compactMap { job in if case .merge(let merge) = job.spec { merge } else { nil } }
  }

  @Test func `all points of a line share one training of as many steps as its singles`() throws {
    let plan = try plan(
      "cocktails: [all]\nmerges: [{method: pamal, of: [ner, fpb], alpha: {grid: [0, 0.25, 1]}, rank: 3}]")
    let found = trainings(plan)
    #expect(found.count == 1 && plan.jobs.filter { $0.spec.kind == "train" }.count == 2)
    let training = try #require(found.first)
    #expect(training.job.tasks.map(\.name) == ["fpb", "ner"] && training.job.budget == .steps(400))
    #expect(training.job.ends == EndsSpec(concentration: 1) && training.job.start == nil)
    #expect(plan.jobs.contains { $0.label == "train ends:fpb+ner seed 0" })
    // ner is the first of the line, fpb of the training.
    #expect(merges(plan).map(\.weights) == [[1, 0], [0.75, 0.25], [0, 1]])
    for merge in merges(plan) {
      #expect(merge.method == "linear" && merge.parameters == ["rank": .number(3)])
      #expect(merge.inputs == [training.id, training.id] && merge.ends == [1, 0])
    }
    let models = plan.models.filter { $0.kind == .merge }
    #expect(
      models.first?.model == "merge:pamal(alpha=0,rank=3)" && models.allSatisfy { $0.method == "pamal" })
    let heads = plan.jobs.compactMap { job -> PredictJob? in
      guard case .predict(let job) = job.spec, job.task.name == "ner", job.head != nil else { return nil }
      return job
    }.filter { job in models.contains { $0.job == job.adapter } }
    #expect(heads.count == 6 && heads.allSatisfy { $0.head == training.id })
  }

  @Test func `more than two models have their place by weights`() throws {
    let plan = try plan(
      """
      merges:
        - {method: pamal, name: one, of: [ner, fpb, fomc], weights: [2, 1, 1], concentration: 7}
        - {method: pamal, name: two, of: [fpb, fomc, ner], weights: [0, 0, 1], concentration: 7}
        - {method: pamal, name: three, of: [fpb, fomc, ner]}
      """, ["seeds=0", "budget={passes: 2}"])
    #expect(trainings(plan).map(\.job.ends?.concentration) == [7, 1])
    #expect(trainings(plan).allSatisfy { $0.job.budget == .passes(2) })
    #expect(merges(plan).map(\.weights) == [[2, 1, 1], [0, 0, 1], [1, 1, 1]])
    #expect(merges(plan).map(\.ends) == [[2, 1, 0], [1, 0, 2], [1, 0, 2]])
  }

  @Test func `models that cannot be trained together are refused`() throws {
    #expect(
      complaint {
        _ = try plan(
          """
          cocktails: [singles, all]
          merges:
            - {method: pamal, of: [fpb, all]}
            - {method: pamal, name: many, of: singles}
          """, ["seeds=0", "training.batch_rows=3"])
      } == """
        a.yaml:13:25: error: 'pamal' trains a model for each task, and 'all' has 4
           13 |   - {method: pamal, of: [fpb, all]}
              |                         ^ name tasks
        a.yaml:14:37: error: a step of 3 rows has none for some of 4 tasks
           14 |   - {method: pamal, name: many, of: singles}
              |                                     ^ raise training.batch_rows
        """)
  }
}
