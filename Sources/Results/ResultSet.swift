public import Basics
public import Specs

/// How a model came to be.
public enum ModelKind: String, Sendable, Codable, CaseIterable {
  /// The base as it is.
  case base
  /// What can be had without training a model.
  case floor
  /// An adapter trained on one task.
  case single
  /// An adapter trained on several tasks.
  case cocktail
  /// Several adapters merged into one.
  case merge
}

/// A metric's column: name and direction.
public struct MetricColumn: Sendable, Hashable, Codable {
  /// A row of the metrics: `macro_f1`.
  public var name: String
  /// False for errors.
  public var higherIsBetter: Bool

  /// Makes a column.
  public init(name: String, higherIsBetter: Bool) {
    self.name = name
    self.higherIsBetter = higherIsBetter
  }

  /// A value turned so that more is better.
  public func merit(_ value: Double) -> Double { higherIsBetter ? value : -value }
}

/// A task as the tables see it.
public struct TaskColumn: Sendable, Hashable, Codable {
  /// The name in the manifest.
  public var name: String
  /// What the task asks for.
  public var kind: TaskKind
  /// The metrics; the first one decides.
  public var metrics: [MetricColumn]
  /// The column within whose groups of rows metrics are computed, to be averaged; empty where they are over all rows.
  public var by = ""

  /// The metric by which models are chosen and compared: the first; nil where there is none.
  public var decidingMetric: MetricColumn? { metrics.first }

  /// Makes a column.
  public init(name: String, kind: TaskKind, metrics: [MetricColumn]) {
    self.name = name
    self.kind = kind
    self.metrics = metrics
  }
}

/// What a grid point says of how texts are read: base and floors know nothing else of it.
public enum EvaluationSettings {
  /// As manifests write them.
  public static let paths = ["training.max_tokens", "training.label_scale"]

  /// The part of some settings: `training.max_tokens=64` of `adapter.rank=4,training.max_tokens=64`.
  public static func part(of settings: String) -> String {
    settings.split(separator: ",").filter { part in paths.contains { part.hasPrefix($0 + "=") } }.joined(
      separator: ",")
  }
}

/// One model of one seed: a candidate of the tables.
public struct ModelRow: Sendable, Hashable, Codable {
  /// The name that all seeds share: `base`, `single:fpb`, `cocktail:all`, `merge:ties(density=0.2)`,
  /// with the grid point behind it where there is one: `single:fpb[adapter.rank=4]`.
  public var model: String
  /// The same without the grid point: `single:fpb`.
  public var plain: String
  /// How it came to be.
  public var kind: ModelKind
  /// What was trained or merged: `fpb`, `fpb+fomc`, `ties density=0.2 of fpb+fomc`.
  public var recipe: String
  /// The grid point, `adapter.rank=4`; empty where the manifest has no grid.
  public var settings: String
  /// The budget under which it was trained, as `settings` have it; empty where there is one.
  public var arm: String
  /// The settings that validation chose for it on the seeds of `tune`: `training.learning_rate=0.001`; empty where nothing was
  /// tried.
  public var tuned: String = ""
  /// The tasks that it learned from, in the manifest's order.
  public var tasks: [String]
  /// Nil for base and floors that are the same for all seeds.
  public var seed: Int?
  /// Optimiser steps; for a merge the sum over its inputs, for a base that was pretrained here those of its pretraining.
  public var steps: Int
  /// Training examples drawn, of the same steps.
  public var examples: Int
  /// Training tokens drawn, of the same steps.
  public var tokens: Int
  /// Operations in matrix products of the same steps: those that a plan counts for a token, times the tokens.
  public var flops: Double
  /// Bytes that the model adds to the base.
  public var bytes: Int
  /// The job that made it; empty for a base from a folder.
  public var job: String
  /// How a model of several parts is used; nil for one adapter.
  public var serving: Serving?
  /// What products with frozen weights read in the trainings behind it; nil for a base from a folder.
  public var precision: Precision?

  /// Makes a row.
  ///
  /// - Parameter plain: Nil where no grid point stands behind the name.
  public init(
    model: String, plain: String? = nil, kind: ModelKind, recipe: String, settings: String, arm: String = "",
    tasks: [String],
    seed: Int?, steps: Int, examples: Int, tokens: Int, flops: Double = 0, bytes: Int, job: String,
    serving: Serving? = nil,
    precision: Precision? = nil
  ) {
    self.precision = precision
    self.flops = flops
    self.model = model
    self.plain = plain ?? model
    self.kind = kind
    self.recipe = recipe
    self.settings = settings
    self.arm = arm
    self.tasks = tasks
    self.seed = seed
    self.steps = steps
    self.examples = examples
    self.tokens = tokens
    self.bytes = bytes
    self.job = job
    self.serving = serving
  }
}

/// One number: a model's metric on one split of one task.
public struct ScoreRow: Sendable, Hashable, Codable {
  /// As in `ModelRow.model`.
  public var model: String
  /// Nil for the base, which has none.
  public var seed: Int?
  /// As in `TaskColumn.name`.
  public var task: String
  /// The split that was read; never the training split.
  public var split: Split
  /// As in `MetricColumn.name`.
  public var metric: String
  /// In the metric's own unit, not in percent.
  public var value: Double
  /// Examples behind it.
  public var n: Int
  /// The evaluation job.
  public var job: String
  /// What products with frozen weights read in it.
  public var precision: Precision

