internal import Basics
internal import Specs

extension MixtureRule {
  /// Shares as a person wrote them: p ∝ weight; tasks not named weigh 1, names of other tasks are passed over.
  static let weights = MixtureRule(
    "weights", "shares by given weights", parameters: ["weights"], needs: ["weights"]
  ) { _, tasks, spec in
    let weights = try needed(spec.weights, "weights", of: "weights")
    return try tasks.map { task in
      let weight = weights[task] ?? 1
      guard weight >= 0, weight.isFinite else {
        throw Diagnostic("the weight of task '\(task)' is \(weight), but must be 0 or more")
      }
      return weight
    }
  }
}
