internal import Basics
internal import Outlines
internal import Results
internal import Specs

/// One planning: the graph and the models as they grow.
struct Planning {
  let manifest: Manifest
  let vocabulary: Vocabulary
  let parts: PlanParts
  let estimate: WorkEstimate
  let graph = JobGraph()
  var models: [PlannedModel] = []

  private let pretrain: PretrainSpec?
  var base: Hashed<BaseSpec>

  /// A cocktail at one grid point with one seed.
  private struct Cell: Hashable {
    var cocktail: Int
    var point: Int
    var seed: Int
  }

  /// What the work of an evaluation depends on.
  private struct Reading: Hashable {
    var task: Int
    var split: Split
    var point: Int
    /// That of the adapter; nil for the base.
    var rank: Int?
    var served: String?
    var experts: Int
  }

  private var trained: [Cell: JobID] = [:]
  private let samplings = Memo<Cell, Hashed<SamplingSpec>>()
  private let trainings = Memo<Cell, JobWork>()
  private let evaluations = Memo<Reading, JobWork>()
  private var mixtures = EqualMixtures()

  init(manifest: Manifest, vocabulary: Vocabulary, base: FoundBase, tasks: [TaskData]) {
    self.manifest = manifest
    self.vocabulary = vocabulary
    self.base = Hashed(base.spec)
    pretrain = base.pretrain
    parts = PlanParts(manifest, tasks, vocabulary, positions: base.outline.limits.positions)
    estimate = WorkEstimate(
      outline: base.outline, vocabulary: vocabulary, held: Planning.precisions(of: manifest, tasks))
  }

  /// What products read over all jobs: label heads are made from floats, and so is what merges measure and learn.
  private static func precisions(of manifest: Manifest, _ tasks: [TaskData]) -> Set<Precision> {
    var all = Set(manifest.points.map(\.training.productPrecision))
    all.insert(manifest.evaluate.precision)
    let readFloats = manifest.merges.contains { merge in
      switch merge.demands.need {
      case .changes, .trained: false
      case .measured, .texts, .tuned: true
      }
    }
    if readFloats || tasks.contains(where: { $0.spec.head == .labels }) { all.insert(.float32) }
    return all
  }

  /// The tasks with their data, in the manifest's order.
  var tasks: [TaskData] { parts.tasks }

  /// Base, cocktails and merges, in the order of the tables.
  mutating func planAll() {
    if let pretrain {
      base = Hashed(
        .pretrained(
          graph.add(.pretrain(pretrain), label: "pretrain base", work: estimate.pretraining(pretrain))))
    }
    planBase()
    planFloors()
    for index in manifest.cocktails.indices {
      for point in manifest.points.indices where isListed(index, at: point) || isMerged(index, at: point) {
        for seed in manifest.seeds { planTraining(Cell(cocktail: index, point: point, seed: seed)) }
      }
    }
    for merge in manifest.merges {
      let parts = parts.merge(merge)
      for point in manifest.points.indices where manifest.arm(of: point).hasMerges {
        for seed in manifest.seeds { plan(merge, parts, point: point, seed: seed) }
      }
    }
  }

  /// What is planned otherwise than a reader of the manifest would think.
  var notes: [PlanNote] { mixtures.notes }

  // MARK: Models

  /// The untrained base, once for each way in which the grid lets it read its input.
  private mutating func planBase() {
    var made: JobID?
    if case .pretrained(let id) = base.wrappedValue { made = id }
    var seen: Set<String> = []
    for (index, point) in manifest.points.enumerated() where seen.insert(point.evaluationSettings).inserted {
      let model = named("base", point.evaluationSettings)
      let evaluations = evaluate(model, nil, rank: nil, learned: [], seed: nil, point: index) { _ in nil }
      guard !evaluations.isEmpty else { continue }
      models.append(
        PlannedModel(
          model: model, kind: .base, recipe: "base", settings: point.evaluationSettings, tasks: [], seed: nil,
          job: made, evaluations: evaluations))
    }
  }

  /// Whether a cocktail stands in the tables at a grid point.
  private func isListed(_ cocktail: Int, at point: Int) -> Bool {
    manifest.cocktails[cocktail].isListed
      && manifest.arm(of: point).cocktails?.contains(cocktail) ?? true
  }

  /// Whether it is merged there as it is trained.
  private func isMerged(_ cocktail: Int, at point: Int) -> Bool {
    manifest.arm(of: point).hasMerges
      && manifest.merges.contains { $0.demands.trained == nil && $0.inputs.contains(cocktail) }
  }

  /// A training of a cocktail, its budget and its start, where it has one, still to be put in.
  func training(_ cocktail: Int, point: Int, seed: Int) -> TrainJob {
    let cell = Cell(cocktail: cocktail, point: point, seed: 0)
    let sampling = samplings.value(cell) { Hashed(self.sampling(cocktail, manifest.points[point])) }
    let point = parts.points[point]
    let data = parts.cocktails[cocktail]
    return TrainJob(
      base: base, tasks: point.validates ? data.validated : data.trained, sampling: sampling,
      budget: point.budget, adapter: point.adapter,
      training: data.hasLabelHeads ? point.training : point.linear,
      seed: seed)
  }

