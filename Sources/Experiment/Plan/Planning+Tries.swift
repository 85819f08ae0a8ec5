internal import Basics
public import Results
internal import Specs

/// What `tune` asks for: every model at every point on seeds of its own, then, with the points that validation chose, how they do
/// elsewhere and what merges of them do. What is reported follows when all is chosen.
extension Planning {
  /// Plans what is to be tried, as far as what was chosen allows.
  mutating func planTries(_ tuning: Manifest.Tuning) {
    let points = manifest.points.indices.filter { manifest.points[$0].arm == 0 }
    let candidates = manifest.cocktails.indices.filter { isTried($0) }
    // A model all of whose tries failed has no point, and is none of the candidates any more.
    let isChosen = !choice.points.isEmpty
    for index in candidates {
      for point in points {
        let isBest = choice.points[manifest.cocktails[index].model] == manifest.points[point].tuned
        for seed in tuning.seeds {
          tried.append(
            trainedModel(
              Cell(cocktail: index, point: point, seed: seed), settings: manifest.points[point].tuned,
              splits: [.validation], isOwn: !(isChosen && isBest)))
        }
      }
    }
    isTriedWhole = isChosen
    guard isChosen, manifest.makesMerges, manifest.merges.count > 1, let first = points.first else { return }
    if manifest.varies.contains(.base) {
      tried += tuning.seeds.compactMap { baseModel(of: $0, point: first, splits: [.validation]) }
    }
    for merge in manifest.merges {
      let parts = parts.merge(merge)
      for seed in tuning.seeds {
        if let model = plan(merge, parts, point: first, seed: seed, isTry: true) { tried.append(model) }
      }
    }
  }

  /// Whether a cocktail is tried: where an arm trains it, or merges what it is an input of.
  private func isTried(_ cocktail: Int) -> Bool { manifest.trains(cocktail) }

  /// Whether the seeds of the manifest train a cocktail.
  func isReported(_ cocktail: Int) -> Bool {
    guard let tuning = manifest.tuning else { return true }
    let model = manifest.cocktails[cocktail].model
    return tuning.reported.contains(cocktail) || choice.cocktails.values.contains(model)
      || choice.unseen.values.contains(model) || choice.all == model
      || taken.contains(cocktail)
  }

  /// Whether they make a merge: of a grid the point that was chosen.
  func isReported(_ merge: Manifest.Merge) -> Bool {
    Self.isReported(merge, manifest, choice)
  }

  static func isReported(_ merge: Manifest.Merge, _ manifest: Manifest, _ choice: TuningChoice) -> Bool {
    guard manifest.tuning != nil, let grid = merge.grid else { return true }
    return choice.merges[grid] == merge.model
  }

  /// The grid points at which a cocktail is trained: one for each arm where points are tried.
  func points(of cocktail: Int) -> [Int] {
    guard manifest.tuning != nil else { return Array(manifest.points.indices) }
    return mergedPoints.compactMap { point(of: cocktail, beside: $0) }
  }

  /// The grid points at which merges stand; where points are tried the first of each arm, as each model has a point of its own.
  var mergedPoints: [Int] {
    let all = manifest.points.indices
    guard manifest.tuning != nil else { return Array(all) }
    return manifest.arms.indices.compactMap { arm in all.first { manifest.points[$0].arm == arm } }
  }

  /// The point of a cocktail in the arm of another point: the one that was chosen for it; nil where none could be.
  func point(of cocktail: Int, beside point: Int) -> Int? {
    guard manifest.tuning != nil else { return point }
    let words = choice.points[manifest.cocktails[cocktail].model]
    return manifest.points.indices.first {
      manifest.points[$0].arm == manifest.points[point].arm && manifest.points[$0].tuned == words
    }
  }

  /// Whether of a merge's grid only the point that validation prefers is tested.
  var testsChosenOnly: Bool { manifest.tuning == nil && manifest.evaluate.testsChosenOnly }
}

extension Manifest {
  /// A choice in which for what is not chosen yet the first stands: what a plan counts before anything is tried.
  public func standingIn(for choice: TuningChoice) -> TuningChoice {
    guard tuning != nil, !choice.isWhole else { return choice }
    var whole = choice
    whole.isWhole = true
    let trained = cocktails.indices.filter(trains).map { cocktails[$0] }
    for cocktail in trained where whole.points[cocktail.model] == nil {
      whole.points[cocktail.model] = points.first?.tuned
    }
    for task in tasks where whole.cocktails[task.name] == nil {
      let own = trained.filter { $0.isListed && !$0.isSingle && $0.tasks.contains(task.name) }
      whole.cocktails[task.name] = (own.first { $0.tasks.count < tasks.count } ?? own.first)?.model
    }
    for merge in merges {
      if let grid = merge.grid, whole.merges[grid] == nil { whole.merges[grid] = merge.model }
    }
    return whole
  }

  /// Whether anything is tried before it is reported.
  public var isTuned: Bool { tuning != nil }

  /// Whether some arm makes merges.
  var makesMerges: Bool { !merges.isEmpty && arms.contains(where: \.hasMerges) }

  /// Whether some arm trains a cocktail, for the tables or for a merge.
  func trains(_ cocktail: Int) -> Bool {
    cocktails[cocktail].isListed && arms.contains { $0.cocktails?.contains(cocktail) ?? true }
      || makesMerges && merges.contains { $0.inputs.contains(cocktail) }
  }
}
