internal import Basics
internal import Results
internal import Specs

/// A trained model that a merge takes: the place of its cocktail, and the training.
typealias MergeInput = (cocktail: Int, id: JobID)

/// Rounds of training and merging (ColD Fusion, arXiv:2212.01378), as trainings and merges like all others.
///
/// The first round trains the models from the base with their share of the budget; every later one goes on from the merge
/// of the round before. What is left is a merge of the last round's models, which the caller plans.
extension Planning {
  /// Plans all trainings of a merge in rounds and the merges between them.
  ///
  /// - Returns: The trainings of the last round, in the order of the merge's inputs.
  func trainInRounds(
    _ merge: Manifest.Merge, _ rounds: Int, _ model: String, point index: Int, seed: Int
  ) -> [MergeInput] {
    let asked = merge.demands.trained
    let point = manifest.points[index]
    // Each model has the budget of its own point.
    func shares(_ place: Int) -> [BudgetSpec] { manifest.points[place].budget.shares(rounds) }
    var trained: [MergeInput] = []
    var merged: JobID?
    for round in 0..<rounds {
      let rank = merge.mergedRank(after: round, point.adapter)
      let before = trained
      trained = merge.inputs.enumerated().map { input, cocktail in
        let place = self.point(of: cocktail, beside: index) ?? index
        var job = training(cocktail, point: place, seed: seed)
        job.budget = shares(place)[round]
        if let merged {
          let hasHeads = job.tasks.contains { $0.head == .linear }
          job.start = TrainStart(
            adapter: merged, heads: hasHeads ? before[input].id : nil, earlier: Array(shares(place)[..<round])
          )
        }
        let id = add(
          job, of: parts.cocktail(cocktail, at: place).data,
          label: "train \(model) round \(round + 1) on \(manifest.cocktails[cocktail].name) seed \(seed)",
          frozenRank: rank)
        return (cocktail, id)
      }
      guard round + 1 < rounds else { break }
      let ordered = ordered(merge, trained)
      var adapter = point.adapter
      adapter.rank += rank
      merged = graph.add(
        .merge(
          MergeJob(
            method: asked?.rule ?? merge.method, parameters: asked?.between ?? [:], inputs: ordered.map(\.id),
            weights: ordered.map(\.weight), seed: seed)),
        label: "merge \(model) round \(round + 1) seed \(seed)",
        work: estimate.merge(inputs: trained.count, adapter))
    }
    return trained
  }
}

/// Models trained together to be mixed (PaMaL, arXiv:2210.09759): one training, whatever mixtures are asked for.
extension Planning {
  /// Plans the training of one adapter for each of the merge's tasks, with the budget of all their singles.
  ///
  /// - Returns: The training for every input.
  func trainTogether(
    _ merge: Manifest.Merge, concentration: Double, point index: Int, seed: Int
  ) -> [MergeInput] {
    let point = parts.points[index]
    let names = Set(merge.inputs.flatMap { manifest.cocktails[$0].tasks })
    let all = parts.of(manifest.points[index].head).tasks
    let data = all.filter { names.contains($0.spec.name) }.sorted { $0.spec.name < $1.spec.name }
    let hasLabelHeads = data.contains { $0.spec.head == .labels }
    let training = hasLabelHeads ? point.training : point.linear
    // Every step draws as many rows of each task.
    let read = data.map { drawn($0.spec, of: seed) }
    let job = TrainJob(
      base: base(of: seed), tasks: Hashed(read.map { $0.trained(training.wrappedValue) }),
      sampling: Hashed(SamplingSpec(rule: "equal")),
      budget: Hashed(point.budget.wrappedValue.together(data.count)), adapter: point.adapter,
      training: training,
      seed: seed, ends: EndsSpec(concentration: concentration))
    let model = named(
      "ends:\(data.map(\.spec.name).joined(separator: "+"))", manifest.points[index].settings)
    let id = add(job, of: data, label: "train \(model) seed \(seed)")
    return merge.inputs.map { ($0, id) }
  }
}

extension Manifest.Merge {
  /// The weights of the merge job from those of the ordered inputs: two ends are also weighed by the place between them.
  func shares(_ weights: [Double]) -> [Double] {
    guard case .ends(_, let place) = demands.trained?.how, weights.count == 2 else { return weights }
    return [(1 - place) * weights[0], place * weights[1]]
  }

  /// Which adapter of the common training each input is: those are in the order of the tasks' names.
  func ends(_ inputs: [Manifest.Cocktail]) -> [Int]? {
    guard case .ends = demands.trained?.how else { return nil }
    let tasks = inputs.flatMap(\.tasks)
    return tasks.map { task in tasks.filter { $0 < task }.count }
  }

  /// The largest rank of the merge of so many rounds: every input adds that of an adapter, unless the merge is cut.
  func mergedRank(after rounds: Int, _ adapter: AdapterSpec) -> Int {
    let whole = rounds * inputs.count * adapter.rank
    return demands.rank.map { min(whole, $0) } ?? whole
  }
}
