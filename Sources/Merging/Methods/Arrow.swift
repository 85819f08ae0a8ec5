internal import Adapters
internal import Basics

extension MergeMethod {
  /// Arrow: every token at every layer mixes the experts whose main input direction it lies along.
  ///
  /// With v_t the first right singular vector of ΔW_t, gates softmax(|x·v_t| ÷ temperature) over the `top_k` largest,
  /// then Σ g_t·w_t·ΔW_t·x. Source: Ostapenko et al. 2024, arXiv:2405.11157, section 4. mttl takes all experts at
  /// temperature 1, the defaults here; PEFT takes 3, and finds v_t by 15 steps of a power iteration, where this is exact.
  /// Space: all factors side by side. Cost a token: 2·R·(in + out) FLOPs and 2·T·in for the gates, R = Σ r_t.
  static let arrow = MergeMethod(
    name: "arrow", summary: "every token mixes the experts along whose main input direction it lies",
    paper: "2405.11157",
    notes: MergeNotes(
      formula: """
        Σ g_t·w_t·ΔW_t·x, g the softmax of |x·v_t| ÷ temperature over the top_k, v_t the first right singular vector
        """,
      cost: """
        a token: 2·R·(in + out) FLOPs and 2·T·in for the gates, R = Σ r_t
        """,
      differences: """
        PEFT takes the 3 largest and finds v_t by a power iteration of 15 steps, where this is exact
        """), parameters: [.temperature, .topK(0)],
    form: .routed { Arrow(temperature: $0.number("temperature"), most: $0.integer("top_k")) })
}

extension ParameterSpec {
  /// What logits are divided by.
  static let temperature = ParameterSpec(
    "temperature", .number(0.001...1000), default: .number(1), "what the logits of the gates are divided by")

  /// How many experts take part.
  static func topK(_ value: Int) -> ParameterSpec {
    ParameterSpec(
      "top_k", .integer(0...1024), default: .number(Double(value)),
      "how many experts with the largest gates take part; 0: all")
  }
}

private struct Arrow: Routing {
  let temperature: Double
  let most: Int
  let serving = ServedBy.token

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    Routed(
      RoutedModel(
        method: "arrow",
        parts: experts.map { .init(name: $0.name, tasks: $0.tasks, change: $0.change) },
        gate: .token(
          TokenGate(
            measure: .magnitude, temperature: temperature, experts: most > 0 ? most : experts.count, width: 1,
            directions: try leadingDirections(of: experts, width: 1)))))
  }
}
