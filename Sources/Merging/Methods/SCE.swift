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
        entry by entry on row blocks of all models: four or five passes, two where select_topk is 1, each 2·r \
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
      .choice(
        "deltas", default: Deltas.masked,
        "whether only those entries are merged or all"),
      .scale(1),
    ],
    neutral: ["select_topk": .number(1), "scale": .number(1)]
  ) {
    SCE(
      share: $0.number("select_topk"), masked: $0.choice(Deltas.self, "deltas") == .masked,
      scale: $0.number("scale"))
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

/// Which entries are merged.
private enum Deltas: String, CaseIterable { case masked, unmasked }

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
      nonzero += blocks[0].count - OrderStatistic.count(of: 0, in: variances(blocks).span)
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
        energies[t] = block.withSpan { SCE.energy(of: $0, after: energies[t]) }
      }
    }
    return energies.contains { $0 > 0 } ? energies : energies.map { _ in 1 }
  }

  /// Zeroes the entries of all models that are not selected.
  private func mask(_ blocks: [Matrix], _ cutoff: inout Cutoff) {
    guard share < 1 else { return }
    let selected = cutoff.selected(variances(blocks).span)
    for block in blocks {
      block.withMutableSpan { SCE.keep(selected.span, of: &$0) }
    }
  }

  /// The variance of every entry over the models.
  private func variances(_ blocks: [Matrix]) -> [Float] {
    let share = 1 / Double(blocks.count)
    var means = sumOfEntries(blocks)
    for i in means.indices { means[i] *= share }
    var squares = [Double](repeating: 0, count: means.count)
    for block in blocks { block.withSpan { SCE.addSquares(of: $0, from: means.span, to: &squares) } }
    return squares.map { Float($0 * share) }
  }

  // Loops over spans of one length, which the compiler makes vector ones.

  private static func energy(of block: Span<Float>, after sum: Double) -> Double {
    var sum = sum
    for i in 0..<block.count { sum += Double(block[i]) * Double(block[i]) }
    return sum
  }

  private static func keep(_ selected: Span<Bool>, of block: inout MutableSpan<Float>) {
    precondition(selected.count == block.count, "\(selected.count) entries selected of \(block.count)")
    for i in 0..<block.count { block[i] = selected[i] ? block[i] : 0 }
  }

  private static func addSquares(of block: Span<Float>, from means: Span<Double>, to sums: inout [Double]) {
    var sums = sums.mutableSpan
    precondition(block.count == sums.count && means.count == sums.count, "blocks differ")
    for i in 0..<block.count {
      let distance = Double(block[i]) - means[i]
      sums[i] += distance * distance
    }
  }
}
