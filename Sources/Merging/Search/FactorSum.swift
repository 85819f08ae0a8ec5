internal import Basics
internal import LinearAlgebra

extension MergeSearch {
  /// The rule of `target` that is no row of the table, with the coefficients of all models; all of them must have a weight
  /// other than zero in the merge.
  public func rule(coefficients: [Double]) -> any Merging {
    target == .factors ? FactorSum(coefficients: coefficients) : ChangeSum(coefficients: coefficients)
  }
}

/// Σ c_t·ΔW_t, exactly.
private struct ChangeSum: Merging {
  let coefficients: [Double]

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    Merged(.lowRank(weightedSum(deltas, coefficients)))
  }
}

/// (Σ c_t·√s_t·B_t)·(Σ c_t·√s_t·A_t): what LoraHub's code does, with equal scales.
///
/// It is Σ c_t²·ΔW_t and the products of different models' factors, which no model has; the sign of c is lost in the first
/// part.
private struct FactorSum: Merging {
  let coefficients: [Double]

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let present = zip(deltas, coefficients).compactMap { delta, c in delta.map { ($0, c) } }
    let ranks = Set(present.map(\.0.rank)).sorted()
    guard ranks.count == 1 else {
      throw Diagnostic.refusal(
        "summing A and B apart takes adapters of one rank; those of '\(site)' have "
          + ranks.map { "\($0)" }.joined(separator: ", "), hint: "set factors to false")
    }
    let roots = present.map { $0.1 * max(0, $0.0.scale).squareRoot() }
    func sum(_ matrices: [DoubleMatrix]) -> DoubleMatrix {
      zip(matrices, roots).dropFirst().reduce(matrices[0].scaled(by: roots[0])) { $0 + $1.0.scaled(by: $1.1) }
    }
    return Merged(.lowRank(LowRank(b: sum(present.map(\.0.b)), a: sum(present.map(\.0.a)))))
  }
}
