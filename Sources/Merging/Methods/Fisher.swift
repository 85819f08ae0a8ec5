internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Fisher merging: every entry averaged by how much each model's predictions depend on it.
  ///
  /// Source: Matena and Raffel 2022, arXiv:2111.09832, with its published code. There the expectation runs over the model's
  /// own labels (`labels: model`); `labels: data` is the empirical Fisher information, which for a model that fits its
  /// examples is next to nothing. The base cancels out; a negative weight takes a model away.
  static let fisher = MergeMethod(
    name: "fisher", summary: "average of every entry by how much each model's predictions depend on it",
    paper: "2111.09832",
    notes: MergeNotes(
      formula: """
        Σ w_t·F_t·ΔW_t ÷ Σ |w_t|·F_t, entry by entry, F_t = E[(∂ log p_t(y|x) ÷ ∂W)²] + floor over examples x of model t
        """,
      cost: "row blocks of all models, one pass; 4·out·in bytes for each model",
      differences: """
        `normalize` divides F_t by its root mean square over all layers before the floor is added, so that the floor has \
        no unit; the authors and FusionBench divide by the norm, FusionBench after adding. FusionBench and MergeLM square \
        gradients of whole batches, ours are of single examples
        """),
    parameters: [
      rows,
      .choice(
        "labels", default: FisherLabels.model,
        "whose labels the information is over: the model's own, all by their probability, or the data's"),
      ParameterSpec(
        "normalize", .flag, default: .flag(true),
        "whether each model's information is divided by its root mean square over all layers"),
      ParameterSpec(
        "floor", .number(1e-30...1), default: .number(1e-6), "information that every entry has beside its own"
      ),
    ],
    form: .measured({
      .init(.fisher, rows: $0.integer(rows.name), labels: $0.choice(FisherLabels.self, "labels"))
    }) {
      Fisher(normalizes: $0.flag("normalize"), floor: $0.number("floor"), evidence: $1)
    })
}

private struct Fisher: Merging {
  let normalizes: Bool
  let floor: Double
  let evidence: [ModelEvidence]
  /// 1 ÷ root mean square of F_t.
  var scales: [Double] = []

  init(normalizes: Bool, floor: Double, evidence: [ModelEvidence]) {
    self.normalizes = normalizes
    self.floor = floor
    self.evidence = evidence
  }

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    var squares = evidence.map { _ in 0.0 }
    var count = 0
    for site in sites where normalizes {
      let matrices = try matrices(deltas(site), at: site)
      for (model, matrix) in matrices.enumerated() { squares[model] += Fisher.squares(matrix) }
      count += matrices[0].count
    }
    scales = squares.map { $0 > 0 ? (Double(count) / $0).squareRoot() : 1 }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let matrices = try matrices(deltas, at: site)
    var start = 0
    let merged = mergeByBlocks(deltas) { blocks, merged in
      var total = merged
      for (model, block) in blocks.enumerated() {
        let information = matrices[model].rows(start..<start + block.rows)
        let (scale, weight) = (scales[model], weights[model])
        block.withSpan { block in
          information.withSpan { information in
            precondition(block.count == merged.count && information.count == merged.count)
            for i in 0..<block.count {
              let share = weight * (scale * Double(information[i]) + floor)
              merged[i] += share * Double(block[i])
              total[i] += abs(share)
            }
          }
        }
      }
      for i in 0..<merged.count { merged[i] /= total[i] }
      start += blocks[0].rows
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// F_t of all models.
  private func matrices(_ deltas: [LowRank?], at site: String) throws -> [Matrix] {
    let shape = deltas.lazy.compactMap { $0 }.first.map { ($0.rows, $0.columns) } ?? (0, 0)
    return try evidence.map { try $0.matrix(at: site, rows: shape.0, columns: shape.1) }
  }

  private static func squares(_ matrix: Matrix) -> Double {
    matrix.withSpan { span in
      var sum = 0.0
      for i in 0..<span.count { sum += Double(span[i]) * Double(span[i]) }
      return sum
    }
  }
}
