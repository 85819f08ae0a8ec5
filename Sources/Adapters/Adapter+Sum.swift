internal import LinearAlgebra

extension Adapter {
  /// The adapter whose change of every layer is the sum of this one's and another's.
  ///
  /// Factors stand side by side with scale 1 (α = rank), s·B rounded once to floats: exact where scales are powers of
  /// two. All but the sites comes from the other one.
  public func adding(_ other: Adapter) -> Adapter {
    let paths = Set(sites.map(\.path)).union(other.sites.map(\.path)).sorted()
    var sum = other
    sum.usesRSLoRA = false
    sum.sites = paths.map { path in
      let terms = [self, other].compactMap { adapter in adapter.site(path).map(adapter.lowRank) }
      let matrix = LowRank.sum(terms)
      return (path, AdapterSite(a: matrix.a.matrix, b: matrix.b.matrix, alpha: Double(matrix.rank)))
    }
    return sum
  }
}
