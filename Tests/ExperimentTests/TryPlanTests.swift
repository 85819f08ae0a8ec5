import Experiment
import Results
import Specs
import Testing

/// What `tune` plans: tries first, and what is reported when all is chosen.
@Suite struct TryPlanTests {
  private static let text = manifestText(
    """
    cocktails: [singles, pairs, all]
    evaluate: {floors: false}
    merges: [{method: linear}, {method: ties, density: {grid: [0.1, 0.5]}}]
    tune:
      seeds: [7, 8]
      training: {learning_rate: [0.001, 0.002]}
      head: [labels, linear]
    """)

  private func planned(_ choice: TuningChoice, _ overrides: [String] = []) throws -> Plan {
    let manifest = try ManifestReader.read(
      Self.text, path: "a.yaml", overrides: try overrides.map { try Override($0) }, vocabulary: .small)
    return try Planner(vocabulary: .small, resources: FakeResources()).plan(manifest, choice: choice)
  }

  /// All models at the second rate with linear heads.
  private func chosen(isWhole: Bool) throws -> TuningChoice {
    var choice = TuningChoice()
    for model in Set(try planned(choice).tried.map { $0.model.split(separator: "[")[0] }) {
      choice.points[String(model)] = "training.learning_rate=0.002,head=linear"
    }
    choice.cocktails = ["fpb": "cocktail:fpb+fomc", "fomc": "cocktail:all"]
    choice.unseen = ["ner": "single:fpb"]
    choice.merges = ["merge:ties": "merge:ties(density=0.5)"]
    choice.isWhole = isWhole
    return choice
  }

