import Experiment
import Specs
import Testing

@Suite struct ArmPlanTests {
  private func models(
    _ arms: String, _ more: String = "cocktails: [singles, all]\nmerges: [{method: linear}]"
  ) throws -> [String] {
    try plan(manifestText(more), ["seeds=0", "budget={arms: \(arms)}", "evaluate.floors=false"]).models.map(
      \.model)
  }

  @Test func `every arm trains, merges and evaluates everything, or what it names`() throws {
    let plan = try plan(
      manifestText("cocktails: [singles, all]\nmerges: [{method: linear}]"),
      ["seeds=0", "budget={arms: [{steps: 20}, {passes: 2, name: long, models: [singles, all]}]}"])
    let arms = ["budget.steps=20", "budget.arm=long"]
    let trained = plan.models.filter { $0.seed != nil }
    #expect(trained.map(\.arm) == trained.map(\.settings))
    #expect(trained.filter { $0.arm == arms[0] }.count == 4 + 1 + 1)
    #expect(
      trained.filter { $0.arm == arms[1] }.map(\.model)
        == [
          "single:fpb", "single:fomc", "single:fiqa", "single:ner", "cocktail:all",
        ].map { "\($0)[budget.arm=long]" })
    let budgets = plan.jobs.compactMap { job in
      if case .train(let train) = job.spec { train.budget } else { nil }
    }
    #expect(budgets.count { $0 == .steps(20) } == 5 && budgets.count { $0 == .passes(2) } == 5)
    #expect(plan.budget == "20 optimiser steps, 2 passes over the target's training data")
    // One arm is a budget.
    #expect(try models("[{steps: 20}]") == models("[{steps: 30}]"))
    #expect(try models("[{steps: 20}]").contains("single:fpb"))
    #expect(
      try models("[{steps: 20, models: [fpb, merges]}, {steps: 30, models: [fomc]}]") == [
        "base", "single:fpb[budget.steps=20]", "single:fomc[budget.steps=30]",
        "merge:linear[budget.steps=20]",
      ])
  }

  @Test func `arms that say nothing, or too much, are refused`() {
    let text = """
      name: a
      base: mini
      tasks:
        fpb: {data: fpb, kind: classification, labels: [down, up]}
      budget:
        arms:
          - {name: long}
          - {steps: 2, passes: 3}
          - {steps: 4, models: [singels]}
          - {steps: 4}
          - {steps: 5, models: [merges]}
      """
    #expect(
      complaint { _ = try plan(text) } == """
        a.yaml:7:7: error: this arm has no budget
            7 |     - {name: long}
              |       ^ give exactly one of steps, tokens, passes
        a.yaml:8:7: error: this arm has 2 budgets
            8 |     - {steps: 2, passes: 3}
              |       ^ give exactly one of steps, tokens, passes
        a.yaml:9:27: error: no cocktail is called 'singels'
            9 |     - {steps: 4, models: [singels]}
              |                           ^ did you mean 'singles'?
        a.yaml:10:7: error: two arms are 'budget.steps=4'
           10 |     - {steps: 4}
              |       ^ give them names of their own
        a.yaml:11:27: error: there are no merges
           11 |     - {steps: 5, models: [merges]}
              |                           ^ leave the word out
        """)
    #expect(
      complaint { _ = try plan(manifestText(), ["budget={steps: 3, arms: [{steps: 2}]}"]) }.contains(
        "give exactly one of steps, tokens, passes, arms"))
  }

  @Test func `so many validations are so many steps apart in every arm`() throws {
    let plan = try plan(
      manifestText("cocktails: [singles]"),
      [
        "seeds=0", "budget={arms: [{steps: 20}, {steps: 33}]}", "training.validate_times=8",
        "training.validate_rows=50",
      ])
    let trainings = plan.jobs.compactMap { job in if case .train(let train) = job.spec { train } else { nil }
    }
    #expect(
      Set(trainings.map { [$0.budget == .steps(20) ? 20 : 33, $0.training.validateEvery] }) == [
        [20, 3], [33, 5],
      ])
    #expect(trainings.allSatisfy { $0.training.validateRows == 50 })
    let both = complaint {
      _ = try ExperimentTests.plan(
        manifestText(), ["budget={passes: 2}", "training.validate_times=8", "training.validate_every=3"])
    }
    #expect(
      both.contains("'validate_times' beside 'validate_every'") && both.contains("needs a budget of steps"))
  }
}
