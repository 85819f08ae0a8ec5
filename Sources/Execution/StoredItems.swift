internal import Basics
public import Experiment
public import Results
internal import Specs
internal import Statistics
internal import Tasks

/// The predictions of finished jobs, reduced to what comparisons need.
public struct StoredItems: ItemScoreSource {
  private let scorer: Scorer

  /// Reads from a store what a plan's predictions are.
  public init(store: JobStore, plan: Plan) {
    scorer = Scorer(store: store, plan: plan, keeps: false)
  }

  /// Cost: reads the predictions of one job, and the targets of a split once.
  public func items(_ row: ScoreRow) throws -> ItemScores? {
    guard let (targets, id) = asked(row) else { return nil }
    let rows = try scorer.joined(id, targets)
    let wanted = rows.targets
    guard !wanted.isEmpty else { return nil }
    let metric = try Metrics.all.entry(named: row.metric)
    let answers = rows.columns.predictions.map(\.target)
    let sample = targets.task.sample(of: metric, answers, rows.wanted)
    return ItemScores(
      pseudoScores: sample.pseudoScores, answers: answers.map(StoredItems.code),
      isConstant: sample.isConstant,
      isOneAnswer: (StoredItems.commonest(answers)?.share ?? 0) > 0.95
        && (StoredItems.commonest(wanted)?.share ?? 1) < 0.9,
      floor: StoredItems.constant(wanted).map { answer in
        targets.task.value(of: metric, wanted.map { _ in answer }, rows.wanted)
      })
  }

  /// Cost: reads the predictions of one job, and the targets of a split once.
  public func labels(_ row: ScoreRow) throws -> LabelCounts? {
    guard let (targets, id) = asked(row) else { return nil }
    let labels = targets.task.labels.map(\.name)
    if labels.isEmpty { return nil }
    let rows = try scorer.joined(id, targets)
    var counts = labels.map { _ in labels.map { _ in 0 } }
    for (prediction, target) in zip(rows.columns.predictions, rows.targets) {
      switch (prediction.target, target) {
      case (.label(let answer), .label(let target)): counts[target][answer] += 1
      case (.tags(let answers), .tags(let targets)):
        for (answer, target) in zip(answers, targets) { counts[target][answer] += 1 }
      default: return nil
      }
    }
    return LabelCounts(labels: labels, counts: counts)
  }

  /// What a row's predictions are held against, and the job that made them; nil where they are not there, or no longer.
  private func asked(_ row: ScoreRow) -> (Targets, JobID)? {
    guard let targets = scorer.targets(Scorer.Question(task: row.task, split: row.split)),
      let id = JobID(hex: row.job), scorer.store.contains(id), !scorer.store.isDropped(id)
    else { return nil }
    return (targets, id)
  }

  /// A number that equal answers share.
  private static func code(_ answer: Target) -> Double {
    switch answer {
    case .label(let label): Double(label)
    case .number(let number): number
    case .tags(let indices), .labels(let indices):
      indices.reduce(0.5) { ($0 * 31 + Double($1) + 1).truncatingRemainder(dividingBy: 1_000_003) }
    }
  }

  /// The most frequent label, or set of labels, and its share; nil for other answers.
  private static func commonest(_ answers: [Target]) -> (answer: Target, share: Double)? {
    var counts: [Target: Int] = [:]
    for answer in answers {
      guard answer.form == .label || answer.form == .labels else { return nil }
      counts[answer, default: 0] += 1
    }
    // Of equal ones the first label, whatever the order of the dictionary.
    return counts.min { first, second in
      first.value == second.value
        ? first.key.indices.lexicographicallyPrecedes(second.key.indices) : first.value > second.value
    }.map { ($0.key, Double($0.value) / Double(answers.count)) }
  }

  /// The best answer without a look at the text: the most frequent label or set of labels, the mean number.
  private static func constant(_ targets: [Target]) -> Target? {
    if let common = commonest(targets) { return common.answer }
    let numbers = targets.compactMap { if case .number(let number) = $0 { number } else { nil } }
    return numbers.count == targets.count ? .number(numbers.reduce(0, +) / Double(numbers.count)) : nil
  }
}
