internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// WUDI-Merging: some hundred small steps of Adam from the sum of the changes towards least interference.
  ///
  /// Source: Cheng et al. 2025, arXiv:2503.08099, with its settings. Adam moves every entry by a step of one size, so
  /// the descent depends on the axes and on the size of the changes: full matrices, not the core space, and no entry goes
  /// further than steps·learning_rate. Where the descent ends: `wudi_closed_form`.
  static let wudi = MergeMethod(
    name: "wudi",
    summary: "the sum of the changes, moved by Adam towards acting as each model on its own inputs",
    paper: "2503.08099",
    notes: MergeNotes(
      formula: """
        λ·X after so many steps of Adam (0.9, 0.999, 1e-8) from X = Σ w_t·ΔW_t on \
        Σ ‖(X − w_t·ΔW_t)·ΔW_tᵀ‖² ÷ ‖ΔW_t‖²
        """,
      cost: "steps × 4·out·in·R FLOPs on a full matrix; the result is cut to a rank", sweep: "steps 100…1000",
      differences: "in doubles; the weights are ours"),
    parameters: [
      ParameterSpec("steps", .integer(0...100_000), default: .number(300), "steps of Adam"),
      ParameterSpec("learning_rate", .number(0...1), default: .number(1e-5), "size of a step"),
      ParameterSpec("scale", .number(0...100), default: .number(1), "factor λ on the merged change"),
    ],
    neutral: ["scale": .number(1)], isHomogeneous: false
  ) { WUDI(steps: $0.integer("steps"), rate: $0.number("learning_rate"), scale: $0.number("scale")) }
}

/// The gradient 2·((X·Q_A)·S − H)·Q_Aᵀ in the core space: S = Σ M_tᵀM_t ÷ ‖M_t‖², H = Q_B·Σ w_t·M_t·M_tᵀM_t ÷ ‖M_t‖².
private struct WUDI: Merging {
  let steps: Int
  let rate: Double
  let scale: Double

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let core = CoreSite(deltas, weights)
    let basis = core.space.right
    var s = DoubleMatrix(rows: basis.columns, columns: basis.columns)
    var h = core.space.weightedSum(core.weights.map { _ in 0 })
    for (m, weight) in zip(core.cores, core.weights) where m.norm > 0 {
      let gram = m.gramOfColumns.scaled(by: 1 / (m.norm * m.norm))
      s = s + gram
      h = h + (m * gram).scaled(by: weight)
    }
    let target = core.space.leftTimes(h)
    let start = core.space.timesRight(core.space.leftTimes(core.sum))
    var values: [Double] = []
    values.reserveCapacity(start.values.count)
    for rows in start.rowBlocks(of: WUDI.blockCount) {
      values += descent(from: start.rows(rows), target.rows(rows), s, basis).values
    }
    let merged = DoubleMatrix(rows: start.rows, columns: start.columns, values: values).scaled(by: scale)
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// Numbers of a block: with the moments and the gradient of each it stays in the cache for all steps.
  private static let blockCount = 1 << 14

  /// All steps on some rows, whose gradients need no others.
  private func descent(
    from start: DoubleMatrix, _ target: DoubleMatrix, _ s: DoubleMatrix, _ basis: DoubleMatrix
  ) -> DoubleMatrix {
    var x = start
    var adam = Adam(count: x.values.count, rate: rate)
    for _ in 0..<steps {
      let gradient = DoubleMatrix.product((x * basis) * s - target, basis, transposeB: true)
      adam.step(&x.values, gradient.values)
    }
    return x
  }
}

extension DoubleMatrix {
  /// Its rows in blocks of about so many numbers.
  fileprivate func rowBlocks(of count: Int) -> [Range<Int>] {
    let height = max(1, count / max(1, columns))
    return stride(from: 0, to: rows, by: height).map { $0..<min($0 + height, rows) }
  }
}

/// Adam (Kingma and Ba 2014, arXiv:1412.6980) on half a gradient.
private struct Adam {
  private var mean: [Double]
  private var square: [Double]
  private var decay = (mean: 1.0, square: 1.0)
  private let rate: Double

  init(count: Int, rate: Double) {
    mean = Array(repeating: 0, count: count)
    square = mean
    self.rate = rate
  }

  mutating func step(_ x: inout [Double], _ half: [Double]) {
    decay = (decay.mean * 0.9, decay.square * 0.999)
    let scales = (step: rate / (1 - decay.mean), root: 1 / (1 - decay.square).squareRoot())
    Self.step(&x, half.span, &mean, &square, scales)
  }

  private static func step(
    _ x: inout [Double], _ half: Span<Double>, _ mean: inout [Double], _ square: inout [Double],
    _ scales: (step: Double, root: Double)
  ) {
    var x = x.mutableSpan
    var mean = mean.mutableSpan
    var square = square.mutableSpan
    precondition(
      x.count == half.count && mean.count == half.count && square.count == half.count, "sizes differ")
    for i in 0..<half.count {
      let g = 2 * half[i]
      mean[i] = 0.9 * mean[i] + 0.1 * g
      square[i] = 0.999 * square[i] + 0.001 * g * g
      x[i] -= scales.step * mean[i] / (square[i].squareRoot() * scales.root + 1e-8)
    }
  }
}
