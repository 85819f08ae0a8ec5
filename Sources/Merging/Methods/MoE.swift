internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// A mixture of adapters by prototypes: every token at every layer goes to the experts whose inputs it resembles.
  ///
  /// p_t is the mean input of the layer over training texts of the expert, as the base makes it, less the mean of all
  /// experts, which tells none from another; gates softmax(cos(x, p_t) ÷ temperature) over the `top_k` largest, then
  /// Σ g_t·w_t·ΔW_t·x. A common recipe without a paper of its own; the mean activation as prototype is one of the
  /// routers that Ostapenko et al. 2024, arXiv:2405.11157, compare. What the means have in common is subtracted here.
  /// Space: all factors side by side. Cost a token: 2·R·(in + out) FLOPs and 2·T·in for the gates.
  static let moe = MergeMethod(
    name: "moe", summary: "every token mixes the experts whose training texts look like it, layer by layer",
    paper: "2405.11157",
    notes: MergeNotes(
      formula: """
        Σ g_t·w_t·ΔW_t·x, g the softmax of cos(x, p_t) ÷ temperature over the top_k, p_t the mean input less that of all
        """,
      cost: """
        a token: 2·R·(in + out) FLOPs and 2·T·in for the gates; the prototypes one pass of the base
        """,
      differences: """
        a common recipe without a paper of its own; what the means have in common is subtracted here
        """),
    parameters: [
      ParameterSpec(
        "temperature", .number(0.001...1000), default: .number(0.1), "what the cosines are divided by"),
      .topK(0), .textRows(100),
    ],
    form: .routed {
      MoE(temperature: $0.number("temperature"), most: $0.integer("top_k"), rows: $0.integer("rows"))
    })
}

private struct MoE: Routing {
  let temperature: Double
  let most: Int
  let rows: Int
  let serving = ServedBy.token

  var texts: RoutingTexts? {
    RoutingTexts(rows: rows, readsUnified: false, wantsExperts: false, wantsInputs: true)
  }

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    Routed(
      RoutedModel(
        method: "moe", parts: experts.map { .init(name: $0.name, tasks: $0.tasks, change: $0.change) },
        gate: gate([], experts: experts.count)))
  }

  func fit(_ model: inout RoutedModel, to texts: [ExpertTexts], random: RandomStream) throws {
    let paths = Set(model.parts.flatMap { $0.change?.sites.map(\.path) ?? [] }).sorted()
    let directions = try paths.map { path in
      let experts = model.parts.indices.filter { model.parts[$0].change?.site(path) != nil }
      let means = try experts.map { try mean(texts, of: $0, at: path) }
      let all = DoubleMatrix.belowEachOther(means)
      let common = (0..<all.columns).map { column in
        (0..<all.rows).reduce(0) { $0 + all[$1, column] } / Double(all.rows)
      }
      let own = means.map { $0 - DoubleMatrix(rows: 1, columns: common.count, values: common) }
      return (path: path, rows: DoubleMatrix.belowEachOther(own).unitRows.matrix)
    }
    model.gate = gate(directions, experts: model.parts.count)
  }

  /// Over the tasks of an expert, each counted once.
  private func mean(_ texts: [ExpertTexts], of expert: Int, at path: String) throws -> DoubleMatrix {
    let own = texts.filter { $0.expert == expert }.compactMap { $0.inputs[path] }.map { DoubleMatrix($0) }
    guard let first = own.first else { throw Diagnostic("an expert has no training texts for its gate") }
    return own.dropFirst().reduce(first, +).scaled(by: 1 / Double(own.count))
  }

  private func gate(_ directions: [(path: String, rows: Matrix)], experts: Int) -> RoutedModel.Gate {
    .token(
      TokenGate(
        measure: .cosine, temperature: temperature, experts: most > 0 ? most : experts, width: 1,
        directions: directions))
  }
}
