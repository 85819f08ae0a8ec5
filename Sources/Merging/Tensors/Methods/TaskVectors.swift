internal import Basics
internal import LinearAlgebra

/// Rules of the form θ_0 + λ·Σ w_t·x̂_t, where x̂_t is what is kept of θ_t − θ_0: mergekit's generalised task arithmetic.
///
/// Per tensor; sums over the models that agree with an elected sign where there is one, divided by their weights where
/// `normalize` is set: by Σ w_t, with an elected sign by Σ |w_t| of what agrees with it (mergekit divides by the signed sum
/// there too, which turns negative weights round). `rescale` keeps Σ|x| of each tensor. Rules that draw do so from the seed, the name of the tensor
/// and the number of the model: the same law as mergekit's, never the same masks.
extension CheckpointMethod {
  static let taskArithmetic = taskVectors(
    "task_arithmetic", "weighted sum of the changes", normalizes: false, rescales: false, keeps: .everything)

  static let ties = taskVectors(
    "ties", "trim small entries, elect a sign per entry, average the entries that agree with it",
    normalizes: true, rescales: false, elects: true, keeps: .largest)

  static let dareLinear = taskVectors(
    "dare_linear", "weighted sum of the changes after entries are dropped at random and made up for",
    normalizes: false, rescales: true, keeps: .drawn)

  static let dareTIES = taskVectors(
    "dare_ties", "drop entries at random, make up for them, elect a sign per entry, sum what agrees",
    normalizes: false, rescales: true, elects: true, keeps: .drawn)

  static let della = taskVectors(
    "della", "drop entries at random, small ones rather, elect a sign per entry, average what agrees",
    normalizes: true, rescales: true, elects: true, keeps: .drawnByRank)

  static let dellaLinear = taskVectors(
    "della_linear", "weighted sum of the changes after entries are dropped at random, small ones rather",
    normalizes: false, rescales: true, keeps: .drawnByRank)

  static let breadcrumbs = taskVectors(
    "breadcrumbs", "weighted sum of the changes without their largest and their small entries",
    normalizes: false, rescales: false, keeps: .band)

  static let breadcrumbsTIES = taskVectors(
    "breadcrumbs_ties", "drop the largest and the small entries, elect a sign per entry, sum what agrees",
    normalizes: false, rescales: false, elects: true, keeps: .band)

  /// What is kept of a change.
  private enum Keep {
    case everything, largest, drawn, drawnByRank, band

    var own: [ParameterSpec] {
      let density = ParameterSpec.density(1)
      return switch self {
      case .everything, .largest, .drawn: [density]
      case .drawnByRank: [density, .epsilon]
      case .band: [density, .gamma]
      }
    }

    func sparsify(_ parameters: Parameters) -> any Sparsify {
      let density = parameters.number("density")
      return switch self {
      case .everything: MagnitudeBand(density: 1, scope: .tensor)
      case .largest: MagnitudeBand(density: density, scope: .tensor)
      case .drawn: RandomDrop(density: density)
      case .drawnByRank:
        RankedDrop(density: density, epsilon: parameters.number("epsilon"), dividesByProbability: false)
      case .band: MagnitudeBand(density: density, gamma: parameters.number("gamma"), scope: .tensor)
      }
    }
  }

  private static func taskVectors(
    _ name: String, _ summary: String, normalizes: Bool, rescales: Bool, elects: Bool = false, keeps: Keep
  ) -> CheckpointMethod {
    CheckpointMethod(
      name: name, summary: summary, base: .origin,
      shared: [
        .normalize(normalizes), .lambda, .int8Mask,
        ParameterSpec(
          "rescale", .flag, default: .flag(rescales),
          "whether kept entries are multiplied so that the sum of magnitudes of the tensor stays"),
      ], own: [.tensorWeight] + keeps.own, required: ["weight"],
      draws: keeps == .drawn || keeps == .drawnByRank, electsSigns: elects
    ) { tensors, sink in
      let sparsify = tensors.own.map { keeps.sparsify($0) }
      for case let drop as RankedDrop in sparsify { try drop.check() }
      let stages = SparseStages(
        sparsify: sparsify, rescale: tensors.shared.flag("rescale") ? .l1 : .none,
        densities: tensors.models.map { _ in 1 }, elect: elects ? .weighted : nil,
        divisor: tensors.shared.flag("normalize") ? .weights : .one, scale: tensors.shared.number("lambda"))
      try tensors.send(stages, to: sink)
    }
  }
}

extension TensorGroup {
  /// Sends θ_0 and what the stages make of the changes on; a model of weight zero is left out.
  fileprivate func send(_ stages: SparseStages, to sink: Sink) throws {
    let voices = weights.map { Voice(vote: $0, weight: $0, part: abs($0)) }
    guard let base else { preconditionFailure("no base at '\(name)'") }
    var start = 0
    try stages.merge(changes, voices, streams, beside: [ChangeRows(base, minus: nil)]) { others, sums in
      guard let block = others.first else { return }
      finish(sums, into: block)
      try sink(start, block)
      start += block.count
    }
  }
}
