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
      let columns = tasks.map(\.spec.columns)
      let hidden = columns.map { $0.count > 1 ? $0 : [] }
      add(.majority, point.evaluationSettings, index)
      add(.probe(hiding: nil), point.evaluationSettings, index)
      for place in 0..<(hidden.map(\.count).max() ?? 0) {
        add(.probe(hiding: place), point.evaluationSettings, index)
      }
    }
  }

  /// A way to answer that no training is behind.
  private enum Floor {
    case majority
    /// By the place of the column that is hidden.
    case probe(hiding: Int?)

    var name: String {
      switch self {
      case .majority: "majority"
      case .probe(nil): "probe"
      case .probe(let place?): "blind-\(place + 1)"
      }
    }

    /// What of a seed it depends on.
    var variations: Set<Variation> {
      switch self {
      case .majority: []
      case .probe: [.base]
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
          model: model, kind: .floor, recipe: floor.name, settings: settings, tasks: [], seed: seed, job: nil,
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
      let job = GuessJob(task: Hashed(read.of.probed.reduced(to: [.train, read.split])), split: read.split)
      return graph.add(.guess(job), label: "guess \(label)", work: estimate.guess(data, read.split))
    case .probe(let place):
      var hides: String?
      if let place {
        let columns = read.of.columns
        guard columns.count > 1, columns.indices.contains(place) else { return nil }
        hides = columns[place]
      }
      let task = read.of.probed
      let base = base(of: seed)
      let probe = ProbeJob(
        base: base, task: Hashed(task.reduced(to: [.train])), maxTokens: maxTokens, hides: hides,
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
