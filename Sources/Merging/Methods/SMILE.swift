internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// SMILE: a mixture of experts made from the singular vectors of the changes, without any training.
  ///
  /// The base always answers; an expert adds the `rank` largest directions of its w_t·ΔW_t. Gates are
  /// softmax(‖V_t·x‖ ÷ temperature) over the `top_k` largest, V_t the first `gate_rank` right singular vectors of ΔW_t.
  /// Source: Tang et al. 2024, arXiv:2408.10174, section 4: one expert a token, gates of rank 1, rank 128 of a full
  /// change. With `gate_rank: 1`, `top_k: 0` and the whole rank it is `arrow`.
  /// Space: all factors side by side. Cost a token: 2·R·(in + out) FLOPs and 2·T·g·in for the gates.
  static let smile = MergeMethod(
    name: "smile", summary: "a mixture of low-rank experts; every token goes where its input directions are",
    paper: "2408.10174",
    notes: MergeNotes(
      formula: """
        Σ g_t·SVD_rank(w_t·ΔW_t)·x, g the softmax of ‖V_t·x‖ ÷ temperature over the top_k
        """,
      cost: """
        a token: 2·R·(in + out) FLOPs and 2·T·gate_rank·in for the gates
        """),
    parameters: [
      ParameterSpec(
        "rank", .integer(0...65_536), default: .number(0), "rank to which every expert is cut; 0: all of it"),
      ParameterSpec(
        "gate_rank", .integer(1...1024), default: .number(1), "input directions that a gate looks at"),
      .temperature, .topK(1),
    ],
    form: .routed {
      SMILE(
        rank: $0.integer("rank"), width: $0.integer("gate_rank"), temperature: $0.number("temperature"),
        most: $0.integer("top_k"))
    })
}

private struct SMILE: Routing {
  let rank: Int
  let width: Int
  let temperature: Double
  let most: Int
  let serving = ServedBy.token

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    let cut = try CutExperts(experts) { _ in rank > 0 ? rank : nil }
    return Routed(
      RoutedModel(
        method: "smile", parts: cut.parts,
        gate: .token(
          TokenGate(
            measure: .magnitude, temperature: temperature, experts: most > 0 ? most : experts.count,
            width: width, directions: try leadingDirections(of: experts, width: width)))),
      retained: cut.retained)
  }
}

/// Every expert's change with only its largest singular directions.
struct CutExperts {
  private(set) var parts: [RoutedModel.Part] = []
  /// By layer ‖cut changes‖² ÷ ‖changes‖².
  private(set) var retained: [String: Double] = [:]

  /// - Parameter rank: How many directions of a change are kept; nil: all.
  init(_ experts: [RoutedExpert], rank: (LowRank) throws -> Int?) throws {
    var (kept, all): ([String: Double], [String: Double]) = ([:], [:])
    for expert in experts {
      var changes: [(path: String, change: LowRank)] = []
      for (path, site) in expert.change.sites {
        let delta = expert.change.lowRank(site)
        let (cut, energy) = try delta.truncated(RankCut(rank: try rank(delta)))
        let square = delta.norm * delta.norm
        all[path, default: 0] += square
        kept[path, default: 0] += energy * square
        changes.append((path, cut))
      }
      parts.append(
        .init(name: expert.name, tasks: expert.tasks, change: Adapter(name: expert.name, changes)))
    }
    retained = kept.reduce(into: [:]) { result, entry in
      let total = all[entry.key] ?? 0
      result[entry.key] = total > 0 ? min(1, entry.value / total) : 1
    }
  }
}
