internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// TIES: trim every change to its largest entries, elect a sign per entry, combine what agrees with it.
  ///
  /// Source: Yadav et al. 2023, arXiv:2306.01708, section 3.
  /// The paper trims over the whole model (`trim_scope: model`), elects without weights and takes the plain mean;
  /// mergekit trims per matrix, elects on weighted changes and divides by the agreeing weights: the defaults here.
  static let ties = MergeMethod(
    name: "ties",
    summary: "trim small entries, elect a sign per entry, average the entries that agree with it",
    paper: "2306.01708",
    parameters: [
      ParameterSpec(
        "density", .number(0.0001...1), default: .number(0.2), "share of the entries kept per model"),
      ParameterSpec("scale", .number(-100...100), default: .number(1), "factor λ on the merged change"),
      ParameterSpec(
        "trim_scope", .choice(["tensor", "model"]), default: .text("tensor"),
        "whether the largest entries are those of each matrix or of the whole model"),
      ParameterSpec(
        "elect", .choice(["weighted", "unweighted"]), default: .text("weighted"),
        "whether the sign of an entry is that of the sum of the weighted or of the bare changes"),
      ParameterSpec(
        "combine", .choice(["weighted_mean", "mean", "sum"]), default: .text("weighted_mean"),
        "weighted agreeing entries divided by their weights, by their number, or not at all"),
    ],
    neutral: ["density": .number(1), "scale": .number(1)]
  ) { parameters in
    TIES(
      density: parameters.number("density"), scale: parameters.number("scale"),
      trimsWholeModel: parameters.text("trim_scope") == "model",
      electsWeighted: parameters.text("elect") == "weighted", combine: parameters.text("combine"))
  }
}

/// With d_t the trimmed ΔW_t, per entry: s = sign Σ w_t·d_t (or Σ d_t), zero counting as +; then
/// λ·Σ w_t·d_t ÷ Σ |w_t| (or ÷ count, or ÷ 1) over the t whose w_t·d_t (or d_t) has sign s.
///
/// Dividing by |w| keeps the meaning of a negative weight; for positive ones it is mergekit's rule.
/// Memory: one dense matrix per model and site. Cost: O(T·out·in·(r + 1)).
private struct TIES: Merging {
  let density: Double
  let scale: Double
  let trimsWholeModel: Bool
  let electsWeighted: Bool
  let combine: String
  /// The least magnitude kept of each model, where the trim is over whole models.
  var limits: [UInt32] = []

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?]) throws {
    guard trimsWholeModel, density < 1 else { return }
    let factors = sites.map(deltas)
    limits = (factors.first ?? []).indices.map { model in
      let matrices = factors.compactMap { $0[model] }
      let count = matrices.reduce(0) { $0 + $1.rows * $1.columns }
      return Trim.kthMagnitude(Trim.kept(density: density, of: count)) { visit in
        for matrix in matrices { visit(matrix.dense.floats) }
      }.bits
    }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    var trimmed: [[Float]] = []
    var present: [Double] = []
    var rank = 0
    for (model, delta) in deltas.enumerated() {
      guard let delta else { continue }
      var values = delta.dense.floats
      if density < 1 {
        if trimsWholeModel {
          Trim.keep(atLeast: limits[model], of: &values)
        } else {
          Trim.keepLargest(Trim.kept(density: density, of: values.count), of: &values)
        }
      }
      trimmed.append(values)
      present.append(weights[model])
      rank += try delta.numericalRank()
    }
    let elected = ElectSign.signs(trimmed, electsWeighted ? present : present.map { _ in 1 })
    let merged = combineAgreeing(trimmed, present, elected)
    let shape = deltas.lazy.compactMap { $0 }.first.map { ($0.rows, $0.columns) } ?? (0, 0)
    return Merged(
      .dense(DoubleMatrix(rows: shape.0, columns: shape.1, values: merged)), defaultRank: rank)
  }

  private func combineAgreeing(_ deltas: [[Float]], _ weights: [Double], _ elected: [Float]) -> [Double] {
    var sum = [Double](repeating: 0, count: elected.count)
    var share = [Double](repeating: 0, count: elected.count)
    for (delta, weight) in zip(deltas, weights) {
      var sumSpan = sum.mutableSpan
      var shareSpan = share.mutableSpan
      Combine.addAgreeing(
        delta.span, weight: weight, sign: electsWeighted && weight < 0 ? -1 : 1,
        part: combine == "mean" ? 1 : abs(weight), elected: elected.span, &sumSpan, &shareSpan)
    }
    if combine == "sum" { return sum.map { $0 * scale } }
    return zip(sum, share).map { $1 > 0 ? $0 / $1 * scale : 0 }
  }
}