  /// What a training asks for: the shares of its draws do not depend on the seed, nor does anything else.
  private func work(
    _ job: TrainJob, of data: [TaskData], frozenRank: Int = 0
  ) -> JobWork {
    var adapter = job.adapter
    if job.ends != nil { adapter.rank *= data.count }
    return estimate.training(
      data, rates: rates(job.sampling, data), budget: job.budget, adapter, job.training,
      frozenRank: frozenRank)
  }

  /// A training for one merge alone.
  ///
  /// - Parameter frozenRank: The rank of the merge that the training starts from.
  func add(
    _ job: TrainJob, of data: [TaskData], label: @autoclosure () -> String, frozenRank: Int = 0
  ) -> JobID {
    graph.add(.train(job), label: label(), work: work(job, of: data, frozenRank: frozenRank))
  }

  private mutating func planTraining(_ cell: Cell) {
    let cocktail = manifest.cocktails[cell.cocktail]
    let point = manifest.points[cell.point]
    let model = named(cocktail.model, point.settings)
    let job = training(cell.cocktail, point: cell.point, seed: cell.seed)
    let cost = trainings.value(Cell(cocktail: cell.cocktail, point: cell.point, seed: 0)) {
      work(job, of: parts.cocktails[cell.cocktail].data)
    }
    let id = graph.add(.train(job), label: "train \(model) seed \(cell.seed)", work: cost)
    trained[cell] = id
    guard isListed(cell.cocktail, at: cell.point) else { return }
    if !cocktail.isSingle { mixtures.add(model, job: id) }
    let evaluations = evaluate(
      model, id, rank: point.adapter.rank, learned: cocktail.tasks, seed: cell.seed, point: cell.point
    ) { _ in id }
    models.append(
      PlannedModel(
        model: model, kind: cocktail.isSingle ? .single : .cocktail,
        recipe: parts.cocktails[cell.cocktail].recipe,
        settings: point.settings, arm: manifest.arm(of: cell.point).words, tasks: cocktail.tasks,
        seed: cell.seed, job: id, evaluations: evaluations))
  }

  /// The rule of a cocktail; a single draws from one task, so that no rule makes a difference.
  private func sampling(_ index: Int, _ point: Manifest.GridPoint) -> SamplingSpec {
    let cocktail = manifest.cocktails[index]
    if cocktail.isSingle { return SamplingSpec() }
    var sampling = cocktail.sampling ?? point.sampling
    if let weights = sampling.weights {
      sampling.weights = weights.filter { cocktail.tasks.contains($0.key) }
    }
    return EqualMixtures.canonical(sampling, parts.cocktails[index].data, vocabulary)
  }

  /// The share of draws of each task; equal ones where the rule refuses, which the training will say.
  private func rates(_ sampling: SamplingSpec, _ data: [TaskData]) -> [Double] {
    let sizes = data.map { max(1, $0.rows(.train)) }
    let rates = try? vocabulary.samplingRule(sampling.rule)?.rates(sizes, data.map(\.spec.name), sampling)
    return rates ?? data.map { _ in 1 / Double(data.count) }
  }

  private mutating func plan(
    _ merge: Manifest.Merge, _ parts: PlanParts.Merge, point index: Int, seed: Int
  ) {
    let point = manifest.points[index]
    let model = named(merge.model, point.settings)
    let inputs: [MergeInput]
    var adapter = point.adapter
    // Of a model of several parts, that of each.
    var rank = parts.method?.servedBy == nil ? merge.mergedRank(after: 1, adapter) : adapter.rank
    let asked = merge.demands.trained
    switch asked?.how {
    case .rounds(let rounds):
      inputs = trainInRounds(merge, rounds.value, model, point: index, seed: seed)
      rank = merge.mergedRank(after: rounds.value, adapter)
      adapter.rank += merge.mergedRank(after: rounds.value - 1, adapter)
    case .ends(let concentration, _):
      inputs = trainTogether(merge, concentration: concentration, point: index, seed: seed)
    case nil:
      inputs = merge.inputs.compactMap { cocktail in
        trained[Cell(cocktail: cocktail, point: index, seed: seed)].map { (cocktail, $0) }
      }
    }
    precondition(inputs.count == merge.inputs.count, "a merge planned before its inputs")
    let ordered = ordered(merge, inputs)
    func expert(_ task: String) -> JobID? { parts.expert[task].map { inputs[$0].id } }
    let id: JobID
    if let tuning = merge.demands.tuning {
      let job = TuneJob(
        base: base, method: merge.method, parameters: parts.parameters, inputs: ordered.map(\.id),
        weights: ordered.map(\.weight),
        tasks: Hashed(
          parts.tuned.map { task in
            let own = expert(task.name)
            return TuneTask(
              task: task, expert: ordered.firstIndex { $0.id == own } ?? 0,
              head: task.head == .linear ? own : nil)
          }), over: parts.over, maxTokens: self.parts.points[index].maxTokens,
        labelScale: parts.tuned.contains { $0.head == .labels } ? point.training.labelScale : nil, seed: seed)
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
      experts: inputs.count, head: expert)
    models.append(
      PlannedModel(
        model: model, kind: .merge, recipe: parts.recipe, settings: point.settings,
        arm: manifest.arm(of: index).words, tasks: parts.learned,
        seed: seed,
        job: id, evaluations: evaluations,
        grid: manifest.evaluate.testsChosenOnly ? merge.grid.map { named($0, point.settings) } : nil,
        method: asked.map { _ in merge.method }))
  }

