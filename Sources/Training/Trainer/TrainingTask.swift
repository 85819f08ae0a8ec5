public import Models
public import Specs

/// A task as the trainer reads it.
public struct TrainingTask: Sendable {
  /// The task.
  public var task: TaskSpec
  /// Training examples.
  public var train: [TokenizedExample]
  /// Validation examples; may be empty where the training never validates.
  public var validation: [TokenizedExample]
  /// What enters the adapter's lowest block on the training examples; nil where it is computed in every step.
  public var states: FrozenStates?

  /// Joins the parts.
  public init(
    task: TaskSpec, train: [TokenizedExample], validation: [TokenizedExample], states: FrozenStates? = nil
  ) {
    self.task = task
    self.train = train
    self.validation = validation
    self.states = states
  }
}

/// One step of a loss curve.
public struct CurvePoint: Sendable, Hashable, Codable {
  /// Optimiser steps taken, this one counted.
  public var step: Int
  /// Mean loss of the step's rows.
  public var loss: Double
  /// The learning rate of the step.
  public var learningRate: Double
  /// The gradients' norm before clipping.
  public var gradientNorm: Double
  /// The mean of the tasks' first metrics on validation (turned so that more is better), where one was made.
  public var validation: Double?

  /// A step without validation, unless there was one.
  public init(
    step: Int, loss: Double, learningRate: Double, gradientNorm: Double, validation: Double? = nil
  ) {
    self.step = step
    self.loss = loss
    self.learningRate = learningRate
    self.gradientNorm = gradientNorm
    self.validation = validation
  }
}

/// What a training leaves.
public struct TrainedAdapter {
  /// The factors of the kept step; of adapters that were trained together side by side, task by task.
  public var parameters: LoRAParameters
  /// The heads of the kept step, in the order of the tasks.
  public var heads: [TaskHead]
  /// Counts.
  public var result: TrainResult
  /// One point a step.
  public var curve: [CurvePoint]
}
