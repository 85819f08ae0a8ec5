internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// SCE: select the entries on which models differ most, calculate weights from their energy, erase minority signs.
  ///
  /// Per matrix: M marks the int(`select_topk`·nnz) entries of largest variance over the models (all where it is
  /// 1); a sum of zero counts as +, and a negative w_t turns X_t round. Source: Wan et al. 2024,
  /// arXiv:2408.07990.
  static let sce = MergeMethod(
    name: "sce", summary: "weights from the energy of the entries that vary most, without minority signs",
    paper: "2408.07990",
    notes: MergeNotes(
      formula: """
        λ·Σ c_t·X_t ÷ Σ c_t over the t whose X_t = M ⊙ ΔW_t has the sign of Σ X_t, c_t ∝ |w_t|·mean (M ⊙ \
        ΔW_t)²
        """,
      cost: """
        entry by entry on row blocks of all models: four passes, two where select_topk is 1, each 2·r \
        FLOPs an entry and model; the full result is cut to a rank
        """,
      sweep: "select_topk 0.1…1",
      differences: """
        mergekit merges M ⊙ ΔW_t; the authors' code uses M for the weights alone and merges ΔW_t \
        (sce@paper). mergekit falls back to equal c_t where their sum is below 1e-6, so for most \
        fine-tunings; here only where it is zero. The w_t are ours
        """),
    parameters: [
      ParameterSpec(
        "select_topk", .number(0.0001...1), default: .number(1),
        "share of the entries of largest variance over the models that counts"),
      ParameterSpec(
        "deltas", .choice(["masked", "unmasked"]), default: .text("masked"),
        "whether only those entries are merged or all"),
      .scale(1),
    ],
    neutral: ["select_topk": .number(1), "scale": .number(1)]
  ) {
    SCE(
      share: $0.number("select_topk"), masked: $0.text("deltas") == "masked", scale: $0.number("scale"))
  }

  /// The stages of the authors' code with their published share.
  static let scePaper = preset(
    "paper", of: .sce, "sce as its authors' code has it: all entries merge, a tenth of them give the weights",
    ["select_topk": .number(0.1), "deltas": .text("unmasked")])

  /// mergekit's stages.
  static let sceMergekit = preset(
    "mergekit", of: .sce, "sce as mergekit has it: only the selected entries merge",
    ["deltas": .text("masked")])
}

struct SCE: Merging {
  let share: Double
  let masked: Bool
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let changes = ChangeRows.all(deltas)
    var merged: [Double] = []
    merged.reserveCapacity(changes[0].count)
    try merge(changes, weights) { _, sums in merged.append(contentsOf: sums) }
    return Merged(
      .dense(DoubleMatrix(rows: changes[0].rows, columns: changes[0].columns, values: merged)),
      defaultRank: try sumOfRanks(deltas))
  }

  /// Merges changes, block after block.
  ///
  /// - Parameters:
  ///   - beside: Rows that are read along and not merged.
  ///   - emit: Gets a block of every one of these and the merged numbers beside it.
  func merge(
    _ changes: [ChangeRows], _ weights: [Double], beside others: [ChangeRows] = [],
    emit: (_ others: ArraySlice<Matrix>, _ sums: [Double]) throws -> Void
  ) throws {
    let selection = share < 1 ? select(changes) : Cutoff.all
    let energies = energies(of: changes, selection)
    let parts = zip(energies, weights).map { $0 * abs($1) }
    let voices = zip(parts, weights).map { part, weight in
      let sign: Double = weight < 0 ? -1 : 1
      return Voice(vote: sign, weight: sign * part, part: part)
    }
    var sum = EntrySum(elect: .weighted, voices: voices, divides: true, scale: scale)
    var cutoff = selection
    try ChangeRows.forEachBlock(changes + others) { blocks in
      let own = Array(blocks.prefix(changes.count))
      if masked { mask(own, &cutoff) }
      try emit(blocks.dropFirst(changes.count), sum.sums(of: own[...]))
    }
  }

  /// The cutoff of the variances of the entries.
  private func select(_ changes: [ChangeRows]) -> Cutoff {
    var nonzero = 0
    ChangeRows.forEachBlock(changes) { blocks in
      for variance in variances(blocks) where variance > 0 { nonzero += 1 }
    }
    return Cutoff(Int(Double(nonzero) * share), of: changes[0].count) { visit in
      ChangeRows.forEachBlock(changes) { visit(variances($0).span) }
    }
  }

  /// Σ (M ⊙ ΔW_t)² per model; equal where all are zero.
  private func energies(of changes: [ChangeRows], _ selection: Cutoff) -> [Double] {
    var cutoff = selection
    var energies = [Double](repeating: 0, count: changes.count)
    ChangeRows.forEachBlock(changes) { blocks in
      if share < 1 { mask(blocks, &cutoff) }
      for (t, block) in blocks.enumerated() {
        block.withSpan { for i in 0..<$0.count { energies[t] += Double($0[i]) * Double($0[i]) } }
      }
    }
    return energies.contains { $0 > 0 } ? energies : energies.map { _ in 1 }
  }

  /// Zeroes the entries of all models that are not selected.
  private func mask(_ blocks: [Matrix], _ cutoff: inout Cutoff) {
    guard share < 1 else { return }
    let selected = variances(blocks).map { cutoff.takes($0) }
    for block in blocks {
      block.withMutableSpan { for i in 0..<$0.count where !selected[i] { $0[i] = 0 } }
    }
  }

  /// The variance of every entry over the models.
  private func variances(_ blocks: [Matrix]) -> [Float] {
    let count = blocks[0].count
    let share = 1 / Double(blocks.count)
    var means = [Double](repeating: 0, count: count)
    for block in blocks {
      block.withSpan { for i in 0..<count { means[i] += Double($0[i]) } }
    }
    for i in 0..<count { means[i] *= share }
    var squares = [Double](repeating: 0, count: count)
    for block in blocks {
      block.withSpan { span in
        for i in 0..<count { squares[i] += (Double(span[i]) - means[i]) * (Double(span[i]) - means[i]) }
      }
    }
    return squares.map { Float($0 * share) }
  }
}
