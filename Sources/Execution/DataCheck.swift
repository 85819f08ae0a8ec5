internal import Basics
public import Experiment
internal import Results
internal import Specs
internal import Tasks

/// Reads the data that a plan needs before any of its jobs starts: a bad row is then told once and at once, with all
/// the others, instead of by every job that meets it.
public struct DataCheck: Sendable {
  private let progress: PlanProgress

  /// Checks what the open jobs of a plan need; without a store, what any job needs.
  public init(_ progress: PlanProgress = PlanProgress()) {
    self.progress = progress
  }

  private struct Part: Hashable {
    let task: TaskSpec
    let split: Split
  }

  /// Reads every split of every task that some open job reads, and those whose rows have groups.
  ///
  /// - Throws: `Diagnostics` with all problems in the order of the jobs.
  public func check(_ plan: Plan) throws {
    var seen: Set<Part> = []
    // What is wrong with some bytes is told of one file, which names the others that hold them.
    var told: Set<[String]> = []
    var problems: [Diagnostic] = []
    let asked = predicted(plan)
    let open = plan.jobs.filter { progress.isOpen($0.id) }
    // What is there already may be scored by other groups now.
    let grouped = plan.jobs.filter { !progress.isOpen($0.id) }.flatMap { asked[$0.id] ?? [] }
      .filter { $0.task.by != nil }
    for part in open.flatMap({ parts(of: $0, asked[$0.id]) }) + grouped {
      guard case .files(let files) = part.task.source, seen.insert(part).inserted else { continue }
      // Counted rows could be read; what is left to say is whether scores on them mean anything.
      // Of training rows the groups, which a search may score them in, were not.
      if part.split != .train || part.task.by == nil, let row = row(of: part, plan) {
        problems += plan.errors(in: row).filter { !problems.contains($0) }
        continue
      }
      do {
        _ = try TaskLoader.load(part.task, split: part.split) {
          plan.path(of: $0, for: part.split, of: part.task)
        }
      } catch let error as Diagnostics {
        let file = files[part.split.rawValue] ?? files[Split.train.rawValue]
        guard told.insert([part.task.name, file?.sha256 ?? ""]).inserted else { continue }
        problems += error.all.map(plan.namingCopies)
      } catch let error as Diagnostic {
        if !problems.contains(error) { problems.append(error) }
      }
    }
    if !problems.isEmpty { throw Diagnostics(problems) }
  }

  /// What predictions are held against: the jobs themselves need not know the names of their tasks.
  private func predicted(_ plan: Plan) -> [JobID: [Part]] {
    let tasks = Dictionary(plan.plannedTasks.map { ($0.spec.name, $0.spec) }) { first, _ in first }
    var parts: [JobID: [Part]] = [:]
    for evaluation in (plan.models + plan.tried).lazy.flatMap(\.evaluations) {
      guard let task = tasks[evaluation.task] else { continue }
      let part = Part(task: task.scored(evaluation.split), split: evaluation.split)
      if parts[evaluation.job]?.contains(part) != true { parts[evaluation.job, default: []].append(part) }
    }
    return parts
  }

  /// What was counted in a split, when the plan was made or now; nil where it cannot be read.
  private func row(of part: Part, _ plan: Plan) -> DataRow? {
    func isOf(_ row: DataRow) -> Bool { row.task == part.task.name && row.facts.split == part.split }
    if let row = plan.data.first(where: isOf) { return row }
    let survey = TaskSurvey(part.task) { plan.locations[$0] }
    let kind = TaskKinds.row(of: part.task.kind).outline
    return DataRow.rows(of: part.task, kind, survey.parts.map(\.facts), maxTokens: .max).first(where: isOf)
  }

  /// What a job reads; of predictions what they are held against, and where they are counted from training data that first.
  private func parts(of job: PlannedJob, _ asked: [Part]?) -> [Part] {
    guard let asked else { return parts(job.spec) }
    return parts(job.spec).filter { $0.split == .train } + asked
  }

  private func parts(_ spec: JobSpec) -> [Part] {
    switch spec {
    case .pretrain: []
    case .probe(let job): [Part(task: job.task, split: .train)]
    case .guess(let job): [Part(task: job.task, split: .train), Part(task: job.task, split: job.split)]
    case .merge(let job):
      (job.data?.tasks ?? []).flatMap { tasks in
        tasks.map { Part(task: $0, split: job.data?.split ?? .train) }
      }
    case .train(let job):
      job.tasks.flatMap { task in
        [Part(task: task.reduced(to: [.train]), split: .train)]
          + (job.training.validateEvery > 0 ? [Part(task: task, split: .validation)] : [])
      }
    case .tune(let job):
      // A plan holds none that its method refuses.
      (try? job.tuned).map { tuned in
        job.tasks.map { Part(task: $0.task, split: tuned.asked.split.split) }
      } ?? []
    case .statistics(let job): job.tasks.map { Part(task: $0, split: job.split) }
    case .predict(let job): [Part(task: job.task, split: job.split)]
    }
  }
}
