internal import Basics
internal import Outlines
internal import Results
internal import Specs

/// One planning: the graph and the models as they grow.
struct Planning {
  let manifest: Manifest
  let tasks: [TaskData]
  private let vocabulary: Vocabulary
  private var base: FoundBase
  let estimate: WorkEstimate
  var graph = JobGraph()
  private(set) var models: [PlannedModel] = []

  /// A cocktail at one grid point with one seed.
  private struct Cell: Hashable {
    var cocktail: Int
    var point: Int
    var seed: Int
  }

  private var trained: [Cell: JobID] = [:]
  private var mixtures = EqualMixtures()

  init(manifest: Manifest, vocabulary: Vocabulary, base: FoundBase, tasks: [TaskData]) {
    self.manifest = manifest
    self.vocabulary = vocabulary
    self.base = base
    self.tasks = tasks
    estimate = WorkEstimate(outline: base.outline)
  }

  /// Base, cocktails and merges, in the order of the tables.
  mutating func planAll() throws {
    if let pretrain = base.pretrain {
      let id = try graph.add(
        .pretrain(pretrain), label: "pretrain base", work: estimate.pretraining(pretrain))
      base.spec = .pretrained(id)
    }
    try planBase()
    for index in manifest.cocktails.indices where isWanted(index) {
      for point in manifest.points.indices {
        for seed in manifest.seeds { try planTraining(Cell(cocktail: index, point: point, seed: seed)) }
      }
    }
    for merge in manifest.merges {
      for point in manifest.points.indices {
        for seed in manifest.seeds { try plan(merge, point: point, seed: seed) }
      }
    }
  }

  /// What is planned otherwise than a reader of the manifest would think.
  var notes: [PlanNote] { mixtures.notes }

  // MARK: Models

  /// The untrained base, once for each way in which the grid lets it read its input.
  private mutating func planBase() throws {
    var made: JobID?
    if case .pretrained(let id) = base.spec { made = id }
    var seen: [String] = []
    for point in manifest.points where !seen.contains(point.evaluationSettings) {
      seen.append(point.evaluationSettings)
      let model = named("base", point.evaluationSettings)
      let evaluations = try evaluate(model, nil, learned: [], seed: nil, point: point) { _ in nil }
      guard !evaluations.isEmpty else { continue }
      models.append(
        PlannedModel(
          model: model, kind: .base, recipe: "base", settings: point.evaluationSettings, tasks: [], seed: nil,
          job: made, evaluations: evaluations))
    }
  }

  /// Whether a cocktail stands in the tables, or is merged as it is trained there.
  private func isWanted(_ cocktail: Int) -> Bool {
    manifest.cocktails[cocktail].isListed
      || manifest.merges.contains { $0.demands.trained == nil && $0.inputs.contains(cocktail) }
  }

  /// A training of a cocktail, its budget and its start, where it has one, still to be put in.
  func training(_ cocktail: Manifest.Cocktail, _ point: Manifest.GridPoint, seed: Int) -> TrainJob {
    TrainJob(
      base: base.spec, tasks: data(of: cocktail).map(\.trainingSpec), sampling: sampling(cocktail, point),
      budget: point.budget, adapter: point.adapter, training: point.training, seed: seed)
  }

  /// A cocktail's tasks by name, not in the manifest's order: moving a task in the file trains nothing again.
  private func data(of cocktail: Manifest.Cocktail) -> [TaskData] {
    tasks.filter { cocktail.tasks.contains($0.spec.name) }.sorted { $0.spec.name < $1.spec.name }
  }

  /// - Parameter frozenRank: The rank of the merge that the training starts from.
  mutating func add(
    _ job: TrainJob, of cocktail: Manifest.Cocktail, label: String, frozenRank: Int = 0
  ) throws -> JobID {
    let data = data(of: cocktail)
    var adapter = job.adapter
    if job.ends != nil { adapter.rank *= job.tasks.count }
    let work = estimate.training(
      data, rates: rates(job.sampling, data), budget: job.budget, adapter, job.training,
      frozenRank: frozenRank)
    return try graph.add(.train(job), label: label, work: work)
  }

