import Basics
import Experiment
import Results
import Specs
import Testing

@Suite struct GridTests {
  private func trainings(_ plan: Plan) -> [(label: String, job: TrainJob)] {
    plan.jobs.compactMap { job in
      guard case .train(let spec) = job.spec else { return nil }
      return (job.label, spec)
    }
  }

  @Test func `grids are crossed in the manifest's order and name the models`() throws {
    let text = manifestText(
      """
      cocktails: [all]
      training: {learning_rate: {grid: [1e-3, 1e-4]}, clip: 0.5}
      adapter: {rank: {grid: [4, 8]}}
      """)
    let plan = try plan(text, ["seeds=0"])
    #expect(
      trainings(plan).map(\.label) == [
        "train cocktail:all[training.learning_rate=0.001,adapter.rank=4] seed 0",
        "train cocktail:all[training.learning_rate=0.001,adapter.rank=8] seed 0",
        "train cocktail:all[training.learning_rate=0.0001,adapter.rank=4] seed 0",
        "train cocktail:all[training.learning_rate=0.0001,adapter.rank=8] seed 0",
      ])
    #expect(trainings(plan).map(\.job.adapter.rank) == [4, 8, 4, 8])
    #expect(trainings(plan).map(\.job.training.learningRate) == [1e-3, 1e-3, 1e-4, 1e-4])
    #expect(
      plan.models.filter { $0.kind != .floor }.map(\.settings).prefix(2) == [
        "", "training.learning_rate=0.001,adapter.rank=4",
      ])
  }

  @Test func `merges join models of one grid point and one seed`() throws {
    let text = manifestText(
      """
      cocktails: [singles]
      adapter: {rank: {grid: [4, 8]}}
      merges: [{method: ties, density: {grid: [0.2, 0.5]}, scale: 0.7, of: [fpb, fomc]}]
      """)
    let plan = try plan(text)
    let specs = Dictionary(uniqueKeysWithValues: plan.jobs.map { ($0.id, $0.spec) })
    let merges = plan.models.filter { $0.kind == .merge }
    #expect(merges.count == 8)
    #expect(merges[0].model == "merge:ties(density=0.2,scale=0.7)[adapter.rank=4]")
    #expect(merges[0].recipe == "ties density=0.2,scale=0.7 of fpb+fomc")
    for merge in merges {
      guard let id = merge.job, case .merge(let job) = specs[id] else { continue }
      for input in job.inputs {
        guard case .train(let training) = specs[input] else { continue }
        #expect(training.seed == merge.seed)
        #expect("adapter.rank=\(training.adapter.rank)" == merge.settings)
      }
    }
  }

  @Test func `a given name keeps only what is gridded`() throws {
    let text = manifestText("merges: [{name: mine, method: ties, density: {grid: [0.2, 0.5]}, scale: 0.7}]")
    let names = try plan(text, ["seeds=0"]).models.filter { $0.kind == .merge }.map(\.model)
    #expect(names == ["merge:mine(density=0.2)", "merge:mine(density=0.5)"])
  }

  @Test func `a cocktail's own grid makes cocktails, and reads only what its rule reads`() throws {
    let text = manifestText(
      """
      cocktails:
        - {name: two, tasks: [fpb, ner], sampling: {rule: {grid: [equal, temperature]}, temperature: 2}}
      sampling: {rule: weights, weights: {fpb: 3, fomc: 2}}
      """)
    let plan = try plan(text, ["seeds=0"])
    #expect(
      trainings(plan).map(\.label) == [
        "train cocktail:two(rule=equal) seed 0", "train cocktail:two(rule=temperature) seed 0",
      ])
    #expect(
      trainings(plan).map(\.job.sampling) == [
        SamplingSpec(rule: "equal"), SamplingSpec(rule: "temperature", temperature: 2),
      ])
  }

  @Test func `the common rule reaches cocktails with the weights of their tasks, and no single`() throws {
    let text = manifestText("cocktails: [singles]\nsampling: {rule: weights, weights: {fpb: 3, fomc: 2}}")
    let plan = try plan(text, ["seeds=0", "cocktails=[singles, {tasks: [fpb, ner]}]"])
    #expect(
      trainings(plan).map(\.job.sampling) == Array(repeating: SamplingSpec(), count: 4) + [
        SamplingSpec(rule: "weights", weights: ["fpb": 3])
      ])
  }

  @Test func `the base is evaluated once for each way to read its input`() throws {
    let plan = try plan(
      manifestText("cocktails: [all]"), ["training.max_tokens=32,64", "adapter.rank=4,8", "seeds=0"])
    #expect(
      plan.models.map(\.model).prefix(2) == ["base[training.max_tokens=32]", "base[training.max_tokens=64]"])
    #expect(plan.models.count { $0.kind != .floor } == 6)
    // So are its floors.
    #expect(
      plan.models.filter { $0.kind == .floor }.map(\.model) == [
        "floor:majority[training.max_tokens=32]", "floor:probe[training.max_tokens=32]",
        "floor:majority[training.max_tokens=64]", "floor:probe[training.max_tokens=64]",
      ])
  }

  @Test func `settings of the command line set, spread and replace`() throws {
    let text = manifestText("cocktails: [all]\nadapter: {rank: {grid: [2, 3]}}")
    let plan = try plan(
      text,
      [
        "seeds=7", "adapter.rank=4", "training.learning_rate=1e-2,2e-2", "title=a, b",
        "task_defaults.head=labels",
        "tasks.ner.head=labels", "tasks.fpb.limits={train: 5, test: 6}", "cocktails=singles,all",
      ])
    #expect(plan.title == "a, b")
    #expect(trainings(plan).count == 10)
    #expect(trainings(plan).allSatisfy { $0.job.seed == 7 && $0.job.adapter.rank == 4 })
    #expect(plan.plannedTasks[0].spec.limits == ["train": 5, "test": 6])
    #expect(plan.plannedTasks[3].spec.head == .labels)
    #expect(plan.models.last?.settings == "training.learning_rate=0.02")
  }

  @Test func `a later setting wins, and names may hold dots`() throws {
    let text = manifestText("cocktails: [all]").replacing("fpb: {", with: "f.p.b: {")
    let plan = try plan(text, ["seeds=0", "tasks.f.p.b.limits.test=5", "tasks.f.p.b.limits.test=7"])
    #expect(plan.plannedTasks[0].spec.limits == ["test": 7])
  }

  @Test func `words that YAML 1.1 would turn into something else stay as they are written`() throws {
    let text = manifestText("cocktails: [all]\ntraining: {batch_rows: 10}").replacing(
      "[bad, good], family", with: "[no, 12:30, 2024-01-02, 010], family")
    let plan = try plan(text)
    #expect(plan.plannedTasks[0].spec.labels.map(\.name) == ["no", "12:30", "2024-01-02", "010"])
    #expect(trainings(plan)[0].job.training.batchRows == 10)
  }

  @Test func `pairs keep to families, and equal cocktails are made once`() throws {
    let text = manifestText(
      """
      cocktails:
        - {pairs: {family: sentiment}}
        - {pairs: within_families}
        - {subsets: {sizes: [1, 3]}}
        - leave_one_out
        - {name: mine, tasks: [fiqa, fpb]}
        - {name: balanced, tasks: [fiqa, fpb], sampling: {rule: equal}}
      merges: [{method: linear, of: [mine, all-but-ner]}]
      """)
    let models = try plan(text, ["seeds=0"]).models.map(\.model)
    #expect(
      models == [
        "base", "floor:majority", "floor:probe", "cocktail:fpb+fiqa", "single:fpb", "single:fomc",
        "single:fiqa", "single:ner",
        "cocktail:fpb+fomc+fiqa",
        "cocktail:fpb+fomc+ner", "cocktail:fpb+fiqa+ner", "cocktail:fomc+fiqa+ner", "cocktail:balanced",
        "merge:linear",
      ])
  }
}
