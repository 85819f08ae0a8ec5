internal import Basics

extension JobSpec {
  /// Raised when the same spec would give another result than it used to.
  public static let formatVersion = 3

  /// The identity of the job: the hash of a short text in which parts stand by their hashes and inputs by their
  /// identities.
  ///
  /// Cost: about a microsecond, since parts are hashed when they are made.
  public func id() -> JobID {
    var text = IdentityText(format: JobSpec.formatVersion, kind: kind)
    switch self {
    case .pretrain(let spec): text.add("spec", Hashed(spec))
    case .train(let job): job.write(to: &text)
    case .statistics(let job): job.write(to: &text)
    case .merge(let job): job.write(to: &text)
    case .tune(let job): job.write(to: &text)
    case .predict(let job): job.write(to: &text)
    }
    return text.id
  }
}

extension TrainJob {
  fileprivate func write(to text: inout IdentityText) {
    text.add("base", $base)
    text.add("tasks", $tasks)
    text.add("sampling", $sampling)
    text.add("budget", $budget)
    text.add("adapter", $adapter)
    text.add("training", $training)
    text.add("seed", seed)
    if let start {
      text.add("start.adapter", start.adapter)
      text.add("start.heads", start.heads)
      text.add("start.earlier", Hashed(start.earlier))
    }
    if let ends { text.add("ends", ends.concentration) }
  }
}

extension StatisticsJob {
  fileprivate func write(to text: inout IdentityText) {
    text.add("base", $base)
    text.add("adapter", adapter)
    text.add("tasks", $tasks)
    text.add("split", split.rawValue)
    text.add("rows", rows)
    text.add("max_tokens", maxTokens)
    text.add("what", Hashed(what))
    text.add("seed", seed)
  }
}

extension MergeJob {
  fileprivate func write(to text: inout IdentityText) {
    text.add("method", method)
    text.add("parameters", $parameters)
    text.add("inputs", inputs)
    text.add("weights", weights)
    text.add("seed", seed)
    if let statistics { text.add("statistics", statistics) }
    if let data {
      text.add("data.base", data.$base)
      text.add("data.tasks", data.$tasks)
      text.add("data.split", data.split.rawValue)
      text.add("data.rows", data.rows)
      text.add("data.max_tokens", data.maxTokens)
    }
    if let ends { text.add("ends", ends) }
  }
}

extension TuneJob {
  fileprivate func write(to text: inout IdentityText) {
    text.add("base", $base)
    text.add("method", method)
    text.add("parameters", $parameters)
    text.add("inputs", inputs)
    text.add("weights", weights)
    text.add("tasks", $tasks)
    text.add("over", $over)
    text.add("max_tokens", maxTokens)
    if let labelScale { text.add("label_scale", labelScale) }
    text.add("seed", seed)
  }
}

extension PredictJob {
  fileprivate func write(to text: inout IdentityText) {
    text.add("base", $base)
    text.add("adapter", adapter)
    text.add("task", $task)
    text.add("split", split.rawValue)
    text.add("head", head)
    text.add("max_tokens", maxTokens)
    if let labelScale { text.add("label_scale", labelScale) }
    if let precision { text.add("precision", precision.rawValue) }
  }
}
