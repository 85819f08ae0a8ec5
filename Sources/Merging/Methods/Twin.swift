internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Twin-Merging: a shared change for all texts, and of each expert what is its own, mixed by a router.
  ///
  /// Shared τ = λ·Σ w_t·ΔW_t; exclusive v_t = SVD_k(ΔW_t − τ) with k the `fraction` of min(out, in), at least 1; a text is
  /// answered by W₀ + τ + Σ g_t·v_t, g the softmax of a router on its embedding by W₀ + τ.
  /// Source: Lu et al. 2024, arXiv:2406.15479, section 3. Its router is a network with one hidden layer of 2·C, batch
  /// normalisation and dropout, trained for 50 epochs; here it is linear, trained to the minimum on the cross-entropy of
  /// whose text it is (`LinearRouter`): pooled embeddings of tasks are nearly separable, and nothing is drawn. The
  /// published code for generation cuts A and B separately, which is another matrix; the core is cut here.
  /// Space: shared and exclusive factors. Cost: one more pass for every text, and 2·R·(in + out) FLOPs a token.
  static let twin = MergeMethod(
    name: "twin", summary: "a shared change, and what is each expert's own, mixed by a router for every text",
    paper: "2406.15479",
    notes: MergeNotes(
      formula: """
        W₀ + τ + Σ g_t·SVD_k(ΔW_t − τ), τ = λ·Σ w_t·ΔW_t, g the softmax of a router on the text
        """,
      cost: """
        one more pass for every text, and 2·R·(in + out) FLOPs a token
        """,
      differences: """
        the paper's router is a network of two layers trained for 50 epochs; here it is linear, at its minimum. Its code for generation cuts A and B apart; the core is cut here
        """),
    parameters: [
      ParameterSpec(
        "scale", .number(-100...100), default: .number(0.3), usual: [0.1, 0.3, 0.5],
        "factor λ on the sum that all share"),
      ParameterSpec(
        "fraction", .number(0...1), default: .number(0.1),
        "rank of what is an expert's own, as a share of the smaller side of the weight"),
      .textRows(256), .topK(0),
      ParameterSpec(
        "iterations", .integer(1...100_000), default: .number(300), "steps of the router's training"),
    ],
    form: .routed {
      Twin(
        scale: $0.number("scale"), fraction: $0.number("fraction"), rows: $0.integer("rows"),
        most: $0.integer("top_k"), iterations: $0.integer("iterations"))
    })
}

private struct Twin: Routing {
  let scale: Double
  let fraction: Double
  let rows: Int
  let most: Int
  let iterations: Int
  let serving = ServedBy.text
  private static let rate = 0.01
  private static let decay = 1e-4

  var texts: RoutingTexts? { RoutingTexts(rows: rows, readsUnified: true, wantsExperts: false) }

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    var shared: [(path: String, change: LowRank)] = []
    var own = experts.map { _ in [(path: String, change: LowRank)]() }
    var retained: [String: Double] = [:]
    for path in RoutedMerger.paths(of: experts) {
      let deltas = experts.map { $0.delta(path) }
      let present = deltas.compactMap { $0 }
      let parts = zip(experts, deltas).compactMap { $1 == nil ? nil : -scale * $0.weight }
      shared.append((path, weightedSum(deltas, experts.map { scale * $0.weight })))
      let space = CoreSpace(of: present)
      let rank = max(1, Int(fraction * Double(min(present[0].rows, present[0].columns))))
      var (kept, all) = (0.0, 0.0)
      var place = 0
      for (t, delta) in deltas.enumerated() {
        var coefficients = parts
        if delta != nil {
          coefficients[place] += 1
          place += 1
        }
        let (cut, energy) = try space.lowRank(ofSum: coefficients, cut: RankCut(rank: rank))
        let square = cut.norm * cut.norm
        kept += square
        all += energy > 0 ? square / energy : 0
        own[t].append((path, cut))
      }
      retained[path] = all > 0 ? min(1, kept / all) : 1
    }
    let parts = zip(experts, own).map { expert, changes in
      RoutedModel.Part(name: expert.name, tasks: expert.tasks, change: Adapter(name: expert.name, changes))
    }
    return Routed(
      RoutedModel(
        method: "twin", unified: Adapter(name: "shared", shared), parts: parts,
        gate: gate(
          DoubleMatrix(rows: experts.count, columns: 0), DoubleMatrix(rows: 1, columns: experts.count))),
      retained: retained)
  }

  func fit(_ model: inout RoutedModel, to texts: [ExpertTexts], random: RandomStream) throws {
    guard !texts.isEmpty else { throw Diagnostic("the experts have no training texts for a router") }
    let labels = texts.flatMap { Array(repeating: $0.expert, count: $0.embeddings.rows) }
    let (weight, bias) = LinearRouter.fit(
      .belowEachOther(texts.map { DoubleMatrix($0.embeddings) }), labels: labels, experts: model.parts.count,
      iterations: iterations, rate: Self.rate, decay: Self.decay)
    model.gate = gate(weight, bias)
  }

  private func gate(_ weight: DoubleMatrix, _ bias: DoubleMatrix) -> RoutedModel.Gate {
    .text(
      TextGate(
        readsUnified: true,
        rule: .linear(weight: weight.matrix, bias: bias.matrix, experts: most > 0 ? most : weight.rows)))
  }
}
