internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// RegMean: the change that acts most like each model's own on that model's inputs, in least squares.
  ///
  /// The base cancels out. Source: Jin et al. 2023, arXiv:2212.09849, equation 2; a is their 0.9 (they take 0.1 for T5).
  /// Equal Grams, or a = 0 and equal diagonals, give the weighted average. A negative weight takes a model away: its
  /// change counts as −ΔW_t.
  static let regMean = MergeMethod(
    name: "regmean", summary: "the change that acts most like each model's on that model's own inputs",
    paper: "2212.09849", notes: RegMean.notes("in model t"), parameters: RegMean.parameters,

    form: .measured({ .init(.inputGrams, rows: $0.integer(rows.name)) }) { RegMean($0, $1) })

  /// RegMean++: RegMean with inputs as the merged layers below make them.
  ///
  /// Block by block from below: every model's block reads what the merged blocks below make of that model's examples, its
  /// inputs give G_t, and the block is merged. So the merged model is fitted to inputs that it will see itself. Source:
  /// Nguyen et al. 2025, arXiv:2508.03121. The formula and its parameters are those of `regmean`.
  static let regMeanPlusPlus = MergeMethod(
    name: "regmean_pp", summary: "regmean on the inputs that the merged layers below make",
    paper: "2508.03121", notes: RegMean.notes("in block b of model t behind merged blocks 1 … b − 1"),
    parameters: RegMean.parameters,
    form: .measured({ .init(.propagatedGrams, rows: $0.integer(rows.name)) }) { RegMean($0, $1) })
}

private struct RegMean: Merging {
  static func notes(_ place: String) -> MergeNotes {
    MergeNotes(
      formula: """
        Σ w_t·ΔW_t·G'_t·(Σ |w_t|·G'_t)⁻¹, G' = a·G + (1 − a)·diag(G), G_t = XᵀX ÷ n of the layer's inputs X \(place)
        """,
      cost:
        "in factors, exact, by Cholesky; in³/3 + O(in²·R), R = Σ r_t; 4·in² bytes for each model and input",
      differences: """
        `ridge` is not in the paper: that share of the mean diagonal of Σ |w_t|·G'_t is added to it, spread over the G'_t \
        by their weights, so that where no model has inputs their average is left instead of a division by zero
        """)
  }

  static let parameters = [
    MergeMethod.rows,
    ParameterSpec(
      "reduce_non_diagonal", .number(0...1), default: .number(0.9), usual: [0.1, 0.5, 0.9, 1],
      "factor a on the entries of the Gram matrices beside the diagonal"),
    ParameterSpec(
      "ridge", .number(0...1), default: .number(1e-6),
      "share of the Grams' mean diagonal that is added to it, which draws to the average"),
  ]

  private let reduction: Double
  private let ridge: Double
  private let evidence: [ModelEvidence]

  init(_ parameters: Parameters, _ evidence: [ModelEvidence]) {
    reduction = parameters.number("reduce_non_diagonal")
    ridge = parameters.number("ridge")
    self.evidence = evidence
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let size = deltas.lazy.compactMap { $0?.columns }.first ?? 0
    let grams = try evidence.map { try $0.matrix(at: site, rows: size, columns: size) }
    let sizes = weights.map { abs($0) }
    let trace = zip(grams, sizes).reduce(0) { $0 + $1.1 * RegMean.trace($1.0) }
    let ridge = ridge * trace / Double(max(1, size)) / sizes.reduce(0, +)
    var total = DoubleMatrix(rows: size, columns: size)
    var reduced = total
    var terms: [LowRank] = []
    for (model, gram) in grams.enumerated() {
      // w·G', which also goes into the sum.
      add(gram, times: sizes[model], ridge: ridge, to: &total, reduced: &reduced)
      guard let delta = deltas[model] else { continue }
      let sign: Double = weights[model] < 0 ? -1 : 1
      terms.append(LowRank(b: delta.b, a: delta.a * reduced, scale: sign * delta.scale))
    }
    let sum = LowRank.sum(terms)
    guard let a = sum.a.divided(bySymmetric: total) else {
      throw Diagnostic.refusal(
        "the inputs of '\(site)' do not span its \(size) channels: nothing to divide by",
        hint: "raise 'rows' or 'ridge', or lower 'reduce_non_diagonal'")
    }
    return Merged(.lowRank(LowRank(b: sum.b, a: a)))
  }

  /// Sets `reduced` to w·(a·G + (1 − a)·diag(G) + ridge) and adds it to `total`.
  private func add(
    _ gram: Matrix, times weight: Double, ridge: Double, to total: inout DoubleMatrix,
    reduced: inout DoubleMatrix
  ) {
    let factor = weight * reduction
    for i in 0..<gram.rows {
      gram.withRow(i) { row in
        var part = reduced.values.mutableSpan
        let start = i * row.count
        for j in 0..<row.count { part[start + j] = factor * Double(row[j]) }
        part[start + i] = weight * (Double(row[i]) + ridge)
      }
    }
    let part = reduced.values.span
    var sum = total.values.mutableSpan
    precondition(part.count == sum.count)
    for i in 0..<part.count { sum[i] += part[i] }
  }

  private static func trace(_ gram: Matrix) -> Double {
    (0..<gram.rows).reduce(0) { $0 + Double(gram[$1, $1]) }
  }
}
