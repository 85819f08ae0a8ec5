import Basics
import Experiment
import Outlines
import Results
import Specs
import Testing

/// Seeds that pretrain bases of their own: all that a seed makes rests on its base and on no other one.
@Suite struct BasePlanTests {
  private static var vocabulary: Vocabulary {
    var words = Vocabulary.small
    words.methods += [
      Vocabulary.Method(
        name: "regmean", parameters: [],
        demands: Vocabulary.asking({ _ in .measured(.init(.inputGrams, rows: 9, labels: .model)) })),
      Vocabulary.Method(
        name: "regmean_pp", parameters: [],
        demands: Vocabulary.asking({ _ in .measured(.init(.propagatedGrams, rows: 9, labels: .model)) })),
      Vocabulary.Method(
        name: "cold_fusion", parameters: [],
        demands: Vocabulary.asking({ _ in
          .trained(.init(.rounds(.init("rounds", 2)), rule: "linear", parameters: [:]))
        })),
      Vocabulary.Method(
        name: "pamal", parameters: [],
        demands: Vocabulary.asking({ _ in
          .trained(.init(.ends(concentration: 1, place: 0.5), rule: "linear", parameters: [:]))
        })),
      Vocabulary.Method(
        name: "adamerging", parameters: [],
        demands: Vocabulary.asking({ _ in
          .tuned(.init(.learned(.init(steps: 1, batch: 1, fullMatrices: 0, readsLabels: false))))
        })),
    ]
    return words
  }

  private static let text = manifestText(
    """
    cocktails: [singles, all]
    merges:
      - {method: regmean, of: [fpb, fiqa]}
      - {method: regmean_pp, of: [fpb, fiqa]}
      - {method: cold_fusion, of: [fpb, fiqa]}
      - {method: pamal, of: [fpb, fiqa]}
      - {method: adamerging, of: [fpb, fiqa]}
    """)

  private func plan(_ overrides: String..., choice: TuningChoice = TuningChoice(), text: String = Self.text)
    throws -> Plan
  {
    let pretrained = ["base={pretrain: {seed: 5}}"]
    return try Planner(vocabulary: Self.vocabulary, resources: FakeResources()).plan(
      try read(text, pretrained + overrides, vocabulary: Self.vocabulary), choice: choice)
  }

  /// The seeds of the pretrainings that a job rests on.
  private func bases(behind id: JobID, _ plan: Plan) -> Set<Int> {
    let specs = Dictionary(uniqueKeysWithValues: plan.jobs.map { ($0.id, $0.spec) })
    var (seen, open, found): (Set<JobID>, [JobID], Set<Int>) = ([], [id], [])
    while let next = open.popLast() {
      guard seen.insert(next).inserted, let spec = specs[next] else { continue }
      if case .pretrain(let pretrain) = spec { found.insert(pretrain.seed) }
      open += spec.inputs
    }
    return found
  }

  @Test func `all of a seed rests on its base`() throws {
    let plan = try plan("vary=[start, order, base]", "training.validate_every=10")
    let pretrained = plan.jobs.filter { $0.spec.kind == "pretrain" }
    #expect(pretrained.map(\.label) == ["pretrain base seed 0", "pretrain base seed 1"])
    for model in plan.models {
      let own = [model.job].compactMap(\.self) + model.evaluations.map(\.job)
      for job in own {
        let expected: Set<Int> = model.recipe == "majority" ? [] : [5 + (model.seed ?? -1)]
        #expect(bases(behind: job, plan) == expected, "\(model.model) \(model.seed ?? -1)")
      }
    }
    let kinds = Set(plan.jobs.map(\.spec.kind))
    #expect(kinds.isSuperset(of: ["statistics", "tune", "merge", "probe", "guess", "predict"]))
    // What does not read it is one for all.
    #expect(plan.models.filter { $0.model == "base" }.map(\.seed) == [0, 1])
    #expect(plan.models.filter { $0.model == "floor:probe" }.map(\.seed) == [0, 1])
    #expect(plan.models.filter { $0.model == "floor:majority" }.map(\.seed) == [nil])
    #expect(plan.jobs.contains { $0.label == "probe fpb seed 1" })
  }

  @Test func `where all share a base nothing is another job than it was`() throws {
    let (usual, named) = (try plan(), try plan("vary=[order, start]"))
    #expect(usual.jobs.map(\.id) == named.jobs.map(\.id))
    #expect(usual.jobs.filter { $0.spec.kind == "pretrain" }.map(\.label) == ["pretrain base"])
    #expect(usual.models.filter { $0.model == "base" }.map(\.seed) == [nil])
    // The base of seed 0 is that of the manifest.
    let varied = try plan("vary=[start, order, base]")
    #expect(varied.jobs[0].id == usual.jobs[0].id)
  }

  @Test func `seeds that try have bases of their own, which are seen where merges are chosen`() throws {
    let tuned = Self.text + "tune: {seeds: [7, 8], training: {learning_rate: [0.001, 0.002]}}\n"
    let first = try plan("vary=[start, order, base]", text: tuned)
    #expect(first.jobs.filter { $0.spec.kind == "pretrain" }.count == 4)
    var choice = TuningChoice()
    for model in Set(first.tried.map { $0.model.split(separator: "[")[0] }) {
      choice.points[String(model)] = "training.learning_rate=0.002"
    }
    let second = try plan("vary=[start, order, base]", choice: choice, text: tuned)
    let zeros = second.tried.filter { $0.kind == .base }
    #expect(zeros.map(\.seed) == [7, 8])
    #expect(zeros.flatMap(\.evaluations).allSatisfy { $0.split == .validation })
    #expect(zeros.allSatisfy { bases(behind: $0.evaluations[0].job, second) == [5 + ($0.seed ?? 0)] })
    let merges = second.tried.filter { $0.kind == .merge }
    #expect(merges.allSatisfy { bases(behind: $0.job ?? .none, second) == [5 + ($0.seed ?? 0)] })
  }

  @Test func `a checkpoint is the same for all seeds`() {
    #expect(
      complaint { _ = try read(manifestText("vary: [start, base]")) } == """
        a.yaml:11:15: error: 'vary: base' varies nothing: the base is a checkpoint, the same for all seeds
           11 | vary: [start, base]
              |               ^ leave it out, or let each seed pretrain one: base: {pretrain: {...}}
        """)
  }
}
