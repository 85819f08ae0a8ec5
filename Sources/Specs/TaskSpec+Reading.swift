extension TaskSpec {
  /// What a job reads of the task: everything else is as if it had not been set, so that it can neither change the job's
  /// result nor its identity.
  ///
  /// - Parameters:
  ///   - splits: The splits that are read. Where the share that validation takes from the training data decides what they
  ///     hold, it stands there with the training data.
  ///   - metrics: How many of the metrics decide something within the job.
  public func reduced(to splits: Set<Split>, metrics count: Int = 0) -> TaskSpec {
    var task = self
    let isShared = holdsBack(.validation) && (splits.contains(.train) || splits.contains(.validation))
    var files = splits
    if isShared { files.insert(.train) }
    if !isShared { task.validationFraction = 0 }
    task.source = source.holding(files)
    task.limits = limits.filter { limit in splits.contains { $0.rawValue == limit.key } }
    if !splits.contains(.validation) { task.part = nil }
    if !splits.contains(.train) || task.limits[Split.train.rawValue] == nil { task.draw = nil }
    task.metrics = Array(metrics.prefix(count))
    if count == 0 { task.by = nil }
    if head == .linear { task.labels = labels.map { LabelSpec(name: $0.name, description: "") } }
    return task
  }

  /// What is read of the task to score predictions of a split: its rows, and the groups that they are in.
  public func scored(_ split: Split) -> TaskSpec {
    var task = reduced(to: [split])
    task.by = by
    return task
  }

  /// The task with the training rows that a seed draws, where a limit draws some.
  public func drawing(_ seed: Int) -> TaskSpec {
    var task = self
    if limits[Split.train.rawValue] != nil { task.draw = seed }
    return task
  }

  /// What a training reads of the task; where it never validates neither metrics nor validation data.
  public func trained(_ training: TrainingSpec) -> TaskSpec {
    training.validateEvery > 0 ? reduced(to: [.train, .validation], metrics: 1) : reduced(to: [.train])
  }

  /// What a model reads of the task to predict a split.
  ///
  /// - Parameter isTold: Whether the model is told the task by its name.
  public func predicted(_ split: Split, isTold: Bool) -> TaskSpec {
    var task = reduced(to: [split])
    let isDrawn = task.validationFraction > 0 || !task.limits.isEmpty || task.part != nil
    // Rows are drawn, texts made and linear heads kept by the name.
    if case .files = source, !isDrawn, head != .linear, !isTold { task.name = "" }
    return task
  }
}

extension DataSource {
  /// The source of some splits alone.
  fileprivate func holding(_ splits: Set<Split>) -> DataSource {
    func isHeld(_ name: String) -> Bool { splits.contains { $0.rawValue == name } }
    switch self {
    case .files(let files): return .files(files.filter { isHeld($0.key) })
    case .generated(var spec):
      spec.rows = spec.rows.filter { isHeld($0.key) }
      // It touches training labels only.
      if !splits.contains(.train) { spec.noise = 0 }
      return .generated(spec)
    }
  }
}

extension TrainingSpec {
  /// The settings without those that change nothing beside the others; `hasLabelHeads` says whether any task has a label head.
  public func effective(withLabelHeads hasLabelHeads: Bool) -> TrainingSpec {
    let plain = TrainingSpec()
    var spec = self
    if batchTokens > 0 { spec.batchRows = plain.batchRows }
    if validateEvery == 0 {
      (spec.patience, spec.keepBest, spec.validateRows) = (plain.patience, plain.keepBest, nil)
    }
    if !hasLabelHeads { spec.labelScale = plain.labelScale }
    return spec
  }
}
