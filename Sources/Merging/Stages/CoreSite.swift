internal import Basics
internal import LinearAlgebra

/// One site in the common core space of its changes: what the rules of the SVD family see.
///
/// ΔW_t = Q_B·M_t·Q_Aᵀ; singular values and inner products of the M_t are those of the ΔW_t.
struct CoreSite {
  /// Q_B and Q_A.
  let space: CoreSpace
  /// w_t of the models that have the site.
  let weights: [Double]
  /// T: all models of the merge, also those that lack the site.
  let models: Int
  /// The smaller side of the full matrix.
  let smallerSide: Int

  /// - Parameter deltas: ΔW_t per model, nil where it lacks the site; at least one has it.
  init(_ deltas: [LowRank?], _ weights: [Double]) {
    let present = deltas.compactMap { $0 }
    space = CoreSpace(of: present)
    self.weights = zip(deltas, weights).compactMap { delta, weight in delta == nil ? nil : weight }
    models = deltas.count
    smallerSide = min(present[0].rows, present[0].columns)
  }

  /// M_t of the models that have the site.
  var cores: [DoubleMatrix] { space.cores }

  /// w_t·M_t.
  var weighted: [DoubleMatrix] { zip(cores, weights).map { $0.scaled(by: $1) } }

  /// Σ w_t·M_t.
  var sum: DoubleMatrix { space.weightedSum(weights) }
}

/// A rule that needs no more than the cores of a site and gives back a core.
protocol CoreRule: Merging {
  /// U, σ, Vᵀ of the merged core, σ falling.
  func merge(_ site: CoreSite) throws -> SingularValues
}

extension CoreRule {
  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let site = CoreSite(deltas, weights)
    return Merged(.core(site.space, try merge(site)))
  }
}

extension DoubleMatrix {
  /// The singular values that are not zero, with their vectors.
  func nonzeroSingularValues() throws(Diagnostic) -> SingularValues { try singularValues().dropping() }
}
