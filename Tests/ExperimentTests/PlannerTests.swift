import Basics
import Experiment
import Results
import Specs
import Testing

@Suite struct PlannerTests {
  @Test func `four tasks make four singles, six pairs, four leave-one-outs and one of all`() throws {
    let models = try plan(manifestText()).models.filter { $0.seed == 0 }
    #expect(
      models.filter { $0.kind == .single }.map(\.model)
        == ["fpb", "fomc", "fiqa", "ner"].map { "single:\($0)" })
    #expect(
      models.filter { $0.kind == .cocktail }.map(\.model) == [
        "cocktail:fpb+fomc", "cocktail:fpb+fiqa", "cocktail:fpb+ner", "cocktail:fomc+fiqa",
        "cocktail:fomc+ner",
        "cocktail:fiqa+ner", "cocktail:all-but-fpb", "cocktail:all-but-fomc", "cocktail:all-but-fiqa",
        "cocktail:all-but-ner", "cocktail:all",
      ])
  }

  @Test func `PEFT's all-linear is a target of every base`() throws {
    let plan = try plan(manifestText("adapter: {targets: [all-linear]}"))
    let targets = plan.jobs.compactMap { job in
      if case .train(let training) = job.spec { training.adapter.targets } else { nil }
    }
    #expect(Set(targets) == [["all-linear"]])
  }

  @Test(
    arguments: [
      ("targets: query", ["query"], nil, nil), ("targets: all-linear", ["all-linear"], nil, nil),
      ("targets: '.*layer\\.1\\..*(query|value)'", [], ".*layer\\.1\\..*(query|value)", nil),
      ("targets: [value, query], layers_to_transform: [1, 0, 1]", ["query", "value"], nil, [0, 1]),
      ("layers_to_transform: [1]", ["query", "value"], nil, [1]),
    ] as [(String, [String], String?, [Int]?)])
  func `targets are names, one name, all layers or an expression, and narrowed down to blocks`(
    settings: String, names: [String], pattern: String?, blocks: [Int]?
  ) throws {
    let plan = try plan(manifestText("adapter: {\(settings)}"))
    let adapters = plan.jobs.compactMap { job in
      if case .train(let training) = job.spec { training.adapter } else { nil }
    }
    #expect(Set(adapters).count == 1)
    let adapter = try #require(adapters.first)
    #expect(adapter.targets == names && adapter.targetPattern == pattern)
    #expect(adapter.layersToTransform == blocks)
  }

  @Test(arguments: [
    ("base: ../nets/mini", [], "exp/../nets/mini"), ("base: /nets/mini", [], "/nets/mini"),
    ("base: nets/mini", [], "nets/mini"), ("base: x", ["base=./mini"], "./mini"),
  ])
  func `a base is looked for from the manifest's folder, one of the command line from here`(
    line: String, overrides: [String], asked: String
  ) throws {
    let manifest = try ManifestReader.read(
      manifestText().replacing("base: mini", with: line), path: "exp/a.yaml",
      overrides: overrides.map { try Override($0) }, vocabulary: .small)
    let resources = FakeResources(root: "exp/data")
    let message = complaint { _ = try Planner(vocabulary: .small, resources: resources).plan(manifest) }
    #expect(message.contains("error: there is no base '\(asked)'"), "\(message)")
  }

  @Test func `a sampling rule without what it needs is refused before anything runs`() {
    let message = complaint { _ = try read(manifestText("sampling: {rule: proportional}")) }
    #expect(
      message == """
        a.yaml:11:18: error: the sampling rule 'proportional' needs 'cap'
           11 | sampling: {rule: proportional}
              |                  ^
        """)
  }

  @Test func `a template may hold braces of its own`() throws {
    let text = manifestText().replacing("{data: fomc,", with: "{data: fomc, text: \"{{{text}}}\",")
    #expect(try plan(text).plannedTasks[1].spec.text == "{{{text}}}")
  }

  @Test func `every job stands once and after its inputs`() throws {
    let plan = try plan(
      manifestText(
        """
        cocktails: [all, singles, {name: two, tasks: [fomc, fpb]}]
        adapter: {rank: {grid: [4, 8]}}
        merges:
          - {method: ties, density: {grid: [0.2, 0.5]}}
          - {method: linear, of: [fpb, two]}
        """))
    var seen: Set<JobID> = []
    for job in plan.jobs {
      #expect(job.spec.inputs.allSatisfy(seen.contains), "\(job.label) stands before its inputs")
      #expect(seen.insert(job.id).inserted, "\(job.label) stands twice")
      #expect(job.id == job.spec.id())
      #expect(
        (job.work.flops > 0 || job.spec.kind == "guess") && job.work.memory > 0 && job.work.disk > 0,
        "\(job.label)")
    }
    for model in plan.models {
      #expect(model.evaluations.allSatisfy { seen.contains($0.job) })
      #expect(model.job.map(seen.contains) ?? [.base, .floor].contains(model.kind))
    }
    // 2 seeds × 2 ranks × (6 trainings, 2 + 1 merges).
    #expect(plan.jobs.filter { $0.spec.kind == "train" }.count == 24)
    #expect(plan.jobs.filter { $0.spec.kind == "merge" }.count == 12)
  }

  @Test func `merges of singles that no cocktail lists train them without a row`() throws {
    let text = manifestText(
      "cocktails: [all]\nmerges: [{method: linear}, {method: ties}, {method: ties, scale: 0.5}]")
    let plan = try plan(text, ["seeds=0"])
    #expect(
      plan.models.map(\.model) == [
        "base", "floor:majority", "floor:probe", "cocktail:all", "merge:linear", "merge:ties",
        "merge:ties(scale=0.5)",
      ])
    #expect(
      plan.jobs.filter { $0.spec.kind == "train" }.map(\.label) == [
        "train cocktail:all seed 0", "train single:fpb seed 0", "train single:fomc seed 0",
        "train single:fiqa seed 0",
        "train single:ner seed 0",
      ])
  }

  @Test func `label heads are evaluated everywhere and linear heads where they were learned`() throws {
    let plan = try plan(
      manifestText("cocktails: [singles, all]\nmerges: [{method: linear, of: [fpb, ner]}]"), ["seeds=0"])
    func evaluated(_ model: String) -> [String] {
      plan.models.filter { $0.model == model }.flatMap(\.evaluations).map { "\($0.task) \($0.split)" }
    }
    let labelHeads = ["fpb", "fomc", "fiqa"].flatMap { ["\($0) validation", "\($0) test"] }
    #expect(evaluated("base") == labelHeads)
    #expect(evaluated("single:fpb") == labelHeads)
    #expect(evaluated("single:ner") == labelHeads + ["ner validation", "ner test"])
    #expect(evaluated("cocktail:all") == labelHeads + ["ner validation", "ner test"])
    #expect(evaluated("merge:linear") == labelHeads + ["ner validation", "ner test"])
    #expect(plan.jobs.contains { $0.label == "predict single:fpb seed 0 on fpb test" })
    #expect(plan.jobs.contains { $0.label == "predict base on fpb test" })
  }

  @Test func `a merge takes linear heads from the single, else from the first cocktail with the task`() throws
  {
    let text = manifestText(
      """
      cocktails: [singles, {name: two, tasks: [fpb, ner]}]
      merges:
        - {name: direct, method: linear, of: [two, ner]}
        - {name: through, method: linear, of: [fpb, two]}
      """)
    let plan = try plan(text, ["seeds=0"])
    func head(_ model: String) -> JobID? {
      let evaluation = plan.models.first { $0.model == model }?.evaluations.first { $0.task == "ner" }
      let job = plan.jobs.first { $0.id == evaluation?.job }
      guard case .predict(let spec) = job?.spec else { return nil }
      return spec.head
    }
    func job(_ model: String) -> JobID? { plan.models.first { $0.model == model }?.job }
    #expect(head("merge:direct") == job("single:ner"))
    #expect(head("merge:through") == job("cocktail:two"))
    #expect(head("single:ner") == job("single:ner"))
  }

  @Test func `own evaluates what a model learned, and a list what it names`() throws {
    let text = manifestText("evaluate: {tasks: own, splits: [validation]}")
    let own = try plan(text).models.first { $0.model == "single:fomc" }?.evaluations
    #expect(own?.map(\.task) == ["fomc"] && own?.map(\.split) == [.validation])
    let listed = try plan(text, ["evaluate.tasks=fpb,ner"]).models.first { $0.model == "single:fomc" }?
      .evaluations
    #expect(listed?.map(\.task) == ["fpb"])
  }

  @Test func `files are known by their hashes and found by their places`() throws {
    let plan = try plan(manifestText())
    #expect(plan.locations["sha-of-fpb/train"] == "data/fpb/train.jsonl")
    #expect(plan.locations["sha-of-mini"] == "/models/mini")
    #expect(
      plan.plannedTasks.map(\.rows)
        == Array(repeating: ["train": 100, "validation": 100, "test": 100], count: 4))
    #expect(
      plan.tasks.map(\.metrics).first == [
        MetricColumn(name: "macro_f1", higherIsBetter: true),
        MetricColumn(name: "accuracy", higherIsBetter: true),
      ])
    #expect(plan.budget == "200 optimiser steps")
  }

  @Test func `a pretrained base is one job that all others follow`() throws {
    let plan = try plan(manifestText(), ["base={pretrain: {steps: 50}}"])
    #expect(plan.jobs.first?.label == "pretrain base")
    let id = try #require(plan.jobs.first?.id)
    #expect(
      plan.jobs.dropFirst().allSatisfy {
        $0.spec.inputs.contains(id) || ["merge", "guess"].contains($0.spec.kind)
      })
    // The base of the tables is what that job makes.
    #expect(plan.models.first?.kind == .base && plan.models.first?.job == id)
  }

  @Test func `a base from a folder is made by no job`() throws {
    let plan = try plan(manifestText())
    #expect(plan.models.first?.kind == .base && plan.models.first?.job == nil)
  }

  @Test func `generated tasks bring kind, labels and metrics with them`() throws {
    let text = """
      name: tiny
      base: mini
      budget: {tokens: 5000}
      tasks:
        news: {generate: {form: sentiment, rows: {train: 10, test: 20}, relatedness: 0.5, world: 3}}
      """
    let plan = try plan(text)
    let spec = try #require(plan.plannedTasks.first?.spec)
    #expect(spec.name == "news" && spec.labels.count == 2 && spec.metrics == ["macro_f1", "accuracy"])
    #expect(
      spec.source
        == .generated(
          GeneratorSpec(form: "sentiment", rows: ["train": 10, "test": 20], relatedness: 0.5, world: 3)))
    #expect(plan.models.map(\.model) == ["base", "floor:majority", "floor:probe", "single:news"])
  }
}
