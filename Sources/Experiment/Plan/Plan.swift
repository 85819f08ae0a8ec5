public import Basics
public import Outlines
public import Results
public import Specs

/// A job of the graph with what people read about it.
public struct PlannedJob: Sendable, Hashable {
  /// The hash of `spec`.
  public var id: JobID
  /// Everything that the job's result depends on.
  public var spec: JobSpec
  /// `train single:fpb seed 0`.
  public var label: String
  /// What it asks of a machine; `WorkClock` turns it into seconds.
  public var work: JobWork

  /// Makes a job.
  public init(id: JobID, spec: JobSpec, label: String, work: JobWork) {
    self.id = id
    self.spec = spec
    self.label = label
    self.work = work
  }
}

/// An evaluation that a model's rows come from.
public struct PlannedEvaluation: Sendable, Hashable {
  /// As in `TaskColumn.name`.
  public var task: String
  /// `validation` or `test`.
  public var split: Split
  /// The evaluation job; models that are equal share it.
  public var job: JobID

  /// Makes an evaluation.
  public init(task: String, split: Split, job: JobID) {
    self.task = task
    self.split = split
    self.job = job
  }
}

/// A candidate of the tables: one (cell, seed).
public struct PlannedModel: Sendable, Hashable {
  /// As in `ModelRow.model`.
  public var model: String
  /// As in `ModelRow.plain`.
  public var plain: String
  /// How it comes to be.
  public var kind: ModelKind
  /// As in `ModelRow.recipe`.
  public var recipe: String
  /// As in `ModelRow.settings`.
  public var settings: String
  /// As in `ModelRow.arm`.
  public var arm: String
  /// The tasks that it learns from, in the manifest's order; empty for the base.
  public var tasks: [String]
  /// As in `ModelRow.tuned`.
  public var tuned: String
  /// Nil for base and floors that are the same for all seeds.
  public var seed: Int?
  /// The job that makes it; nil for a base from a folder.
  public var job: JobID?
  /// By task, then by split.
  public var evaluations: [PlannedEvaluation]
  /// The grid of which validation chooses one point to be tested; nil for a model that is tested in any case.
  public var grid: String?
  /// The merge method that the manifest names; nil where that is the one of the job.
  public var method: String?

  /// Makes a model.
  ///
  /// - Parameter plain: Nil where no grid point stands behind the name.
  public init(
    model: String, plain: String? = nil, kind: ModelKind, recipe: String, settings: String, arm: String = "",
    tasks: [String],
    tuned: String = "", seed: Int?, job: JobID?,
    evaluations: [PlannedEvaluation], grid: String? = nil, method: String? = nil
  ) {
    self.model = model
    self.plain = plain ?? model
    self.kind = kind
    self.recipe = recipe
    self.settings = settings
    self.arm = arm
    self.tasks = tasks
    self.tuned = tuned
    self.seed = seed
    self.job = job
    self.evaluations = evaluations
    self.grid = grid
    self.method = method
  }
}

/// A task with the hashes of its data and what the planner counted in them.
public struct PlannedTask: Sendable, Hashable {
  /// As evaluations see it.
  public var spec: TaskSpec
  /// Rows of each split before limits, by split name; splits that do not exist are left out.
  public var rows: [String: Int]
  /// The file of each split, by split name; empty for a generated task.
  public var paths: [String: String]

  /// Makes a task.
  public init(spec: TaskSpec, rows: [String: Int], paths: [String: String] = [:]) {
    self.spec = spec
    self.rows = rows
    self.paths = paths
  }
}

/// What a manifest comes to: jobs without repeats in an order in which each follows its inputs, and the models of the tables.
public struct Plan: Sendable {
  /// The name in the manifest.
  public var experiment: String
  /// What is asked; may be empty.
  public var title: String
  /// The tasks in the manifest's order.
  public var tasks: [TaskColumn]
  /// Every job once, each after its inputs.
  public var jobs: [PlannedJob]
  /// Base, singles and cocktails, merges: the order of the tables.
  public var models: [PlannedModel]
  /// What the seeds of `tune` try, evaluated on validation alone; they stand in no table but that of the search.
  public var tried: [PlannedModel] = []
  /// What differs from seed to seed.
  public var varies = Variation.usual
  /// Whether all that is to be tried is planned; true where nothing is.
  public var isTriedWhole = true
  /// How the budget was set, in words.
  public var budget: String
  /// What the tables hold for equal; nil where the manifest sets no margin.
  public var margin: Double?
  /// Where the files behind the hashes of the jobs lie now: SHA-256 → path.
  public var locations: [String: String]
  /// The tasks as evaluations see them, in the manifest's order.
  public var plannedTasks: [PlannedTask]
  /// The layers and sizes of the base, for estimates.
  public var outline: ModelOutline?
  /// What stands in the data, by task and split; splits that cannot be read are left out.
  public var data: [DataRow]
  /// What is planned otherwise than a reader of the manifest would think.
  public var remarks: [PlanNote]
  /// Models that are points of a grid of which another one was chosen, or none yet.
  public var passedOver: Set<String> = []

  /// Makes a plan.
  public init(
    experiment: String, title: String, tasks: [TaskColumn], jobs: [PlannedJob], models: [PlannedModel],
    budget: String, margin: Double? = nil, locations: [String: String], plannedTasks: [PlannedTask] = [],
    outline: ModelOutline? = nil, data: [DataRow] = [], remarks: [PlanNote] = []
  ) {
    self.experiment = experiment
    self.title = title
    self.tasks = tasks
    self.jobs = jobs
    self.models = models
    self.budget = budget
    self.margin = margin
    self.locations = locations
    self.plannedTasks = plannedTasks
    self.outline = outline
    self.data = data
    self.remarks = remarks
  }
}

/// Something that a user should know before a run: one line.
public struct PlanNote: Sendable, Hashable, CustomStringConvertible {
  /// What it is, without a full stop.
  public var what: String
  /// Where.
  public var place: Place?
  /// What to do; nil where nothing need be done.
  public var hint: String?
  /// Whether results are wrong for it, so that it is told even where little is.
  public var spoilsResults: Bool

  /// Makes a note.
  public init(_ what: String, at place: Place? = nil, hint: String? = nil, spoilsResults: Bool = false) {
    self.what = what
    self.place = place
    self.hint = hint
    self.spoilsResults = spoilsResults
  }

  /// `data/fpb/test.jsonl:17: note: …: …`.
  public var description: String {
    (place.map { "\($0): " } ?? "") + "note: \(what)" + (hint.map { "; \($0)" } ?? "")
  }
}
