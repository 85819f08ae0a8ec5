internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import Models
internal import Outlines
internal import Specs
internal import Training

extension JobPerformer {
  /// Trains one adapter with its heads.
  func train(_ job: TrainJob, into folder: URL, progress: Progress) throws -> TrainResult {
    let base = try base(job.base, job.training.productPrecision)
    func examples(_ task: TaskSpec, _ split: Split) throws -> [TokenizedExample] {
      try rows(
        task, split, base: job.$base, maxTokens: job.training.maxTokens, isScored: split == .validation,
        areLearnt: split == .train
      ).examples
    }
    // The same rows at every validation of every training.
    func validated(_ task: TaskSpec) throws -> [TokenizedExample] {
      let all = try examples(task, .validation)
      return job.training.validateRows.map { all.drawn($0, RandomStream(seed: 0, "validate", task.name)) }
        ?? all
    }
    var tasks = try job.tasks.map { task in
      TrainingTask(
        task: task, train: try examples(task, .train),
        validation: job.training.validateEvery > 0 ? try validated(task) : [])
    }
    model = nil
    try keepStates(of: &tasks, job, base)
    let start = try startingPoint(job)
    let trainer = try Trainer(base: base, tasks: tasks, job: job, start: start, workspaces: workspaces)
    let trained = try counted {
      try trainer.run { share, point in try progress(share, "loss \(rounded(point.loss))") }
    }
    let adapter =
      job.ends == nil
      ? adapter(of: trained, job, base) : try centre(of: trained, job, base, into: folder)
    try PEFTAdapter.write(
      start?.adapter.adding(adapter) ?? adapter, to: folder.appendingPathComponent("adapter").path,
      layers: layers(base))
    try HeadFile.write(trained.heads, to: folder)
    try write(trained.curve, to: folder)
    return trained.result
  }

  private func adapter(
    of trained: TrainedAdapter, _ job: TrainJob, _ base: BaseModel, part: Range<Int>? = nil, share: Double = 1
  ) -> Adapter {
    trained.parameters.adapter(
      name: "adapter", alpha: share * job.adapter.alpha, dropout: job.adapter.dropout,
      rslora: job.adapter.rslora, targets: job.adapter.targets,
      isCausal: base.network.outline.predictsTokens, part: part)
  }

  /// Writes the adapters of a common training, `end-0` and so on by task, and returns their mixture in equal shares.
  private func centre(
    of trained: TrainedAdapter, _ job: TrainJob, _ base: BaseModel, into folder: URL
  ) throws -> Adapter {
    var centre: Adapter?
    for end in job.tasks.indices {
      let part = end * job.adapter.rank..<(end + 1) * job.adapter.rank
      let path = folder.appendingPathComponent(Self.adapterName(end: end)).path
      try PEFTAdapter.write(
        adapter(of: trained, job, base, part: part), to: path, layers: layers(base))
      let share = adapter(of: trained, job, base, part: part, share: 1 / Double(job.tasks.count))
      centre = centre?.adding(share) ?? share
    }
    guard let centre else { preconditionFailure("a training without tasks") }
    return centre
  }

  /// The folder of an adapter in that of its training: the only one, or one of those that were trained together.
  static func adapterName(end: Int?) -> String { end.map { "end-\($0)" } ?? "adapter" }

  /// What the job goes on from, where it is a round after a merge.
  private func startingPoint(_ job: TrainJob) throws -> StartingPoint? {
    guard let start = job.start else { return nil }
    let heads = try start.heads.map { training in
      try job.tasks.filter { $0.head == .linear }.map { task in
        try reading(training) { try HeadFile.read($0, task: task) }
      }
    }
    return StartingPoint(
      adapter: try adapter(of: start.adapter),
      heads: heads ?? [])
  }

  /// Gives the tasks what enters the adapter's lowest block, where that pays.
  private func keepStates(
    of tasks: inout [TrainingTask], _ job: TrainJob, _ base: BaseModel
  ) throws {
    let lowest = try base.network.outline.chosen(by: job.adapter.layerTargets).lowestBlock
    let rows = tasks.reduce(0) { $0 + $1.train.count }
    let tokens = tasks.reduce(0) { $0 + $1.train.reduce(0) { $0 + $1.ids.count } }
    guard lowest > 0, job.budget.drawsWholeSets(rows: rows, tokens: tokens, job.training) else { return }
    let sets = tasks.map { task in
      var rows = RowsKey(task.task, .train, base: job.$base, maxTokens: job.training.maxTokens)
      rows.areLearnt = true
      return (rows.states(job.training.productPrecision), task.train)
    }
    let states = counted {
      frozen.states(sets, below: lowest, of: base.network, workspaces: workspaces)
    }
    for (index, states) in (states ?? []).enumerated() { tasks[index].states = states }
  }

  /// The base's linear layers as PEFT sees them: with those that are never run, which a short target would name too.
  private func layers(_ base: BaseModel) -> [String] {
    base.network.outline.layers.map(\.path) + base.network.outline.idle
  }
}
