internal import Basics

extension CheckpointMethod {
  /// From the base to the other model along the arc between them, whole tensor by whole tensor.
  ///
  /// (sin((1 − t)θ)·θ_0 + sin(tθ)·θ_1) ÷ sin θ, the line where |cos θ| > 0.9995. Source: mergekit `slerp`.
  static let slerp = CheckpointMethod(
    name: "slerp", summary: "two models joined along the arc between them", base: .endpoint, models: 2...2,
    shared: [ParameterSpec("t", .number(0...1), default: .number(0.5), "0 is the base, 1 the other model")],
    required: ["t"]
  ) { tensors, sink in
    let wholes = tensors.wholes
    let factors = SLERP(t: tensors.shared.number("t")).coefficients(
      Gram(of: wholes), [1, 1], at: tensors.name)
    try tensors.send(.tensor(factors), of: wholes, to: sink)
  }

  /// Two models at t = w₂ ÷ (w₁ + w₂) on the arc between them, or between their changes where there is a base.
  ///
  /// Per tensor, per row (`nuslerp_row_wise: false`) or per column (true), as mergekit's code has it.
  static let nuSLERP = CheckpointMethod(
    name: "nuslerp", summary: "two models joined along the arc between them, their weights saying where",
    base: .optionalOrigin, models: 2...2, shared: MergeMethod.nuSLERP.ownParameters,
    own: [.tensorWeight], required: ["weight"]
  ) { tensors, sink in
    let rule = NuSLERP(
      flattens: tensors.shared.flag("nuslerp_flatten") || tensors.dimensions < 2,
      goesAlongColumns: tensors.shared.flag("nuslerp_row_wise"))
    let changes = tensors.changes
    func factors(_ gram: Gram) -> [Double] {
      rule.coefficients(gram, tensors.weights, at: tensors.name)
    }
    if rule.flattens {
      try tensors.send(.tensor(factors(Gram(of: changes))), of: changes, to: sink)
    } else if rule.goesAlongColumns {
      guard tensors.dimensions == 2 else {
        throw Diagnostic(
          "'\(tensors.name)' has \(tensors.dimensions) sizes: nuslerp_row_wise takes matrices",
          hint: "set nuslerp_flatten to true, for this tensor by a filter")
      }
      try tensors.send(.columns(Gram.ofColumns(changes).map(factors)), of: changes, to: sink)
    } else {
      try tensors.send(.rows(Gram.ofRows(changes).map(factors)), of: changes, to: sink)
    }
  }

  /// The weighted mean direction at the weighted mean length, of the changes where there is a base.
  static let multiSLERP = CheckpointMethod(
    name: "multislerp", summary: "mean direction of the models at their mean length", base: .optionalOrigin,
    shared: MergeMethod.multiSLERP.ownParameters, own: [.tensorWeight],
    required: ["weight"]
  ) { tensors, sink in
    let rule = MultiSLERP(
      normalizes: tensors.shared.flag("normalize_weights"), eps: tensors.shared.number("eps"))
    let changes = tensors.changes
    let factors =
      changes.count == 1 ? [1] : try rule.coefficients(Gram(of: changes), tensors.weights, at: tensors.name)
    try tensors.send(.tensor(factors), of: changes, to: sink)
  }

  /// The Riemannian mean of the directions of whole tensors at their mean length; a base is one of the models.
  static let karcher = CheckpointMethod(
    name: "karcher", summary: "Riemannian mean of the models' directions at their mean length", base: .model,
    shared: MergeMethod.karcher.ownParameters
  ) { tensors, sink in
    let rule = Karcher(steps: tensors.shared.integer("max_iter"), tolerance: tensors.shared.number("tol"))
    let wholes = tensors.wholes
    let factors =
      wholes.count == 1
      ? [1] : try rule.coefficients(Gram(of: wholes), wholes.map { _ in 1 }, at: tensors.name)
    try tensors.send(.tensor(factors), of: wholes, to: sink)
  }
}
