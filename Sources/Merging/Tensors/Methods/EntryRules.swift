internal import Basics
internal import LinearAlgebra

extension CheckpointMethod {
  /// SCE on the changes; see the adapters' `sce`.
  ///
  /// mergekit takes equal weights where the sum of the mean squares is below 1e-6, so for most fine-tunings; here only
  /// where it is zero.
  static let sce = CheckpointMethod(
    name: "sce", summary: "weights from the energy of the entries that vary most, without minority signs",
    base: .origin,
    shared: [
      ParameterSpec(
        "select_topk", .number(0.0001...1), default: .number(1),
        "share of the entries of largest variance over the models that counts"),
      .int8Mask,
    ]
  ) { tensors, sink in
    let rule = SCE(share: tensors.shared.number("select_topk"), masked: true, scale: 1)
    guard let base = tensors.base else { preconditionFailure("no base at '\(tensors.name)'") }
    var start = 0
    let ones = tensors.models.map { _ in 1.0 }
    try rule.merge(tensors.changes, ones, beside: [ChangeRows(base, minus: nil)]) { others, sums in
      guard let block = others.first else { return }
      tensors.finish(sums, into: block)
      try sink(start, block)
      start += block.count
    }
  }

  /// Every entry from the model that changed it most, times λ; of equal ones the last.
  ///
  /// mergekit has no such method.
  /// Source: Marczak et al. 2024, arXiv:2407.06322.
  static let magMax = CheckpointMethod(
    name: "magmax", summary: "every entry from the model that changed it most", base: .origin,
    shared: [
      ParameterSpec(
        "lambda", .number(-100...100), default: .number(0.5), "factor on the merged change")
    ], own: [.tensorWeight]
  ) { tensors, sink in
    let (weights, scale) = (tensors.weights, tensors.shared.number("lambda"))
    try tensors.send(tensors.changes, to: sink) { blocks, _, sums in
      MagMax.largest(blocks, weights, scale: scale, &sums)
    }
  }

  /// Entries that moved less than t come from the other model, others move by t towards it.
  ///
  /// θ_0 + clamp(t ÷ max(|θ_1 − θ_0|, 1e-6), 0, 1)·(θ_1 − θ_0). Source: mergekit `nearswap`.
  static let nearSwap = CheckpointMethod(
    name: "nearswap", summary: "the base moved towards another model, each entry by t at most", base: .origin,
    models: 1...1,
    shared: [ParameterSpec("t", .number(0...1e6), default: .number(0), "the most that an entry moves")],
    required: ["t"]
  ) { tensors, sink in
    let t = tensors.shared.number("t")
    try tensors.send(tensors.changes, to: sink) { blocks, _, sums in
      for block in blocks {
        block.withSpan {
          for i in 0..<$0.count {
            let change = Double($0[i])
            sums[i] = min(1, t / max(abs(change), 1e-6)) * change
          }
        }
      }
    }
  }
}
