internal import Basics
internal import Outlines
internal import Results
internal import Specs

/// Merges of one seed's models, with what their methods ask for.
extension Planning {
  /// The model that a merge makes of one seed's models; nil where one of them is not there.
  ///
  /// - Parameter isTry: Whether it is evaluated on validation of its own tasks alone.
  mutating func plan(
    _ merge: Manifest.Merge, _ parts: PlanParts.Merge, point index: Int, seed: Int, isTry: Bool = false
  ) -> PlannedModel? {
    let point = manifest.points[index]
    // What is tried stands in one arm, and is chosen for all.
    let settings = isTry ? "" : point.settings
    let model = named(merge.model, settings)
    let inputs: [MergeInput]
    var adapter = point.adapter
    // Of a model of several parts, that of each.
    var rank = parts.method?.servedBy == nil ? merge.mergedRank(after: 1, adapter) : adapter.rank
    let asked = merge.demands.trained
    let places = merge.inputs.compactMap { self.point(of: $0, beside: index) }
    guard places.count == merge.inputs.count else { return nil }
    switch asked?.how {
    case .rounds(let rounds):
      inputs = trainInRounds(merge, rounds.value, model, point: index, seed: seed)
      rank = merge.mergedRank(after: rounds.value, adapter)
      adapter.rank += merge.mergedRank(after: rounds.value - 1, adapter)
    case .ends(let concentration, _):
      inputs = trainTogether(merge, concentration: concentration, point: index, seed: seed)
    case nil:
      inputs = zip(merge.inputs, places).compactMap { cocktail, place in
        trained[Cell(cocktail: cocktail, point: place, seed: seed)].map { (cocktail, $0) }
      }
    }
    precondition(inputs.count == merge.inputs.count, "a merge planned before its inputs")
    let ordered = ordered(merge, inputs)
    func expert(_ task: String) -> JobID? { parts.expert[task].map { inputs[$0].id } }
    let isTogether = if case .ends = asked?.how { true } else { false }
    // Models that are trained together have the first point's head, others each its own.
    func head(_ task: String) -> HeadKind? {
      isTogether ? point.head : parts.expert[task].flatMap { manifest.points[places[$0]].head }
    }
    let id: JobID
    if let tuning = merge.demands.tuning {
      let tuned = parts.data.map { data in
        var task = data.spec
        if let own = self.parts.of(head(task.name)).tasks.first(where: { $0.spec.name == task.name }) {
          task = own.spec
        }
        task = drawn(task, of: seed)
        task.part?.isFit = true
        return task.reduced(to: [tuning.split.split], metrics: tuning.readsMetric ? 1 : 0)
      }
      let job = TuneJob(
        base: base(of: seed), method: merge.method, parameters: parts.parameters, inputs: ordered.map(\.id),
        weights: ordered.map(\.weight),
        tasks: Hashed(
          tuned.map { task in
            let own = expert(task.name)
            return TuneTask(
              task: task, expert: ordered.firstIndex { $0.id == own } ?? 0,
              head: task.head == .linear ? own : nil)
          }), over: parts.over, maxTokens: self.parts.points[index].maxTokens,
        labelScale: tuned.contains { $0.head == .labels } ? point.training.labelScale : nil, seed: seed)
      id = graph.add(
        .tune(job), label: "tune \(model) seed \(seed)",
        work: estimate.tuning(tuning, job, parts.data, point.adapter))
    } else {
      var job = MergeJob(
        method: asked?.rule ?? merge.method, parameters: parts.ruleParameters, inputs: ordered.map(\.id),
        weights: merge.shares(ordered.map(\.weight)), seed: seed,
        ends: merge.ends(ordered.map { manifest.cocktails[$0.cocktail] }))
      var work = estimate.merge(inputs: inputs.count, adapter)
      add(merge.demands.need, to: &job, &work, of: ordered.map(\.cocktail), point: index)
      id = graph.add(.merge(job), label: "merge \(model) seed \(seed)", work: work)
    }
    let evaluations = evaluate(
      model, id, rank: rank, learned: parts.learned, seed: seed, point: index, served: parts.method?.servedBy,
      experts: inputs.count, splits: isTry ? [.validation] : Set(manifest.evaluate.splits), isOwn: isTry,
      heads: head, head: expert)
    return PlannedModel(
      model: model, plain: merge.model, kind: .merge, recipe: parts.recipe, settings: settings,
      arm: manifest.arm(of: index).words, tasks: parts.learned,
      seed: seed,
      job: id, evaluations: evaluations,
      grid: isTry ? merge.grid : testsChosenOnly ? merge.grid.map { named($0, point.settings) } : nil,
      method: asked.map { _ in merge.method })
  }

  /// Inputs in the order that counts; where none does in one of their own, so that the job does not depend on the file's.
  func ordered(_ merge: Manifest.Merge, _ inputs: [MergeInput]) -> [(
    cocktail: Int, id: JobID, weight: Double
  )] {
    let weighted = zip(inputs, merge.weights).map { ($0.cocktail, $0.id, $1) }
    if merge.demands.isOrdered { return weighted }
    return weighted.sorted { a, b in
      let keys = (parts.of(nil).cocktails[a.0].key, parts.of(nil).cocktails[b.0].key)
      return keys.0 == keys.1 ? a.1 < b.1 : keys.0 < keys.1
    }
  }

  /// Plans what a merge's method has to know of its inputs: measurements of each, or data for the merge itself; and counts
  /// the texts that a model that routes has to see.
  private func add(
    _ need: MergeDemands.Need, to job: inout MergeJob, _ work: inout JobWork, of inputs: [Int],
    point index: Int
  ) {
    let point = manifest.points[index]
    func cocktail(_ input: Int) -> PlanParts.Cocktail {
      parts.cocktail(input, at: self.point(of: input, beside: index) ?? index)
    }
    func learned(_ input: Int) -> Hashed<[TaskSpec]> {
      self.learned(input, at: self.point(of: input, beside: index) ?? index, seed: job.seed)
    }
    let data = inputs.map { cocktail($0).data }
    let maxTokens = parts.points[index].maxTokens
    let asked: MergeDemands.Measured
    switch need {
    case .changes, .tuned, .trained: return
    case .texts(let rows):
      work = estimate.routedMerge(work, data, rows: rows, maxTokens: maxTokens)
      return
    case .measured(let measured): asked = measured
    }
    work = estimate.measuredMerge(work, inputs: inputs.count, asked.what, point.adapter)
    let what: Statistic
    switch asked.what {
    case .propagatedGrams:
      job.data = MergeData(
        base: base(of: job.seed), tasks: Hashed(inputs.map { learned($0).wrappedValue }), rows: asked.rows,
        maxTokens: maxTokens)
      work = estimate.mergeByBlocks(work, data, rows: asked.rows, maxTokens: maxTokens, point.adapter)
      return
    case .inputGrams: what = .inputGrams
    case .fisher:
      what = .fisher(
        labels: asked.labels,
        labelScale: inputs.contains { cocktail($0).hasLabelHeads }
          ? point.training.labelScale : TrainingSpec().labelScale)
    }
    job.statistics = zip(inputs, job.inputs).map { input, id in
      let statistics = StatisticsJob(
        base: base(of: job.seed), adapter: id, tasks: learned(input), rows: asked.rows,
        maxTokens: maxTokens, what: what,
        seed: job.seed)
      return graph.add(
        .statistics(statistics),
        label:
          "measure \(named(manifest.cocktails[input].model, point.settings)) seed \(job.seed) (\(what.word))",
        work: estimate.statistics(cocktail(input).data, statistics, point.adapter))
    }
  }
}
