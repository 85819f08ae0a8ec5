public import Basics

/// What a cocktail really drew from one task.
public struct DrawnTask: Sendable, Hashable, Codable {
  /// The task's name.
  public var task: String
  /// Examples drawn, repeats counted.
  public var examples: Int
  /// Real tokens drawn.
  public var tokens: Int
  /// Examples drawn ÷ examples of the training split.
  public var epochs: Double
  /// Examples drawn that had been drawn before.
  public var repeats: Int

  /// Makes a row.
  public init(task: String, examples: Int, tokens: Int, epochs: Double, repeats: Int) {
    self.task = task
    self.examples = examples
    self.tokens = tokens
    self.epochs = epochs
    self.repeats = repeats
  }
}

/// What a training (or a pretraining) did.
public struct TrainResult: Sendable, Hashable, Codable {
  /// Optimiser steps taken.
  public var steps: Int
  /// Examples drawn.
  public var examples: Int
  /// Real tokens drawn.
  public var tokens: Int
  /// By task, in the order of the job; empty for a pretraining.
  public var drawn: [DrawnTask]
  /// The step whose weights were kept.
  public var keptStep: Int
  /// Mean training loss of the last tenth of the steps.
  public var finalLoss: Double
  /// Numbers that were trained.
  public var trainable: Int

  /// Makes a result.
  public init(
    steps: Int, examples: Int, tokens: Int, drawn: [DrawnTask], keptStep: Int, finalLoss: Double,
    trainable: Int
  ) {
    self.steps = steps
    self.examples = examples
    self.tokens = tokens
    self.drawn = drawn
    self.keptStep = keptStep
    self.finalLoss = finalLoss
    self.trainable = trainable
  }
}

/// How a model of several parts is used, and what that costs beside one adapter.
public struct Serving: Sendable, Hashable, Codable {
  /// Who decides among the parts: `task known`, `routed by text` or `routed by token`.
  public var by: String
  /// Who asks says which task it is: what other models do not know.
  public static let taskKnown = "task known"
  /// A gate reads the whole text, in a pass of its own.
  public static let routedByText = "routed by text"
  /// Experts run beside the weights, and every token chooses among them.
  public static let routedByToken = "routed by token"
  /// Whether the model is told the task, so that it cannot be compared with those that are not.
  public var isTold: Bool { by == Serving.taskKnown }
  /// Bytes of one of its experts' adapters, the mean.
  public var expertBytes: Int
  /// How often a text passes through the encoder.
  public var passes: Int
  /// Floating-point operations of gates and experts beside the weights, a token.
  public var flopsPerToken: Double

  /// Makes a record.
  public init(by: String, expertBytes: Int, passes: Int, flopsPerToken: Double) {
    self.by = by
    self.expertBytes = expertBytes
    self.passes = passes
    self.flopsPerToken = flopsPerToken
  }
}

/// What a merge did.
public struct MergeResult: Sendable, Hashable, Codable {
  /// One for each linear layer that an input changes.
  public var sites: [MergedSite]
  /// Bytes of the merged adapter, or of the files of a model that routes.
  public var bytes: Int
  /// How a model that routes is used; nil, and not written, for one adapter.
  public var serving: Serving?

  /// Makes a result.
  public init(sites: [MergedSite], bytes: Int, serving: Serving? = nil) {
    self.sites = sites
    self.bytes = bytes
    self.serving = serving
  }
}

/// What a prediction read.
public struct PredictResult: Sendable, Hashable, Codable {
  /// Examples.
  public var n: Int
  /// Real tokens read.
  public var tokens: Int

  /// Makes a result.
  public init(n: Int, tokens: Int) {
    self.n = n
    self.tokens = tokens
  }
}

/// What a finished job left in `result.json`.
public enum JobResult: Sendable, Hashable, Codable {
  /// Of a pretraining.
  case pretrain(TrainResult)
  /// Of a probe.
  case probe(ProbeResult)
  /// Of a training.
  case train(TrainResult)
  /// Of a measurement.
  case statistics(StatisticsResult)
  /// Of a merge.
  case merge(MergeResult)
  /// Of a tuning.
  case tune(TuneResult)
  /// Of answers without a model.
  case guess(PredictResult)
  /// Of a prediction.
  case predict(PredictResult)
}

extension JobResult {
  /// What a job that leaves predictions read; nil for others.
  public var prediction: PredictResult? {
    switch self {
    case .guess(let result), .predict(let result): result
    case .pretrain, .probe, .train, .statistics, .merge, .tune: nil
    }
  }
}

/// What a job cost: the one record that differs between two runs.
public struct JobCost: Sendable, Hashable, Codable {
  /// Processor seconds of the worker while it did the job.
  public var cpuSeconds: Double
  /// Processor seconds of `cpuSeconds` that went into training, measuring, merging or predicting; nil in records of
  /// before that was counted.
  public var arithmeticSeconds: Double?
  /// Seconds from start to end.
  public var wallSeconds: Double
  /// The most memory that the worker held until then, earlier jobs included.
  public var peakResidentMegabytes: Double
  /// `local-0`.
  public var worker: String
  /// Host and process of the run that it worked for, `beta 4711`, which stand in no table; nil in records of before.
  public var run: String?
  /// Processor, cores and memory.
  public var machine: String
  /// The libraries that did the arithmetic, by `blas` and, where it took part, `onednn`; nil in records of before.
  public var libraries: [String: String]?
  /// What the scheduler expected `wallSeconds` to be when it handed the job out; nil where nobody asked.
  public var predictedSeconds: Double?

  /// Makes a record.
  public init(
    cpuSeconds: Double, arithmeticSeconds: Double? = nil, wallSeconds: Double, peakResidentMegabytes: Double,
    worker: String, run: String? = nil, machine: String, libraries: [String: String]? = nil,
    predictedSeconds: Double? = nil
  ) {
    self.cpuSeconds = cpuSeconds
    self.arithmeticSeconds = arithmeticSeconds
    self.wallSeconds = wallSeconds
    self.peakResidentMegabytes = peakResidentMegabytes
    self.worker = worker
    self.run = run
    self.machine = machine
    self.libraries = libraries
    self.predictedSeconds = predictedSeconds
  }
}
