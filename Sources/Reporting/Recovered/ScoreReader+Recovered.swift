internal import Basics
internal import Results
internal import Specs
internal import Statistics

extension ScoreReader {
  /// How many standard errors a task's single lies above the base on validation; nil without predictions.
  func clearance(_ task: TaskColumn, settings: String) throws -> Double? {
    guard let single = evidence.single(of: task.name, settings: settings),
      let sample = try sample(of: single, task, on: .validation)
    else { return nil }
    return sample.gain.clearance
  }

  /// A model with its scores by item on the scale of a task, and its seeds.
  private struct Sample {
    var gain: RecoveredGain
    var seeds: [Int?]
    /// Whether a seed of the model or the single collapsed.
    var isCollapsed: Bool
  }

  /// Nil without predictions of model, single and base.
  private func sample(of model: Candidate, _ task: TaskColumn, on split: Split) throws -> Sample? {
    guard let metric = task.decidingMetric,
      let single = evidence.single(of: task.name, settings: model.settings),
      let base = evidence.base(settings: model.settings),
      var own = try scores(model, task, metric, on: split),
      var whole = try scores(single, task, metric, on: split),
      let zeros = try scores(base, task, metric, on: split), let known = zeros.crossed
    else { return nil }
    let isPaired = model.kind == .merge || model.model == single.model || zeros.hasSeeds
    if isPaired {
      let common = own.seeds.filter { seed in
        whole.seeds.contains(seed) && (!zeros.hasSeeds || zeros.seeds.contains(seed))
      }
      (own, whole) = (own.of(common), whole.of(common))
      if zeros.hasSeeds, own.items != nil, whole.items != nil {
        // Each seed stands above its own base, and the scale's zero is none.
        let bases = zeros.of(common)
        (own, whole) = (own.above(bases), whole.above(bases))
      }
    }
    let zero = zeros.hasSeeds ? CrossedScores([[Double](repeating: 0, count: known.items)]) : known
    guard let first = own.crossed, let second = whole.crossed, first.items == zero.items,
      second.items == zero.items
    else { return nil }
    return Sample(
      gain: RecoveredGain(
        model: first, hasSeeds: own.hasSeeds, single: second, base: zero, isPaired: isPaired),
      seeds: own.seeds, isCollapsed: (own.isCollapsed + whole.isCollapsed).contains(true))
  }

  /// A model on the scale, with intervals where they hold: from three seeds on, of a merge from four, as where seeds have bases of their own; none of which collapsed.
  func recovered(_ model: Candidate) throws -> RecoveredRow {
    var row = evidence.recovered(model)
    // The base is the scale's zero.
    if model.kind == .base { return row }
    var samples: [String: Sample] = [:]
    for task in evidence.tasks where row.byTask[task.name] != nil {
      let sample = try sample(of: model, task, on: .test)
      let fewest = model.kind == .merge || evidence.seedsHaveBases ? 4 : 3
      samples[task.name] = sample.flatMap { $0.seeds.count >= fewest && !$0.isCollapsed ? $0 : nil }
    }
    // A single on its own task is the scale's one.
    for (name, sample) in samples where !(model.kind == .single && model.tasks == [name]) {
      row.byTask[name]?.interval = sample.gain.interval()
    }
    let (own, all) = (evidence.measuredTasks(of: model), evidence.servedTasks(of: model))
    row.all?.interval = mean(of: all.map { samples[$0] }, model)
    row.own?.interval = own == all ? row.all?.interval : mean(of: own.map { samples[$0] }, model)
    return row
  }

  private func mean(of samples: [Sample?], _ model: Candidate) -> ClosedRange<Double>? {
    let known = samples.compactMap { $0 }
    guard known.count == samples.count, Set(known.map(\.seeds)).count == 1 else { return nil }
    if model.kind == .single, known.count == 1, known[0].gain.ratio == 1 { return nil }
    var stream = RandomStream(seed: 0, "recovered", model.model)
    return RecoveredGain.interval(ofMean: known.map(\.gain), using: &stream)
  }
}