  private mutating func planTraining(_ cell: Cell) throws {
    let cocktail = manifest.cocktails[cell.cocktail]
    let point = manifest.points[cell.point]
    let model = named(cocktail.model, point.settings)
    let id = try add(
      training(cocktail, point, seed: cell.seed), of: cocktail, label: "train \(model) seed \(cell.seed)")
    trained[cell] = id
    guard cocktail.isListed else { return }
    if !cocktail.isSingle { mixtures.add(model, job: id) }
    let evaluations = try evaluate(model, id, learned: cocktail.tasks, seed: cell.seed, point: point) { _ in
      id
    }
    models.append(
      PlannedModel(
        model: model, kind: cocktail.isSingle ? .single : .cocktail,
        recipe: cocktail.tasks.joined(separator: "+"),
        settings: point.settings, tasks: cocktail.tasks, seed: cell.seed, job: id, evaluations: evaluations))
  }

  /// The rule of a cocktail; a single draws from one task, so that no rule makes a difference.
  private func sampling(_ cocktail: Manifest.Cocktail, _ point: Manifest.GridPoint) -> SamplingSpec {
    if cocktail.isSingle { return SamplingSpec() }
    var sampling = cocktail.sampling ?? point.sampling
    if let weights = sampling.weights {
      sampling.weights = weights.filter { cocktail.tasks.contains($0.key) }
    }
    return EqualMixtures.canonical(sampling, data(of: cocktail), vocabulary)
  }

  /// The share of draws of each task; equal ones where the rule refuses, which the training will say.
  private func rates(_ sampling: SamplingSpec, _ data: [TaskData]) -> [Double] {
    let sizes = data.map { max(1, $0.rows(.train)) }
    let rates = try? vocabulary.samplingRule(sampling.rule)?.rates(sizes, data.map(\.spec.name), sampling)
    return rates ?? data.map { _ in 1 / Double(data.count) }
  }

  private mutating func plan(_ merge: Manifest.Merge, point index: Int, seed: Int) throws {
    let point = manifest.points[index]
    let model = named(merge.model, point.settings)
    let inputs: [MergeInput]
    var adapter = point.adapter
    let trained = merge.demands.trained
    switch trained?.how {
    case .rounds(let rounds):
      inputs = try trainInRounds(merge, rounds.value, model, point: point, seed: seed)
      adapter.rank += merge.mergedRank(after: rounds.value - 1, adapter)
    case .ends(let concentration, _):
      inputs = try trainTogether(merge, concentration: concentration, point: point, seed: seed)
    case nil:
      inputs = merge.inputs.compactMap { cocktail in
        self.trained[Cell(cocktail: cocktail, point: index, seed: seed)].map {
          (manifest.cocktails[cocktail], $0)
        }
      }
    }
    precondition(inputs.count == merge.inputs.count, "a merge planned before its inputs")
    let ordered = merge.ordered(inputs)
    let learned = manifest.tasks.map(\.name).filter { name in
      inputs.contains { $0.cocktail.tasks.contains(name) }
    }
    func expert(_ task: String) -> JobID? {
      let single = inputs.first { $0.cocktail.tasks == [task] }
      return (single ?? inputs.first { $0.cocktail.tasks.contains(task) })?.id
    }
    let id: JobID
    if let tuning = merge.demands.tuning {
      let data = tasks.filter { learned.contains($0.spec.name) }.sorted { $0.spec.name < $1.spec.name }
      let job = TuneJob(
        base: base.spec, method: merge.method, parameters: merge.parameters, inputs: ordered.map(\.id),
        weights: ordered.map(\.weight),
        tasks: data.map { task in
          let own = expert(task.spec.name)
          return TuneTask(
            task: task.tuningSpec, expert: ordered.firstIndex { $0.id == own } ?? 0,
            head: task.spec.head == .linear ? own : nil)
        }, over: merge.over, maxTokens: point.training.maxTokens, labelScale: point.training.labelScale,
        seed: seed)
      id = try graph.add(
        .tune(job), label: "tune \(model) seed \(seed)",
        work: estimate.tuning(tuning, job, data, point.adapter))
    } else {
      var job = MergeJob(
        method: trained?.rule ?? merge.method, parameters: trained?.parameters ?? merge.parameters,
        inputs: ordered.map(\.id), weights: merge.shares(ordered.map(\.weight)), seed: seed,
        ends: merge.ends(ordered.map(\.cocktail)))
      var work = estimate.merge(inputs: inputs.count, adapter)
      try add(merge.demands.need, to: &job, &work, of: ordered.map(\.cocktail), point: point)
      id = try graph.add(.merge(job), label: "merge \(model) seed \(seed)", work: work)
    }
    let evaluations = try evaluate(
      model, id, learned: learned, seed: seed, point: point,
      served: vocabulary.method(merge.method)?.servedBy,
      experts: inputs.count, head: expert)
    models.append(
      PlannedModel(
        model: model, kind: .merge, recipe: recipe(merge, inputs.map(\.cocktail)), settings: point.settings,
        tasks: learned, seed: seed, job: id, evaluations: evaluations,
        grid: manifest.evaluate.testsChosenOnly ? merge.grid.map { named($0, point.settings) } : nil,
        method: trained.map { _ in merge.method }))
  }

