internal import Basics

extension CheckpointMethod {
  /// Σ w_t·θ_t, divided by Σ w_t where `normalize` is set; a base counts as one of the models.
  ///
  /// Source: Wortsman et al. 2022, arXiv:2203.05482; mergekit `linear`.
  static let linear = CheckpointMethod(
    name: "linear", summary: "weighted average of the models", base: .model,
    shared: [.normalize(true)], own: [.tensorWeight], required: ["weight"]
  ) { tensors, sink in
    let weights = tensors.weights
    let factors = tensors.shared.flag("normalize") ? try normalized(weights) : weights
    try tensors.send(.tensor(factors), of: tensors.wholes, to: sink)
  }

  /// θ_0 + t·mean (θ_i − θ_0), t from the cosines of the changes; see the adapters' `model_stock`.
  ///
  /// Source: Jang et al. 2024, arXiv:2403.19522; mergekit `model_stock`, which divides by norms of at least 1e-6 and so
  /// shortens changes of very small tensors more: not so here.
  static let modelStock = CheckpointMethod(
    name: "model_stock", summary: "average of the changes, shortened by how little they agree", base: .origin,
    models: 2...Int.max,
    shared: [
      ParameterSpec(
        "filter_wise", .flag, default: .flag(false), "agreement per output row instead of per tensor")
    ]
  ) { tensors, sink in
    let stock = ModelStock(perRow: tensors.shared.flag("filter_wise"), clamps: false)
    let share = 1 / Double(tensors.models.count)
    func factors(_ gram: Gram) -> [Double] { tensors.models.map { _ in stock.ratio(gram) * share } }
    let changes = tensors.changes
    let sums: TensorFactors =
      stock.perRow ? .rows(Gram.ofRows(changes).map(factors)) : .tensor(factors(Gram(of: changes)))
    try tensors.send(sums, of: changes, to: sink)
  }
}
