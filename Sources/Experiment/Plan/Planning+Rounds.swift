internal import Basics
internal import Specs

/// A trained model that a merge takes.
typealias MergeInput = (cocktail: Manifest.Cocktail, id: JobID)

/// Rounds of training and merging (ColD Fusion, arXiv:2212.01378), as trainings and merges like all others.
///
/// The first round trains the models from the base with their share of the budget; every later one goes on from the merge
/// of the round before. What is left is a merge of the last round's models, which the caller plans.
extension Planning {
  /// Plans all trainings of a merge in rounds and the merges between them.
  ///
  /// - Returns: The trainings of the last round, in the order of the merge's inputs.
  mutating func trainInRounds(
    _ merge: Manifest.Merge, _ rounds: Int, _ model: String, point: Manifest.GridPoint, seed: Int
  ) throws -> [MergeInput] {
    let asked = merge.demands.trained
    let shares = point.budget.shares(rounds)
    var trained: [MergeInput] = []
    var merged: JobID?
    for (round, share) in shares.enumerated() {
      let rank = merge.mergedRank(after: round, point.adapter)
      let before = trained
      trained = try merge.inputs.enumerated().map { place, index in
        let cocktail = manifest.cocktails[index]
        var job = training(cocktail, point, seed: seed)
        job.budget = share
        if let merged {
          let hasHeads = job.tasks.contains { $0.head == .linear }
          job.start = TrainStart(
            adapter: merged, heads: hasHeads ? before[place].id : nil, earlier: Array(shares[..<round]))
        }
        let id = try add(
          job, of: cocktail, label: "train \(model) round \(round + 1) on \(cocktail.name) seed \(seed)",
          frozenRank: rank)
        return (cocktail, id)
      }
      guard round + 1 < rounds else { break }
      let ordered = merge.ordered(trained)
      var adapter = point.adapter
      adapter.rank += rank
      merged = try graph.add(
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
  mutating func trainTogether(
    _ merge: Manifest.Merge, concentration: Double, point: Manifest.GridPoint, seed: Int
  ) throws -> [MergeInput] {
    let singles = merge.inputs.map { manifest.cocktails[$0] }
    let tasks = singles.flatMap(\.tasks).sorted()
    let all = Manifest.Cocktail(
      name: tasks.joined(separator: "+"), tasks: tasks, isListed: false, place: merge.place)
    var job = training(all, point, seed: seed)
    // Every step draws as many rows of each task.
    job.sampling = SamplingSpec(rule: "equal")
    job.budget = point.budget.together(tasks.count)
    job.ends = EndsSpec(concentration: concentration)
    let id = try add(job, of: all, label: "train \(named("ends:\(all.name)", point.settings)) seed \(seed)")
    return singles.map { ($0, id) }
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

  /// Inputs in the order that counts; where none does in one of their own, so that the job does not depend on the file's.
  func ordered(_ inputs: [MergeInput]) -> [(cocktail: Manifest.Cocktail, id: JobID, weight: Double)] {
    if demands.isOrdered { return zip(inputs, weights).map { ($0.cocktail, $0.id, $1) } }
    return zip(inputs, weights).map { (key: $0.cocktail.tasks.sorted(), input: $0, weight: $1) }
      .sorted {
        ($0.key.joined(separator: "+"), $0.input.id.hex) < ($1.key.joined(separator: "+"), $1.input.id.hex)
      }
      .map { ($0.input.cocktail, $0.input.id, $0.weight) }
  }

  /// The largest rank of the merge of so many rounds: every input adds that of an adapter, unless the merge is cut.
  func mergedRank(after rounds: Int, _ adapter: AdapterSpec) -> Int {
    let whole = rounds * inputs.count * adapter.rank
    return demands.rank.map { min(whole, $0) } ?? whole
  }
}
