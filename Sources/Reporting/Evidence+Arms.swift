internal import Results
internal import Specs
internal import Statistics

extension Evidence {
  /// The budgets under which everything is trained, each with its models alone and with base and floors; where there is one
  /// budget, the whole.
  package var arms: [Evidence] {
    guard arm.isEmpty else { return [self] }
    let names = candidates.filter(\.isTrained).map(\.arm).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    return names.count > 1 ? names.map(restricted) : [self]
  }

  /// What two models have alike in a task: optimiser steps, to one in a hundred, and examples of the task, to one in ten, which
  /// draws at random vary by.
  func held(_ first: Candidate, _ second: Candidate, on task: TaskColumn) -> Set<Held> {
    let trained: Set<ModelKind> = [.single, .cocktail]
    guard trained.contains(first.kind), trained.contains(second.kind) else { return [] }
    var held: Set<Held> = []
    func areNear(_ a: Double, _ b: Double, within part: Double) -> Bool { abs(a - b) <= part * max(a, b) }
    if areNear(first.mean(\.steps), second.mean(\.steps), within: 0.01) { held.insert(.steps) }
    if let one = exposures[first.model]?[task.name], let other = exposures[second.model]?[task.name],
      areNear(one, other, within: 0.1)
    {
      held.insert(.exposure)
    }
    return held
  }

  /// Examples of each task that a model drew, mean over its seeds.
  static func exposures(_ mixtures: [MixtureRow]) -> [String: [String: Double]] {
    Dictionary(grouping: mixtures, by: \.model).mapValues { rows in
      Dictionary(grouping: rows, by: \.drawn.task).mapValues { drawn in
        Estimate.mean(drawn.map { Double($0.drawn.examples) })
      }
    }
  }
}

/// What both sides of a comparison have alike.
package enum Held: String, CaseIterable, Sendable {
  /// Optimiser steps.
  case steps
  /// Examples of the task.
  case exposure
}

extension Set<Held> {
  /// `steps`, `steps and exposure`; empty for nothing.
  package var words: String { Held.allCases.filter(contains).map(\.rawValue).joined(separator: " and ") }
}
