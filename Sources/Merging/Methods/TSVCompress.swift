internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TSV-Compress: a model per task, each change cut to a share of its singular directions; the task must be known.
  ///
  /// Task t is served by W₀ + SVD_k(w_t·ΔW_t), k = max(1, ⌊f·rank(ΔW_t)⌋); a task without an expert by the base.
  /// Source: Gargiulo et al. 2024, arXiv:2412.00081, section 4. The published share, one over the number of tasks, is of
  /// min(out, in), so that T compressed experts take the place of one; that is the rank of a full change, and more than
  /// all of a LoRA one, so it is of the change's own rank here.
  /// Cost: O((out + in)·r²) a change; an evaluation costs no more than one adapter's.
  static let tsvCompress = MergeMethod(
    name: "tsv_compress",
    summary: "for every task its own change, cut to its largest singular directions (the task is known)",
    paper: "2412.00081",
    notes: MergeNotes(
      formula: """
        W₀ + SVD_k(w_t·ΔW_t) for task t, k = max(1, ⌊fraction·rank⌋)
        """,
      cost: """
        O((out + in)·r²) a change; an evaluation costs one adapter's
        """,
      differences: """
        the published share is of min(out, in), more than all of a LoRA change; here of its own rank
        """),
    parameters: [
      ParameterSpec(
        "fraction", .number(0...1), default: .number(0),
        "share of its singular directions that a change keeps, at least one; 0: one over the number of models"
      )
    ],
    form: .routed { TSVCompress(fraction: $0.number("fraction")) })
}

private struct TSVCompress: Routing {
  let fraction: Double
  let serving = ServedBy.task

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    let share = fraction > 0 ? fraction : 1 / Double(experts.count)
    let cut = try CutExperts(experts) { max(1, Int(share * Double(try $0.numericalRank()))) }
    return Routed(RoutedModel(method: "tsv_compress", parts: cut.parts, gate: .task), retained: cut.retained)
  }
}
