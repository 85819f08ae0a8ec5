internal import Results
internal import Specs
internal import Statistics

/// On which tasks the way from the base to the single is far enough to measure others by it: found on validation.
package struct RecoveredScale: Sendable {
  private let measured: [String: [String]]
  private let learned: [String: [String]]

  /// No task.
  init() { (measured, learned) = ([:], [:]) }

  /// Asks for every grid point which singles are at least four standard errors of seeds and texts above the base.
  ///
  /// Nearer ones make a ratio that says nothing, and the test split must not say which they are. Without predictions:
  /// by more than the standard deviation over their seeds.
  init(_ evidence: Evidence, _ reader: ScoreReader) throws {
    var measured: [String: [String]] = [:]
    var learned: [String: [String]] = [:]
    for settings in evidence.trainedSettings {
      let known = try evidence.tasks.filter { try reader.isLearned($0, settings: settings) }
      learned[settings] = known.map(\.name)
      measured[settings] = try known.filter { task in
        guard evidence.baseScore(task, settings: settings, on: .validation) != nil else { return false }
        return try reader.clearance(task, settings: settings).map { $0 >= 4 }
          ?? evidence.orders(task, settings: settings)
      }.map(\.name)
    }
    // A base of several grid points is the zero of all of them.
    let (anyMeasured, anyLearned) = (Set(measured.values.joined()), Set(learned.values.joined()))
    for base in evidence.candidates(of: .base) where measured[base.settings] == nil {
      measured[base.settings] = evidence.tasks.map(\.name).filter(anyMeasured.contains)
      learned[base.settings] = evidence.tasks.map(\.name).filter(anyLearned.contains)
    }
    self.measured = measured
    self.learned = learned
  }

  /// Names of the tasks, in the manifest's order.
  package func tasks(at settings: String) -> [String] { measured[settings] ?? [] }

  /// Names of the tasks whose singles beat the base and the constant answer on validation, whether they are a measure or not.
  package func learnedTasks(at settings: String) -> [String] { learned[settings] ?? [] }
}

/// A model's share of what the single gains over the base: 0 is the base, 1 the single.
package struct Recovered: Sendable, Hashable {
  package var value: Double
  /// For new seeds and new texts; nil where no interval holds.
  package var interval: ClosedRange<Double>?
}

/// One model on the scale from the base to the singles.
package struct RecoveredRow: Sendable {
  /// On the test split, by task; tasks without a measure or a score are left out.
  package var byTask: [String: Recovered]
  /// Over the measured tasks that it learned from; for a base over all.
  package var own: Recovered?
  /// Over all measured tasks, of a single without its own; nil where one has no score.
  package var all: Recovered?
  /// The fewest seeds behind one of these; 0 without any, and for a base.
  package var seeds: Int

  /// The lowest of some tasks; nil while one is missing: the lowest of the others would flatter.
  package func worst(of tasks: [String]) -> (task: String, recovered: Recovered)? {
    let known = tasks.compactMap { task in byTask[task].map { (task: task, recovered: $0) } }
    return known.count == tasks.count ? known.min { $0.recovered.value < $1.recovered.value } : nil
  }
}

extension Evidence {
  /// The measured tasks that a model learned from; all of them for a base.
  package func measuredTasks(of model: Candidate) -> [String] {
    scale.tasks(at: model.settings).filter { model.kind == .base || model.tasks.contains($0) }
  }

  /// The measured tasks that tell how a model serves: all of them, of a single without its own, where it is 1 by definition.
  package func servedTasks(of model: Candidate) -> [String] {
    scale.tasks(at: model.settings).filter { model.kind != .single || model.tasks != [$0] }
  }

  /// A model by the register, or, before there is one, by its scores alone.
  package func recovered(_ model: Candidate) -> RecoveredRow {
    register.recovered[model.model]
      ?? RecoveredRow(
        byTask: plainRecovered(model), of: measuredTasks(of: model), all: servedTasks(of: model),
        seeds: measuredTasks(of: model).map { seedsRecovered(model, $0, on: .test) }.min() ?? 0)
  }

  private func plainRecovered(_ model: Candidate) -> [String: Recovered] {
    var found: [String: Recovered] = [:]
    for name in scale.tasks(at: model.settings) {
      guard let task = tasks.first(where: { $0.name == name }) else { continue }
      found[name] = recovered(model, task, on: .test).map { Recovered(value: $0) }
    }
    return found
  }

  /// Seeds behind a model's share on a task.
  func seedsRecovered(_ model: Candidate, _ task: String, on split: Split) -> Int {
    guard model.kind != .base, let metric = tasks.first(where: { $0.name == task })?.decidingMetric else {
      return 0
    }
    return values(of: model, task, split, metric.name).count
  }
}

extension RecoveredRow {
  /// Means of point estimates.
  init(byTask: [String: Recovered], of own: [String], all: [String], seeds: Int) {
    func mean(_ tasks: [String]) -> Recovered? {
      let known = tasks.compactMap { byTask[$0]?.value }
      return known.count == tasks.count && !known.isEmpty ? Recovered(value: Estimate.mean(known)) : nil
    }
    self.init(byTask: byTask, own: mean(own), all: mean(all), seeds: seeds)
  }
}