  /// Plans what a merge's method has to know of its inputs: measurements of each, or data for the merge itself; and counts
  /// the texts that a model that routes has to see.
  private mutating func add(
    _ need: MergeDemands.Need, to job: inout MergeJob, _ work: inout JobWork, of inputs: [Manifest.Cocktail],
    point: Manifest.GridPoint
  ) throws {
    let data = inputs.map { input in
      tasks.filter { input.tasks.contains($0.spec.name) }.sorted { $0.spec.name < $1.spec.name }
    }
    let maxTokens = point.training.maxTokens
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
        base: base.spec, tasks: data.map { $0.map(\.trainingSpec) }, rows: asked.rows, maxTokens: maxTokens)
      work = estimate.mergeByBlocks(work, data, rows: asked.rows, maxTokens: maxTokens, point.adapter)
      return
    case .inputGrams: what = .inputGrams
    case .fisher: what = .fisher(labels: asked.labels, labelScale: point.training.labelScale)
    }
    job.statistics = try zip(zip(inputs, job.inputs), data).map { input, data in
      let statistics = StatisticsJob(
        base: base.spec, adapter: input.1, tasks: data.map(\.trainingSpec), rows: asked.rows,
        maxTokens: maxTokens, what: what, seed: job.seed)
      let model = named(input.0.model, point.settings)
      return try graph.add(
        .statistics(statistics), label: "measure \(model) seed \(job.seed) (\(what.word))",
        work: estimate.statistics(data, statistics, point.adapter))
    }
  }

  /// `ties density=0.2 of fpb+fomc`, `emr_masks (task known) of fpb+fomc`.
  private func recipe(_ merge: Manifest.Merge, _ inputs: [Manifest.Cocktail]) -> String {
    let separator = inputs.allSatisfy(\.isSingle) ? "+" : ", "
    let method = merge.words.isEmpty ? merge.method : "\(merge.method) \(merge.words)"
    let served = vocabulary.method(merge.method)?.servedBy.map { " (\($0))" } ?? ""
    return "\(method)\(served) of \(inputs.map(\.name).joined(separator: separator))"
  }

  func named(_ model: String, _ settings: String) -> String {
    settings.isEmpty ? model : "\(model)[\(settings)]"
  }

  // MARK: Evaluations

  /// A model's evaluations: with label heads on every task, with linear heads on those that it learned.
  private mutating func evaluate(
    _ model: String, _ adapter: JobID?, learned: [String], seed: Int?, point: Manifest.GridPoint,
    served: String? = nil, experts: Int = 0, head: (String) -> JobID?
  ) throws -> [PlannedEvaluation] {
    var evaluations: [PlannedEvaluation] = []
    for task in tasks where isWanted(task.spec, learned: learned, isBase: adapter == nil) {
      for split in manifest.evaluate.splits {
        let job = EvaluateJob(
          base: base.spec, adapter: adapter, task: task.spec, split: split,
          head: task.spec.head == .linear ? head(task.spec.name) : nil, maxTokens: point.training.maxTokens,
          labelScale: point.training.labelScale)
        let who = seed.map { "\(model) seed \($0)" } ?? model
        let id = try graph.add(
          .evaluate(job), label: "evaluate \(who) on \(task.spec.name) \(split.rawValue)",
          work: estimate.evaluation(
            task, split, maxTokens: point.training.maxTokens, adapter: adapter == nil ? nil : point.adapter,
            served: served, experts: experts))
        evaluations.append(PlannedEvaluation(task: task.spec.name, split: split, job: id))
      }
    }
    return evaluations
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