  @Test
  func `every model is tried at every point on validation of its own tasks, and nothing else is planned`()
    throws
  {
    let plan = try planned(TuningChoice())
    #expect(plan.models.map(\.model) == ["base"] && !plan.isTriedWhole && plan.isChosenFrom)
    // 4 singles, 6 pairs and all, at 2 × 2 points, of 2 seeds.
    #expect(plan.tried.count == 11 * 4 * 2)
    for model in plan.tried {
      #expect(model.evaluations.map(\.task).sorted() == model.tasks.sorted() && model.tuned == model.settings)
      #expect(model.evaluations.allSatisfy { $0.split == .validation })
    }
    let trainings = plan.jobs.compactMap { job in if case .train(let train) = job.spec { train } else { nil }
    }
    #expect(
      Set(trainings.map(\.seed)) == [7, 8] && Set(trainings.map(\.training.learningRate)) == [0.001, 0.002])
    #expect(Set(trainings.flatMap { $0.tasks.map(\.head) }) == [.labels, .linear])
  }

  @Test func `once points are chosen, their models are seen elsewhere and merged`() throws {
    let plan = try planned(try chosen(isWhole: false))
    #expect(plan.isTriedWhole && plan.models.map(\.model) == ["base"])
    let merges = plan.tried.filter { $0.kind == .merge }
    #expect(merges.count == 3 * 2 && Set(merges.compactMap(\.seed)) == [7, 8])
    // Linear heads answer their own tasks alone.
    let best = plan.tried.filter { $0.model == "single:fpb[training.learning_rate=0.002,head=linear]" }
    #expect(best.count == 2 && best.allSatisfy { $0.evaluations.map(\.task) == ["fpb"] })
  }

  @Test func `seeds of their own train what is reported, each at its point, and the chosen merges`() throws {
    let plan = try planned(try chosen(isWhole: true))
    let names = plan.models.filter { $0.seed == 0 }.map(\.model)
    #expect(
      names == [
        "single:fpb", "single:fomc", "single:fiqa", "single:ner", "cocktail:fpb+fomc", "cocktail:all",
        "merge:linear",
        "merge:ties(density=0.5)",
      ])
    #expect(Set(plan.models.compactMap(\.seed)) == [0, 1])
    #expect(
      plan.models.filter { [.single, .cocktail].contains($0.kind) }.allSatisfy {
        $0.settings.isEmpty && $0.tuned.hasPrefix("training.learning_rate=0.002")
      })
    let jobs = Dictionary(uniqueKeysWithValues: plan.jobs.map { ($0.id, $0.spec) })
    for model in plan.models where model.kind == .merge {
      guard case .merge(let merge) = jobs[try #require(model.job)] else { continue }
      let singles = plan.models.filter { $0.kind == .single && $0.seed == model.seed }.compactMap(\.job)
      #expect(Set(merge.inputs) == Set(singles))
    }
    // What is tried stays in the plan, so that nothing of it is lost.
    #expect(plan.tried.count == 11 * 4 * 2 + 6)
    let manifest = try read(Self.text)
    #expect(manifest.standingIn(for: TuningChoice()).isWhole)
    #expect(try planned(manifest.standingIn(for: TuningChoice())).models.count > 8)
  }

  @Test func `with arms the first one tries, merges too, and every arm trains what was chosen`() throws {
    let arms = "budget={arms: [{steps: 20}, {name: long, steps: 40, models: [singles, merges]}]}"
    let plan = try planned(try chosen(isWhole: true), [arms])
    // A merge that is tried has the name by which it is chosen.
    #expect(plan.tried.filter { $0.kind == .merge }.map(\.model).contains("merge:ties(density=0.5)"))
    let merges = Set(plan.models.filter { $0.kind == .merge }.map(\.model))
    #expect(
      merges
        == Set(
          ["merge:linear", "merge:ties(density=0.5)"].flatMap {
            ["\($0)[budget.steps=20]", "\($0)[budget.arm=long]"]
          }))
    let budgets = plan.jobs.compactMap { job -> BudgetSpec? in
      guard case .train(let train) = job.spec, [7, 8].contains(train.seed) else { return nil }
      return train.budget
    }
    #expect(Set(budgets) == [.steps(20)])
  }

  @Test func `what cannot be chosen fairly is refused`() {
    let text = manifestText(
      """
      seeds: [0, 7]
      adapter: {rank: {grid: [2, 4]}}
      evaluate: {splits: [test]}
      tune:
        seeds: [7]
        report: [pears]
      """
    ).replacing("seeds: [0, 1]\n", with: "")
    #expect(
      complaint { _ = try plan(text) } == """
        a.yaml:11:17: error: no point of the grid of 'adapter.rank' can be chosen without validation scores
           11 | adapter: {rank: {grid: [2, 4]}}
              |                 ^ add validation to evaluate.splits, or give 'adapter.rank' one value
        a.yaml:11:17: error: 'adapter.rank' has a grid beside 'tune'
           11 | adapter: {rank: {grid: [2, 4]}}
              |                 ^ list its values under tune.adapter.rank: a grid reports every point, and 'tune' the one that was chosen
        a.yaml:14:3: error: 'tune' chooses on validation, which is not evaluated
           14 |   seeds: [7]
              |   ^ add validation to evaluate.splits
        a.yaml:14:11: error: the seed 7 chooses and is reported
           14 |   seeds: [7]
              |           ^ take seeds that do not stand in 'seeds': what chose a model flatters it
        a.yaml:15:12: error: no cocktail is called 'pears'
           15 |   report: [pears]
              |            ^ known: singles, fpb, fomc, fiqa, ner
        """)
    #expect(
      complaint { _ = try plan(manifestText("tune: {seeds: [5], training: {max_tokens: [8]}}")) }.contains(
        "unknown key 'max_tokens'"))
    #expect(
      complaint {
        _ = try plan(
          manifestText("tune: {seeds: [5], budget: {steps: [8]}}"),
          ["budget={arms: [{steps: 3}, {steps: 4}]}"])
      }
      .contains("'tune.budget' beside arms"))
  }

  @Test func `seeds differ in what is named, and copies are refused`() throws {
    func trainings(_ overrides: [String]) throws -> [TrainJob] {
      try plan(
        manifestText("cocktails: [singles]"),
        ["vary=rows,start", "task_defaults.limits.train=20"] + overrides
      ).jobs
        .compactMap { job in if case .train(let train) = job.spec { train } else { nil } }
    }
    let jobs = try trainings([])
    #expect(
      jobs.allSatisfy { $0.startSeed == nil && $0.orderSeed == 0 && $0.tasks.allSatisfy { $0.draw != nil } })
    #expect(Set(jobs.map { $0.tasks[0].draw }) == [0, 1])
    #expect(
      complaint { _ = try plan(manifestText("cocktails: [singles]"), ["vary=rows"]) }
        .contains("'vary: rows' varies nothing: no task has limits.train"))
    #expect(
      complaint {
        _ = try plan(manifestText("cocktails: [singles]"), ["vary=rows", "task_defaults.limits.train=500"])
      }
      .contains("all seeds of the task 'fpb' would be copies of one"))
  }

  @Test func `what no arm trains is not tried`() throws {
    func tried(_ arms: String) throws -> Set<String> {
      Set(
        try planned(TuningChoice(), ["budget={arms: [\(arms)]}"]).tried.map {
          String($0.model.split(separator: "[")[0])
        })
    }
    let all = "{steps: 3, models: [singles, all]}"
    #expect(
      try tried(all) == ["single:fpb", "single:fomc", "single:fiqa", "single:ner", "cocktail:all"])
    // A pair of the second arm is tried, by the first one's budget.
    #expect(try tried(all + ", {steps: 4, models: [pairs]}").count == 11)
    // What is merged alone is tried, where an arm merges.
    #expect(try tried("{steps: 3, models: [all]}") == ["cocktail:all"])
    #expect(try tried("{steps: 3, models: [all, merges]}").count == 5)
  }

  @Test func `where rows vary each seed's floors read its own`() throws {
    let plan = try plan(
      manifestText("cocktails: [singles]"), ["vary=rows,start", "task_defaults.limits.train=20"])
    for name in ["majority", "probe"] {
      let floors = plan.models.filter { $0.recipe == name }
      #expect(floors.map(\.seed) == [0, 1], "\(name)")
      #expect(floors[0].evaluations.map(\.job) != floors[1].evaluations.map(\.job), "\(name)")
    }
    let draws = plan.jobs.compactMap { job -> Int? in
      switch job.spec {
      case .probe(let probe): probe.task.draw
      case .guess(let guess): guess.task.draw
      default: nil
      }
    }
    #expect(Set(draws) == [0, 1])
    #expect(plan.models.first { $0.model == "base" }?.seed == nil)
  }

  @Test func `floors answer what is evaluated, and hide each column of a text in turn`() throws {
    let text = manifestText("cocktails: [singles]").replacing(
      "fpb: {data: fpb, kind: classification,",
      with: "fpb: {data: fpb, kind: classification, text: \"{title} {body}\",")
    let floors = try plan(text, ["seeds=0", "evaluate.tasks=fpb"]).models.filter { $0.kind == .floor }
    #expect(floors.map(\.recipe) == ["majority", "probe", "blind-to-title", "blind-to-body"])
    #expect(floors.allSatisfy { $0.evaluations.map(\.task) == ["fpb", "fpb"] })
  }
}
