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
    let shares = point.budget.shares(rounds)
    var parameters = merge.ruleParameters
    // What shapes the result is for the last merge alone: done in every round, it would be done to its own result.
    for name in ["energy", "depth_gain"] { parameters[name] = nil }
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
            method: merge.rule, parameters: parameters, inputs: ordered.map(\.id),
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
    _ merge: Manifest.Merge, point: Manifest.GridPoint, seed: Int
  ) throws -> [MergeInput] {
    let singles = merge.inputs.map { manifest.cocktails[$0] }
    let tasks = singles.flatMap(\.tasks).sorted()
    let all = Manifest.Cocktail(
      name: tasks.joined(separator: "+"), tasks: tasks, isListed: false, place: merge.place)
    var job = training(all, point, seed: seed)
    // Every step draws as many rows of each task.
    job.sampling = SamplingSpec(rule: "equal")
    job.budget = point.budget.together(tasks.count)
    guard case .number(let concentration) = merge.parameters["concentration"] else {
      preconditionFailure("'\(merge.method)' without a concentration")
    }
    job.ends = EndsSpec(concentration: concentration)
    let id = try add(job, of: all, label: "train \(named("ends:\(all.name)", point.settings)) seed \(seed)")
    return singles.map { ($0, id) }
  }
}

extension Manifest.Merge {
  /// The method that the merge job carries out.
  var rule: String { training?.rule ?? method }

  /// The parameters of that method.
  var ruleParameters: [String: ParameterValue] {
    guard training != nil else { return parameters }
    return parameters.filter { !["rounds", "alpha", "concentration"].contains($0.key) }
  }

  /// The weights of the merge job from those of the ordered inputs: between two ends they follow `alpha`.
  func shares(_ weights: [Double]) -> [Double] {
    guard case .ends = training, weights.count == 2, case .number(let alpha) = parameters["alpha"] else {
      return weights
    }
    return [(1 - alpha) * weights[0], alpha * weights[1]]
  }

  /// Which adapter of the common training each input is: those are in the order of the tasks' names.
  func ends(_ inputs: [Manifest.Cocktail]) -> [Int]? {
    guard case .ends = training else { return nil }
    let tasks = inputs.flatMap(\.tasks)
    return tasks.map { task in tasks.filter { $0 < task }.count }
  }

  /// Inputs in the order that counts; where none does in one of their own, so that the job does not depend on the file's.
  func ordered(_ inputs: [MergeInput]) -> [(cocktail: Manifest.Cocktail, id: JobID, weight: Double)] {
    if isOrdered { return zip(inputs, weights).map { ($0.cocktail, $0.id, $1) } }
    return zip(inputs, weights).map { (key: $0.cocktail.tasks.sorted(), input: $0, weight: $1) }
      .sorted {
        ($0.key.joined(separator: "+"), $0.input.id.hex) < ($1.key.joined(separator: "+"), $1.input.id.hex)
      }
      .map { ($0.input.cocktail, $0.input.id, $0.weight) }
  }

  /// The largest rank of the merge of so many rounds: every input adds that of an adapter, unless `rank` cuts it.
  func mergedRank(after rounds: Int, _ adapter: AdapterSpec) -> Int {
    let whole = rounds * inputs.count * adapter.rank
    guard case .number(let cut) = parameters["rank"], cut > 0 else { return whole }
    return min(whole, Int(cut))
  }
}
