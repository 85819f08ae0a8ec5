internal import Basics
internal import Results
internal import Specs
internal import Statistics

/// A merge, or the base beside them, on the scale from the base to the singles.
package struct MergeRow {
  package var candidate: Candidate
  package var method: String?
  /// Of the method, by name.
  package var parameters: [String: String]
  package var recovered: RecoveredRow
  package var worst: (task: String, recovered: Recovered)?
  /// Items of the test splits behind the mean.
  package var items: Int?
  package var validation: Double?
  package var validationSeeds: Int
  package var isChosen: Bool
  package var retainedEnergy: Double?
  package var leastRetainedEnergy: Double?
}

/// What merges have in common that are held against each other.
struct Rivalry: Hashable {
  private let tasks: Set<String>
  private let isTold: Bool
  private let arm: String
  private let settings: String?

  /// - Parameter settings: Those at which a merge stands, where merges at others are no rivals.
  init(_ merge: Candidate, settings: String? = nil) {
    tasks = Set(merge.tasks)
    isTold = merge.isTold
    arm = merge.arm
    self.settings = settings
  }
}

extension Evidence {
  /// The base of each grid point with merges, then the merges, in the manifest's order.
  package var merges: [MergeRow] {
    let models = candidates(of: .merge)
    let settings = Set(models.map(\.settings))
    let bases = candidates(of: .base).filter {
      settings.contains($0.settings) || candidates(of: .base).count == 1
    }
    guard !models.isEmpty else { return [] }
    var chosen: Set<String> = []
    for rivals in Dictionary(grouping: models, by: { Rivalry($0) }).values {
      // As everywhere, a model with fewer seeds must not win by those that it lacks.
      let scored = rivals.filter { recoveredOnValidation($0) != nil }
      winner(ofRivals: scored).map { _ = chosen.insert($0.model.model) }
    }
    let merged = Dictionary(grouping: results.merges, by: \.model)
    return (bases + models).map { model in
      let known = merged[model.model] ?? []
      let energies = model.rows.flatMap { row in
        known.first { $0.seed == row.seed }?.sites.map(\.retainedEnergy) ?? []
      }
      let own = measuredTasks(of: model)
      let recovered = recovered(model)
      return MergeRow(
        candidate: model, method: known.first?.method, parameters: known.first?.parameters ?? [:],
        recovered: recovered, worst: recovered.worst(of: own),
        items: items(of: tasks.filter { own.contains($0.name) }),
        validation: model.kind == .base ? nil : recoveredOnValidation(model),
        validationSeeds: seedsOnValidation(model), isChosen: chosen.contains(model.model),
        retainedEnergy: energies.isEmpty ? nil : Estimate.mean(energies), leastRetainedEnergy: energies.min())
    }
  }
}
