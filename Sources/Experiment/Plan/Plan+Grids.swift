internal import Results
internal import Specs

extension Plan {
  /// What a user should know of the tables before anything runs.
  var choiceNotes: [PlanNote] {
    let hasRivals = models.contains { [.cocktail, .merge].contains($0.kind) }
    let canChoose = models.contains { $0.evaluations.contains { $0.split == .validation } }
    guard hasRivals, !canChoose else { return [] }
    return [
      PlanNote(
        "no model is evaluated on validation, which chooses: the tables will name no best cocktail, merge or method "
          + "(add validation to evaluate.splits)")
    ]
  }

  /// Whether more jobs follow from what validation chooses among these models.
  public var isChosenFrom: Bool { !tried.isEmpty || models.contains { $0.grid != nil } }

  /// The points of every grid of which only one will be tested, in the order of the tables.
  public var grids: [(name: String, models: [String])] { Self.grids(of: models) }

  /// The grids of merges of which what is tried chooses a point.
  public var triedGrids: [(name: String, models: [String])] { Self.grids(of: tried) }

  private static func grids(of models: [PlannedModel]) -> [(name: String, models: [String])] {
    var grids: [(name: String, models: [String])] = []
    var places: [String: Int] = [:]
    var seen: Set<[String]> = []
    for model in models {
      guard let grid = model.grid else { continue }
      let place = places[grid] ?? grids.count
      if place == grids.count {
        places[grid] = place
        grids.append((grid, []))
      }
      if seen.insert([grid, model.model]).inserted { grids[place].models.append(model.model) }
    }
    return grids
  }

  /// The plan in which, of the grids' points, only the chosen ones are tested.
  ///
  /// - Parameter chosen: Names of models; a grid none of whose points is among them is not tested.
  public func testing(onlyChosen chosen: Set<String>) -> Plan {
    guard models.contains(where: { $0.grid != nil }) else { return self }
    var plan = self
    plan.passedOver = Set(models.filter { $0.grid != nil && !chosen.contains($0.model) }.map(\.model))
    for index in models.indices where models[index].grid != nil && !chosen.contains(models[index].model) {
      plan.models[index].evaluations.removeAll { $0.split == .test }
    }
    let wanted = Set((plan.models + plan.tried).flatMap { $0.evaluations.map(\.job) })
    plan.jobs.removeAll { job in
      guard case .predict = job.spec else { return false }
      return !wanted.contains(job.id)
    }
    return plan
  }
}