  /// Inputs in the order that counts; where none does in one of their own, so that the job does not depend on the file's.
  func ordered(_ merge: Manifest.Merge, _ inputs: [MergeInput]) -> [(
    cocktail: Int, id: JobID, weight: Double
  )] {
    let weighted = zip(inputs, merge.weights).map { ($0.cocktail, $0.id, $1) }
    if merge.demands.isOrdered { return weighted }
    return weighted.sorted { a, b in
      let keys = (parts.cocktails[a.0].key, parts.cocktails[b.0].key)
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
    let data = inputs.map { parts.cocktails[$0].data }
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
        base: base, tasks: Hashed(inputs.map { parts.cocktails[$0].trained.wrappedValue }), rows: asked.rows,
        maxTokens: maxTokens)
      work = estimate.mergeByBlocks(work, data, rows: asked.rows, maxTokens: maxTokens, point.adapter)
      return
    case .inputGrams: what = .inputGrams
    case .fisher:
      what = .fisher(
        labels: asked.labels,
        labelScale: parts.hasLabelHeads(inputs) ? point.training.labelScale : TrainingSpec().labelScale)
    }
    job.statistics = zip(inputs, job.inputs).map { input, id in
      let statistics = StatisticsJob(
        base: base, adapter: id, tasks: parts.cocktails[input].trained, rows: asked.rows,
        maxTokens: maxTokens, what: what,
        seed: job.seed)
      return graph.add(
        .statistics(statistics),
        label:
          "measure \(named(manifest.cocktails[input].model, point.settings)) seed \(job.seed) (\(what.word))",
        work: estimate.statistics(parts.cocktails[input].data, statistics, point.adapter))
    }
  }

  func named(_ model: String, _ settings: String) -> String {
    settings.isEmpty ? model : "\(model)[\(settings)]"
  }

  // MARK: Evaluations

  /// A model's evaluations: with label heads on every task, with linear heads on those that it learned.
  private func evaluate(
    _ model: String, _ adapter: JobID?, rank: Int?, learned: [String], seed: Int?, point index: Int,
    served: String? = nil, experts: Int = 0, head: (String) -> JobID?
  ) -> [PlannedEvaluation] {
    let point = parts.points[index]
    var planned: [PlannedEvaluation] = []
    planned.reserveCapacity(parts.read.count)
    for read in parts.read where isWanted(read.of, learned: learned, isBase: adapter == nil) {
      let isLinear = read.of.head == .linear
      let isTold = served == Serving.taskKnown
      let job = PredictJob(
        base: base, adapter: adapter, task: isTold ? read.told : read.task, split: read.split,
        head: isLinear ? head(read.of.name) : nil, maxTokens: point.maxTokens,
        labelScale: isLinear ? nil : point.training.wrappedValue.labelScale,
        precision: manifest.evaluate.precision)
      func label() -> String {
        let who = seed.map { "\(model) seed \($0)" } ?? model
        return "predict \(who) on \(read.of.name) \(read.split.rawValue)"
      }
      let key = Reading(
        task: read.index, split: read.split, point: index, rank: rank, served: served, experts: experts)
      let adapterSpec = rank == nil ? nil : manifest.points[index].adapter
      let work = evaluations.value(key) {
        estimate.evaluation(
          tasks[read.index], read.split, maxTokens: point.maxTokens, adapter: adapterSpec, rank: rank ?? 0,
          manifest.evaluate.precision, served: served, experts: experts)
      }
      let id = graph.add(.predict(job), label: label(), work: work)
      planned.append(PlannedEvaluation(task: read.of.name, split: read.split, job: id))
    }
    return planned
  }

  private func isWanted(_ task: TaskSpec, learned: [String], isBase: Bool) -> Bool {
    if task.head == .linear, !learned.contains(task.name) { return false }
    switch manifest.evaluate.tasks {
    case .all: return true
    case .own: return isBase || learned.contains(task.name)
    case .listed(let names): return names.contains(task.name)
    }
  }
}

/// Values that are made once for each key.
final class Memo<Key: Hashable, Value> {
  private var known: [Key: Value] = [:]

  /// The value of a key, made where it is asked for the first time.
  func value(_ key: Key, _ make: () -> Value) -> Value {
    if let value = known[key] { return value }
    let value = make()
    known[key] = value
    return value
  }
}
