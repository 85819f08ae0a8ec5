internal import Basics
internal import Results
internal import Specs

extension Planning {
  /// What can be had of every task without training a model, once for each length that the grid reads: the most frequent label,
  /// a linear head on the base as it is, and the same without one of the columns.
  mutating func planFloors() {
    guard manifest.evaluate.hasFloors else { return }
    var seen: Set<String> = []
    for (index, point) in manifest.points.enumerated() where seen.insert(point.evaluationSettings).inserted {
      add(.majority, point.evaluationSettings, index)
      add(.probe(hiding: nil), point.evaluationSettings, index)
      var hidden: [String] = []
      for columns in tasks.map(\.spec.columns) where columns.count > 1 {
        hidden += columns.filter { !hidden.contains($0) }
      }
      for column in hidden { add(.probe(hiding: column), point.evaluationSettings, index) }
    }
  }

  /// A way to answer that no training is behind.
  private enum Floor {
    case majority
    /// By the column that is hidden.
    case probe(hiding: String?)

    var name: String {
      switch self {
      case .majority: "majority"
      case .probe(nil): "probe"
      case .probe(let column?): "blind-to-\(column)"
      }
    }

    /// What of a seed it depends on.
    var variations: Set<Variation> {
      switch self {
      case .majority: [.rows]
      case .probe: [.rows, .base]
      }
    }
  }

  private mutating func add(_ floor: Floor, _ settings: String, _ point: Int) {
    let model = named("floor:\(floor.name)", settings)
    for seed in seeds(varying: floor.variations) {
      let evaluations = parts.of(nil).read.compactMap { read -> PlannedEvaluation? in
        evaluation(floor, of: read, model: model, seed: seed, maxTokens: parts.points[point].maxTokens).map {
          PlannedEvaluation(task: read.of.name, split: read.split, job: $0)
        }
      }
      if evaluations.isEmpty { continue }
      models.append(
        PlannedModel(
          model: model, plain: "floor:\(floor.name)", kind: .floor, recipe: floor.name, settings: settings,
          tasks: [], seed: seed, job: nil,
          evaluations: evaluations))
    }
  }

  private mutating func evaluation(
    _ floor: Floor, of read: PlanParts.Read, model: String, seed: Int?, maxTokens: Int
  ) -> JobID? {
    let data = tasks[read.index]
    guard data.spec.has(.train), data.spec.has(read.split), isEvaluated(read.of) else { return nil }
    let seeded = seed.map { " seed \($0)" } ?? ""
    let label = "on \(read.of.name) \(read.split.rawValue)"
    switch floor {
    case .majority:
      let job = GuessJob(
        task: Hashed(drawn(read.of.probed, of: seed).reduced(to: [.train, read.split])), split: read.split)
      return graph.add(.guess(job), label: "guess\(seeded) \(label)", work: estimate.guess(data, read.split))
    case .probe(let hides):
      if let hides, read.of.columns.count < 2 || !read.of.columns.contains(hides) { return nil }
      let task = read.of.probed
      let base = base(of: seed)
      let probe = ProbeJob(
        base: base, task: Hashed(drawn(task, of: seed).reduced(to: [.train])), maxTokens: maxTokens,
        hides: hides,
        precision: manifest.evaluate.precision)
      let without = hides.map { " without \($0)" } ?? ""
      let fitted = graph.add(
        .probe(probe), label: "probe \(read.of.name)\(without)\(seeded)",
        work: estimate.probe(data, maxTokens: maxTokens, manifest.evaluate.precision))
      let job = PredictJob(
        base: base, adapter: nil, task: Hashed(task.predicted(read.split, isTold: false)), split: read.split,
        head: fitted, maxTokens: maxTokens, labelScale: nil,
        precision: manifest.evaluate.precision, hides: hides)
      return graph.add(
        .predict(job), label: "predict \(model)\(seeded) \(label)",
        work: estimate.evaluation(
          data, read.split, maxTokens: maxTokens, adapter: nil, rank: 0, manifest.evaluate.precision))
    }
  }
}
