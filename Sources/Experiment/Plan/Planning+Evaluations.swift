internal import Basics
internal import Specs

extension Planning {
  /// A model's evaluations: with label heads on every task, with linear heads on those that it learned.
  ///
  /// - Parameters:
  ///   - splits: Those that are read; nil for those of the manifest.
  ///   - isOwn: Whether on its own tasks alone.
  ///   - heads: The head of a task where it is not the task's own.
  ///   - head: The job that left a task's linear head.
  func evaluate(
    _ model: String, _ adapter: JobID?, rank: Int?, learned: [String], seed: Int?, point index: Int,
    served: String? = nil, experts: Int = 0, splits: Set<Split>? = nil, isOwn: Bool = false,
    heads: (String) -> HeadKind?, head: (String) -> JobID?
  ) -> [PlannedEvaluation] {
    let point = parts.points[index]
    var planned: [PlannedEvaluation] = []
    let plain = parts.of(nil).read
    planned.reserveCapacity(plain.count)
    for (place, usual) in plain.enumerated() {
      let read = heads(usual.of.name).map { parts.of($0).read[place] } ?? usual
      guard splits?.contains(read.split) ?? true, !isOwn || learned.contains(read.of.name),
        isWanted(read.of, learned: learned, isBase: adapter == nil)
      else { continue }
      let isLinear = read.of.head == .linear
      let isTold = served == Serving.taskKnown
      let job = PredictJob(
        base: base(of: seed), adapter: adapter, task: isTold ? read.told : read.task, split: read.split,
        head: isLinear ? head(read.of.name) : nil, maxTokens: point.maxTokens,
        labelScale: read.of.head == .labels ? point.training.wrappedValue.labelScale : nil,
        precision: manifest.evaluate.precision)
      func label() -> String {
        let who = seed.map { "\(model) seed \($0)" } ?? model
        return "predict \(who) on \(read.of.name) \(read.split.rawValue)"
      }
      let key = Reading(
        task: read.index, split: read.split, point: index, rank: rank, served: served, experts: experts)
      let adapterSpec = rank == nil ? nil : manifest.points[index].adapter
      let work = evaluations.value(key) {
        estimate.evaluation(
          tasks[read.index], read.split, maxTokens: point.maxTokens, adapter: adapterSpec, rank: rank ?? 0,
          manifest.evaluate.precision, served: served, experts: experts)
      }
      let id = graph.add(.predict(job), label: label(), work: work)
      planned.append(PlannedEvaluation(task: read.of.name, split: read.split, job: id))
    }
    return planned
  }

  /// Whether a task is evaluated at all.
  func isEvaluated(_ task: TaskSpec) -> Bool {
    if case .listed(let names) = manifest.evaluate.tasks { names.contains(task.name) } else { true }
  }

  private func isWanted(_ task: TaskSpec, learned: [String], isBase: Bool) -> Bool {
    if task.head == .linear, !learned.contains(task.name) { return false }
    switch manifest.evaluate.tasks {
    case .all: return true
    case .own: return isBase || learned.contains(task.name)
    case .listed(let names): return names.contains(task.name)
    }
  }
}
