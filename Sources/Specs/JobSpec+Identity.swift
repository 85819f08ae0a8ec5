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
    read(&text)
    return text.id
  }

  /// The parts of the job, in the order of its identity, which is the hash of them all.
  public var parts: [JobPart] {
    var list = PartList()
    read(&list)
    return list.parts
  }

  private func read(_ reader: inout some PartReader) {
    switch self {
    case .pretrain(let spec): reader.part("spec", "base.pretrain", Hashed(spec))
    case .probe(let job): job.read(&reader)
    case .train(let job): job.read(&reader)
    case .statistics(let job): job.read(&reader)
    case .merge(let job): job.read(&reader)
    case .tune(let job): job.read(&reader)
    case .guess(let job): job.read(&reader)
    case .predict(let job): job.read(&reader)
    }
  }
}

extension ProbeJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.part("base", "base", $base)
    reader.part("task", "tasks", $task)
    reader.value("max_tokens", "training.max_tokens", maxTokens)
    if let hides { reader.value("hides", "tasks", hides) }
    if let precision { reader.value("precision", "evaluate.precision", precision.rawValue) }
  }
}

extension GuessJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.part("task", "tasks", $task)
    reader.value("split", "evaluate.splits", split.rawValue)
  }
}

extension TrainJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.part("base", "base", $base)
    reader.part("tasks", "tasks", $tasks)
    reader.part("sampling", "sampling", $sampling)
    reader.part("budget", "budget", $budget)
    reader.part("adapter", "adapter", $adapter)
    reader.part("training", "training", $training)
    reader.value("seed", "seeds", seed)
    if let startSeed { reader.value("start_seed", "vary", startSeed) }
    if let orderSeed { reader.value("order_seed", "vary", orderSeed) }
    if let start {
      reader.job("start.adapter", "merges", start.adapter)
      reader.job("start.heads", "merges", start.heads)
      reader.part("start.earlier", "budget", Hashed(start.earlier))
    }
    if let ends { reader.value("ends", "merges.concentration", ends.concentration) }
  }
}

extension StatisticsJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.part("base", "base", $base)
    reader.job("adapter", "merges.of", adapter)
    reader.part("tasks", "tasks", $tasks)
    reader.value("split", "merges.split", split.rawValue)
    reader.value("rows", "merges.rows", rows)
    reader.value("max_tokens", "training.max_tokens", maxTokens)
    reader.part("what", "merges", Hashed(what))
    reader.value("seed", "seeds", seed)
  }
}

extension MergeJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.value("method", "merges.method", method)
    reader.part("parameters", "merges", $parameters)
    reader.jobs("inputs", "merges.of", inputs)
    reader.numbers("weights", "merges.weights", weights)
    reader.value("seed", "seeds", seed)
    if let statistics { reader.jobs("statistics", "merges", statistics) }
    if let data {
      reader.part("data.base", "base", data.$base)
      reader.part("data.tasks", "tasks", data.$tasks)
      reader.value("data.split", "merges.split", data.split.rawValue)
      reader.value("data.rows", "merges.rows", data.rows)
      reader.value("data.max_tokens", "training.max_tokens", data.maxTokens)
    }
    if let ends { reader.numbers("ends", "merges.of", ends) }
  }
}

extension TuneJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.part("base", "base", $base)
    reader.value("method", "merges.method", method)
    reader.part("parameters", "merges", $parameters)
    reader.jobs("inputs", "merges.of", inputs)
    reader.numbers("weights", "merges.weights", weights)
    reader.part("tasks", "tasks", $tasks)
    reader.part("over", "merges.over", $over)
    reader.value("max_tokens", "training.max_tokens", maxTokens)
    if let labelScale { reader.value("label_scale", "training.label_scale", labelScale) }
    reader.value("seed", "seeds", seed)
  }
}

extension PredictJob {
  fileprivate func read(_ reader: inout some PartReader) {
    reader.part("base", "base", $base)
    reader.job("adapter", "evaluate", adapter)
    reader.part("task", "tasks", $task)
    reader.value("split", "evaluate.splits", split.rawValue)
    reader.job("head", "evaluate", head)
    reader.value("max_tokens", "training.max_tokens", maxTokens)
    if let labelScale { reader.value("label_scale", "training.label_scale", labelScale) }
    if let precision { reader.value("precision", "evaluate.precision", precision.rawValue) }
    if let hides { reader.value("hides", "tasks", hides) }
  }
}
