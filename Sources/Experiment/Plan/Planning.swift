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
  /// What the seeds of `tune` have chosen so far.
  let choice: TuningChoice
  var models: [PlannedModel] = []
  /// What they try.
  var tried: [PlannedModel] = []
  /// Whether all that is to be tried is planned.
  var isTriedWhole = true

  private let pretrain: PretrainSpec?
  /// Where seeds share it.
  private let base: Hashed<BaseSpec>
  /// The base of each seed where they pretrain their own; that of nil is all seeds'.
  private let bases = Memo<Int?, Hashed<BaseSpec>>()

  /// A cocktail at one grid point with one seed.
  struct Cell: Hashable {
    var cocktail: Int
    var point: Int
    var seed: Int
  }

  /// The rows that a cell's seed draws.
  private struct Draw: Hashable {
    var cell: Cell
    var validates: Bool
  }

  /// What the work of an evaluation depends on.
  struct Reading: Hashable {
    var task: Int
    var split: Split
    var point: Int
    /// That of the adapter; nil for the base.
    var rank: Int?
    var served: String?
    var experts: Int
  }

  var trained: [Cell: JobID] = [:]
  /// The cocktails that reported merges take as they are trained there, and those that they take in any way.
  private let merged: Set<Int>
  let taken: Set<Int>

  private let samplings = Memo<Cell, Hashed<SamplingSpec>>()
  private let draws = Memo<Draw, Hashed<[TaskSpec]>>()
  private let trainings = Memo<Cell, JobWork>()
  let evaluations = Memo<Reading, JobWork>()
  private var mixtures = EqualMixtures()

  init(
    manifest: Manifest, vocabulary: Vocabulary, base: FoundBase, tasks: [TaskData], choice: TuningChoice
  ) {
    self.choice = choice
    let reported = manifest.merges.filter { Planning.isReported($0, manifest, choice) }
    merged = Set(reported.filter { $0.demands.trained == nil }.flatMap(\.inputs))
    taken = Set(reported.flatMap(\.inputs))
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
    planBase()
    planFloors()
    if let tuning = manifest.tuning {
      planTries(tuning)
      guard choice.isWhole else { return }
    }
    for index in manifest.cocktails.indices where isReported(index) {
      for point in points(of: index) where isListed(index, at: point) || isMerged(index, at: point) {
        for seed in manifest.seeds { planTraining(Cell(cocktail: index, point: point, seed: seed)) }
      }
    }
    for merge in manifest.merges where isReported(merge) {
      let parts = parts.merge(merge)
      for point in mergedPoints where manifest.arm(of: point).hasMerges {
        for seed in manifest.seeds {
          if let model = plan(merge, parts, point: point, seed: seed) { models.append(model) }
        }
      }
    }
  }

  /// What is planned otherwise than a reader of the manifest would think.
  var notes: [PlanNote] { mixtures.notes }

  // MARK: Models

  /// The base that models of a seed rest on; planned where a job makes it.
  ///
  /// Where seeds pretrain their own, the run's seed is added to that of the manifest.
  func base(of seed: Int?) -> Hashed<BaseSpec> {
    guard var pretrain else { return base }
    let own = manifest.varies.contains(.base) ? seed : nil
    return bases.value(own) {
      pretrain.seed += own ?? 0
      let label = "pretrain base" + (own.map { " seed \($0)" } ?? "")
      return Hashed(
        .pretrained(
          graph.add(.pretrain(pretrain), label: label, work: estimate.pretraining(pretrain))))
    }
  }

  /// The seeds of what no training is behind: those of the manifest where something of it differs from seed to seed, else one for
  /// all.
  func seeds(varying: Set<Variation>) -> [Int?] {
    manifest.varies.isDisjoint(with: varying) ? [nil] : manifest.seeds
  }

  /// The untrained base, once for each way in which the grid lets it read its input.
  private mutating func planBase() {
    var seen: Set<String> = []
    for (index, point) in manifest.points.enumerated() where seen.insert(point.evaluationSettings).inserted {
      models += seeds(varying: [.base]).compactMap { baseModel(of: $0, point: index) }
    }
  }

  /// The untrained base of a seed, or of all; nil where no task is evaluated without training.
  ///
  /// - Parameter splits: Those that are read; nil for those of the manifest.
  func baseModel(of seed: Int?, point index: Int, splits: Set<Split>? = nil) -> PlannedModel? {
    let settings = manifest.points[index].evaluationSettings
    let model = named("base", settings)
    var made: JobID?
    if case .pretrained(let id) = base(of: seed).wrappedValue { made = id }
    let evaluations = evaluate(
      model, nil, rank: nil, learned: [], seed: seed, point: index, splits: splits, heads: { _ in nil },
      head: { _ in nil })
    if evaluations.isEmpty { return nil }
    return PlannedModel(
      model: model, plain: "base", kind: .base, recipe: "base", settings: settings, tasks: [], seed: seed,
      job: made,
      evaluations: evaluations)
  }

  /// Whether a cocktail stands in the tables at a grid point.
  func isListed(_ cocktail: Int, at point: Int) -> Bool {
    manifest.cocktails[cocktail].isListed
      && manifest.arm(of: point).cocktails?.contains(cocktail) ?? true
  }

  /// Whether it is merged there as it is trained.
  func isMerged(_ cocktail: Int, at point: Int) -> Bool {
    manifest.arm(of: point).hasMerges && merged.contains(cocktail)
  }

  /// A training of a cocktail, its budget and its start, where it has one, still to be put in.
  func training(_ cocktail: Int, point: Int, seed: Int) -> TrainJob {
    let place = point
    let cell = Cell(cocktail: cocktail, point: point, seed: 0)
    let sampling = samplings.value(cell) { Hashed(self.sampling(cocktail, manifest.points[point])) }
    let point = parts.points[point]
    let data = parts.cocktail(cocktail, at: cell.point)
    var job = TrainJob(
      base: base(of: seed),
      tasks: drawn(
        point.validates ? data.validated : data.trained,
        of: Cell(cocktail: cocktail, point: place, seed: seed),
        validates: point.validates), sampling: sampling,
      budget: point.budget, adapter: point.adapter,
      training: data.hasLabelHeads ? point.training : point.linear,
      seed: seed)
    if !manifest.varies.contains(.start) { job.startSeed = 0 }
    if !manifest.varies.contains(.order) { job.orderSeed = 0 }
    return job
  }

  /// A task with the training rows that a seed draws, where seeds draw rows of their own.
  func drawn(_ task: TaskSpec, of seed: Int?) -> TaskSpec {
    guard let seed, manifest.varies.contains(.rows) else { return task }
    return task.drawing(seed)
  }

  /// The same of several tasks.
  private func drawn(_ tasks: Hashed<[TaskSpec]>, of cell: Cell, validates: Bool) -> Hashed<[TaskSpec]> {
    guard manifest.varies.contains(.rows) else { return tasks }
    return draws.value(Draw(cell: cell, validates: validates)) {
      Hashed(tasks.wrappedValue.map { drawn($0, of: cell.seed) })
    }
  }

  /// What a model learned from, as measurements of it read its tasks.
  func learned(_ cocktail: Int, at point: Int, seed: Int) -> Hashed<[TaskSpec]> {
    drawn(
      parts.cocktail(cocktail, at: point).trained, of: Cell(cocktail: cocktail, point: point, seed: seed),
      validates: false)
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

  /// Plans the training of a cell.
  mutating func train(_ cell: Cell, named model: String) -> JobID {
    let job = training(cell.cocktail, point: cell.point, seed: cell.seed)
    let cost = trainings.value(Cell(cocktail: cell.cocktail, point: cell.point, seed: 0)) {
      work(job, of: parts.cocktail(cell.cocktail, at: cell.point).data)
    }
    let id = graph.add(.train(job), label: "train \(model) seed \(cell.seed)", work: cost)
    trained[cell] = id
    return id
  }

  /// The model that a training makes, with its evaluations.
  ///
  /// - Parameters:
  ///   - settings: What stands behind its name.
  ///   - splits: Those that are evaluated.
  ///   - isOwn: Whether it is evaluated on its own tasks alone.
  mutating func trainedModel(
    _ cell: Cell, settings: String, splits: Set<Split>, isOwn: Bool = false
  ) -> PlannedModel {
    let cocktail = manifest.cocktails[cell.cocktail]
    let point = manifest.points[cell.point]
    let model = named(cocktail.model, settings)
    let id = train(cell, named: model)
    if !cocktail.isSingle { mixtures.add(model, job: id) }
    let evaluations = evaluate(
      model, id, rank: point.adapter.rank, learned: cocktail.tasks, seed: cell.seed, point: cell.point,
      splits: splits, isOwn: isOwn, heads: { _ in point.head }, head: { _ in id })
    return PlannedModel(
      model: model, plain: cocktail.model, kind: cocktail.isSingle ? .single : .cocktail,
      recipe: parts.cocktail(cell.cocktail, at: cell.point).recipe,
      settings: settings, arm: manifest.arm(of: cell.point).words, tasks: cocktail.tasks, tuned: point.tuned,
      seed: cell.seed, job: id, evaluations: evaluations)
  }

  private mutating func planTraining(_ cell: Cell) {
    let settings = manifest.points[cell.point].settings
    guard isListed(cell.cocktail, at: cell.point) else {
      _ = train(cell, named: named(manifest.cocktails[cell.cocktail].model, settings))
      return
    }
    models.append(trainedModel(cell, settings: settings, splits: Set(manifest.evaluate.splits)))
  }

  /// The rule of a cocktail; a single draws from one task, so that no rule makes a difference.
  private func sampling(_ index: Int, _ point: Manifest.GridPoint) -> SamplingSpec {
    let cocktail = manifest.cocktails[index]
    if cocktail.isSingle { return SamplingSpec() }
    var sampling = cocktail.sampling ?? point.sampling
    if let weights = sampling.weights {
      sampling.weights = weights.filter { cocktail.tasks.contains($0.key) }
    }
    return EqualMixtures.canonical(sampling, parts.of(nil).cocktails[index].data, vocabulary)
  }

  /// The share of draws of each task; equal ones where the rule refuses, which the training will say.
  private func rates(_ sampling: SamplingSpec, _ data: [TaskData]) -> [Double] {
    let sizes = data.map { max(1, $0.rows(.train)) }
    let rates = try? vocabulary.samplingRule(sampling.rule)?.rates(sizes, data.map(\.spec.name), sampling)
    return rates ?? data.map { _ in 1 / Double(data.count) }
  }

  func named(_ model: String, _ settings: String) -> String {
    settings.isEmpty ? model : "\(model)[\(settings)]"
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