  /// Makes a row.
  public init(
    model: String, seed: Int?, task: String, split: Split, metric: String, value: Double, n: Int, job: String,
    precision: Precision = .float32
  ) {
    self.precision = precision
    self.model = model
    self.seed = seed
    self.task = task
    self.split = split
    self.metric = metric
    self.value = value
    self.n = n
    self.job = job
  }
}

/// What a trained model really drew from a task.
public struct MixtureRow: Sendable, Hashable, Codable {
  /// As in `ModelRow.model`.
  public var model: String
  /// The training's seed.
  public var seed: Int
  /// Counts of one task.
  public var drawn: DrawnTask

  /// Makes a row.
  public init(model: String, seed: Int, drawn: DrawnTask) {
    self.model = model
    self.seed = seed
    self.drawn = drawn
  }
}

/// What a merge kept, layer by layer.
public struct MergedRow: Sendable, Hashable, Codable {
  /// As in `ModelRow.model`.
  public var model: String
  /// The seed of all inputs.
  public var seed: Int
  /// A row of the merge methods.
  public var method: String
  /// All parameters of the method as text, by name; defaults filled in.
  public var parameters: [String: String]
  /// One for each linear layer that an input changes.
  public var sites: [MergedSite]

  /// Makes a row.
  public init(
    model: String, seed: Int, method: String, parameters: [String: String] = [:], sites: [MergedSite]
  ) {
    self.model = model
    self.seed = seed
    self.method = method
    self.parameters = parameters
    self.sites = sites
  }
}

/// What one job cost.
public struct CostRow: Sendable, Hashable, Codable {
  /// The job's id.
  public var job: String
  /// As in `JobSpec.kind`.
  public var kind: String
  /// As in `PlannedJob.label`.
  public var label: String
  /// What was measured.
  public var cost: JobCost
  /// What an estimate from the plan's finished jobs gives for it; nil where there is none.
  public var predictedSeconds: Double?

  /// Makes a row.
  public init(job: String, kind: String, label: String, cost: JobCost, predictedSeconds: Double?) {
    self.job = job
    self.kind = kind
    self.label = label
    self.cost = cost
    self.predictedSeconds = predictedSeconds
  }
}

/// A job that failed, for the report's list of what is missing.
public struct FailureRow: Sendable, Hashable, Codable {
  /// The job's id.
  public var job: String
  /// As in `PlannedJob.label`.
  public var label: String
  /// What is wrong, without place and hint.
  public var message: String

  /// Makes a row.
  public init(job: String, label: String, message: String) {
    self.job = job
    self.label = label
    self.message = message
  }
}

/// Everything that the tables are made from; models, tasks and seeds in the manifest's order.
public struct ResultSet: Sendable, Hashable, Codable {
  /// The name in the manifest.
  public var experiment: String
  /// What is asked, from the manifest; may be empty.
  public var title: String
  /// All tasks, with the metrics that were asked for.
  public var tasks: [TaskColumn]
  /// One for each model and seed that is there; a failed one has no row.
  public var models: [ModelRow]
  /// By model, task, split and metric, in that order.
  public var scores: [ScoreRow]
  /// One for each trained model, seed and task of its cocktail.
  public var mixtures: [MixtureRow]
  /// One for each merge and seed.
  public var merges: [MergedRow]
  /// Twenty for each trained model and seed at most, in the order of their steps.
  public var curves: [CurveRow]
  /// One for each finished job, in the order of the plan.
  public var costs: [CostRow]
  /// Empty where everything went well.
  public var failures: [FailureRow]
  /// How the budget was set, in words: `200 optimiser steps`.
  public var budget: String
  /// What differs from seed to seed.
  public var varies = Variation.usual
  /// Differences of metrics in points within it count as equal; nil where nothing was said.
  public var margin: Double?
  /// One for each task and split, in the manifest's order.
  public var data: [DataRow]
  /// What the seeds of `tune` tried; nil where nothing is.
  public var tuning: TuningResults?
  /// Jobs that the manifest plans; 0 where that is not known.
  public var plannedJobs: Int
  /// Those of them that have a result.
  public var finishedJobs: Int

  /// Makes a set.
  public init(
    experiment: String, title: String = "", tasks: [TaskColumn], models: [ModelRow], scores: [ScoreRow],
    mixtures: [MixtureRow] = [], merges: [MergedRow] = [], curves: [CurveRow] = [], costs: [CostRow] = [],
    failures: [FailureRow] = [],
    budget: String = "", margin: Double? = nil, data: [DataRow] = [], plannedJobs: Int = 0,
    finishedJobs: Int = 0
  ) {
    self.experiment = experiment
    self.title = title
    self.tasks = tasks
    self.models = models
    self.scores = scores
    self.mixtures = mixtures
    self.merges = merges
    self.curves = curves
    self.costs = costs
    self.failures = failures
    self.budget = budget
    self.margin = margin
    self.data = data
    self.plannedJobs = plannedJobs
    self.finishedJobs = finishedJobs
  }
}

extension ResultSet {
  /// `12 of 138 jobs have results`; nil where all of them have.
  public var incomplete: String? {
    finishedJobs < plannedJobs ? "\(finishedJobs) of \(plannedJobs) jobs have results" : nil
  }
}
