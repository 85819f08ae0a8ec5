/// What a merge kept at one linear layer.
public struct MergedSite: Sendable, Hashable, Codable {
  /// The layer's module path.
  public var site: String
  /// Rank of the result; a change of zero is kept as zero factors of rank 1.
  public var rank: Int
  /// ‖result‖² ÷ ‖result before its rank was cut‖², 0…1; 1 where nothing was cut.
  public var retainedEnergy: Double
  /// Frobenius norm of the merged ΔW.
  public var norm: Double

  /// Makes a row.
  public init(site: String, rank: Int, retainedEnergy: Double, norm: Double) {
    self.site = site
    self.rank = rank
    self.retainedEnergy = retainedEnergy
    self.norm = norm
  }
}
