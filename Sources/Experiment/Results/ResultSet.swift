public import Specs

/// How a model came to be.
public enum ModelKind: String, Sendable, Codable, CaseIterable {
  case base
  case single
  case cocktail
  case merge
}

/// A metric's column: name and direction.
public struct MetricColumn: Sendable, Hashable, Codable {
  public var name: String
  public var higherIsBetter: Bool

  /// Makes a column.
  public init(name: String, higherIsBetter: Bool) {
    self.name = name
    self.higherIsBetter = higherIsBetter
  }
}

/// A task as the tables see it.
public struct TaskColumn: Sendable, Hashable, Codable {
  public var name: String
  public var kind: TaskKind
  /// The metrics; the first one decides.
  public var metrics: [MetricColumn]

  /// Makes a column.
  public init(name: String, kind: TaskKind, metrics: [MetricColumn]) {
    self.name = name
    self.kind = kind
    self.metrics = metrics
  }
}

/// One model of one seed: a candidate of the tables.
public struct ModelRow: Sendable, Hashable, Codable {
  /// The name that all seeds share: `base`, `single:fpb`, `cocktail:all`, `merge:ties(density=0.2)`,
  /// with the grid point behind it where there is one: `single:fpb[adapter.rank=4]`.
  public var model: String
  public var kind: ModelKind
  /// What was trained or merged: `fpb`, `fpb+fomc`, `ties density=0.2 of fpb+fomc`.
  public var recipe: String
  /// The grid point, `adapter.rank=4`; empty where the manifest has no grid.
  public var settings: String
  /// The tasks that it learned from, in the manifest's order.
  public var tasks: [String]
  /// Nil for the base, which has none.
  public var seed: Int?
  /// Optimiser steps; for a merge the sum over its inputs.
  public var steps: Int
  /// Training examples drawn; for a merge the sum over its inputs.
  public var examples: Int
  /// Training tokens drawn; for a merge the sum over its inputs.
  public var tokens: Int
  /// Bytes that the model adds to the base.
  public var bytes: Int
  /// The job that made it; empty for a base from a folder.
  public var job: String

  /// Makes a row.
  public init(
    model: String, kind: ModelKind, recipe: String, settings: String, tasks: [String], seed: Int?, steps: Int,
    examples: Int, tokens: Int, bytes: Int, job: String
  ) {
    self.model = model
    self.kind = kind
    self.recipe = recipe
    self.settings = settings
    self.tasks = tasks
    self.seed = seed
    self.steps = steps
    self.examples = examples
    self.tokens = tokens
    self.bytes = bytes
    self.job = job
  }
}

/// One number: a model's metric on one split of one task.
public struct ScoreRow: Sendable, Hashable, Codable {
  public var model: String
  public var seed: Int?
  public var task: String
  public var split: Split
  public var metric: String
  public var value: Double
  /// Examples behind it.
  public var n: Int
  /// The evaluation job.
  public var job: String

  /// Makes a row.
  public init(
    model: String, seed: Int?, task: String, split: Split, metric: String, value: Double, n: Int, job: String
  ) {
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
  public var model: String
  public var seed: Int
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
  public var model: String
  public var seed: Int
  public var method: String
  public var sites: [MergedSite]

  /// Makes a row.
  public init(model: String, seed: Int, method: String, sites: [MergedSite]) {
    self.model = model
    self.seed = seed
    self.method = method
    self.sites = sites
  }
}

/// What one job cost.
public struct CostRow: Sendable, Hashable, Codable {
  public var job: String
  public var kind: String
  public var label: String
  public var cost: JobCost
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
  public var job: String
  public var label: String
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
  public var experiment: String
  /// What is asked, from the manifest; may be empty.
  public var title: String
  public var tasks: [TaskColumn]
  public var models: [ModelRow]
  public var scores: [ScoreRow]
  public var mixtures: [MixtureRow]
  public var merges: [MergedRow]
  public var costs: [CostRow]
  public var failures: [FailureRow]
  /// How the budget was set, in words: `200 optimiser steps`.
  public var budget: String

  /// Makes a set.
  public init(
    experiment: String, title: String = "", tasks: [TaskColumn], models: [ModelRow], scores: [ScoreRow],
    mixtures: [MixtureRow] = [], merges: [MergedRow] = [], costs: [CostRow] = [], failures: [FailureRow] = [],
    budget: String = ""
  ) {
    self.experiment = experiment
    self.title = title
    self.tasks = tasks
    self.models = models
    self.scores = scores
    self.mixtures = mixtures
    self.merges = merges
    self.costs = costs
    self.failures = failures
    self.budget = budget
  }
}
