public import LinearAlgebra

/// Finds how strongly to regularise a probe by cross-validation on its own training vectors, and fits it.
public struct ProbeSearch: Sendable {
  /// Penalties λ as `ProbeFit` has them, over vectors that are centred and have a root mean square of 1; tried from the largest
  /// one down.
  public var lambdas: [Double]
  /// Parts in which the vectors are dealt.
  public var folds: Int
  /// How far a fit goes.
  public var fit: ProbeFit

  /// Two penalties a decade from 100 to 10⁻⁴, in five folds.
  public init(
    lambdas: [Double] = [100, 30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4], folds: Int = 5,
    fit: ProbeFit = ProbeFit()
  ) {
    self.lambdas = lambdas.sorted(by: >)
    self.folds = folds
    self.fit = fit
  }

  /// A probe with what its search found.
  public struct Found: Sendable {
    /// Over the vectors as they were given.
    public var probe: LinearProbe
    /// The penalty that was chosen.
    public var lambda: Double
    /// The mean loss of vectors that were held out, by penalty, in the order of `lambdas`; of those that were tried.
    public var losses: [Double]
  }

  /// The probe of some vectors, with the penalty under which vectors that were held out have the smallest mean loss; of
  /// equal ones the largest.
  ///
  /// - Parameters:
  ///   - vectors: (n, features), n ≥ 1.
  ///   - groups: Vectors of one group, such as the words of a text, are held out together: a number for each vector; nil
  ///     where each is its own.
  ///
  /// The i-th group falls into part i mod `folds`. Penalties below the best are tried until two in a row are worse: the weaker
  /// they are, the longer a fit takes. Cost: at most (folds + 1)·lambdas.count fits, each from the one before.
  public func probe(_ vectors: DoubleMatrix, _ targets: ProbeTargets, groups: [Int]? = nil) -> Found {
    let scaling = Scaling(vectors)
    let x = scaling.scaled(vectors)
    let places = Self.places(groups ?? Array(0..<x.rows))
    let parts = min(folds, (places.max() ?? 0) + 1)
    var sums: [Double] = []
    var probes = [LinearProbe?](repeating: nil, count: parts)
    var best = 0
    // One part is in memory at a time.
    for lambda in lambdas where parts > 1 && sums.count - best <= Self.worse {
      var sum = 0.0
      for part in 0..<parts {
        let kept = places.indices.filter { places[$0] % parts != part }
        let held = places.indices.filter { places[$0] % parts == part }
        let next = fit.probe(x.picked(kept), targets.picked(kept), lambda: lambda, from: probes[part])
        var z = next.outputs(x.picked(held))
        sum += ProbeLoss.mean(&z, targets.picked(held)) * Double(held.count)
        probes[part] = next
      }
      sums.append(sum)
      if sum < sums[best] { best = sums.count - 1 }
    }
    var probe: LinearProbe?
    for lambda in lambdas[...best] { probe = fit.probe(x, targets, lambda: lambda, from: probe) }
    let chosen =
      probe ?? LinearProbe(weight: DoubleMatrix(rows: targets.outputs, columns: x.columns), bias: [])
    return Found(
      probe: scaling.undone(chosen), lambda: lambdas[best], losses: sums.map { $0 / Double(max(1, x.rows)) })
  }

  /// So many penalties below the best one are tried in vain.
  private static let worse = 2

  /// Groups by the order in which they appear.
  private static func places(_ groups: [Int]) -> [Int] {
    var known: [Int: Int] = [:]
    return groups.map { group in
      let place = known[group] ?? known.count
      known[group] = place
      return place
    }
  }
}

/// Centres vectors and divides them by their root mean square, so that a penalty means the same for every base.
private struct Scaling {
  let means: [Double]
  let scale: Double

  init(_ vectors: DoubleMatrix) {
    means = vectors.columnMeans
    let centred = vectors.subtracting(means)
    let square = centred.innerProduct(centred) / Double(max(1, centred.values.count))
    scale = square > 0 ? square.squareRoot() : 1
  }

  func scaled(_ vectors: DoubleMatrix) -> DoubleMatrix { vectors.subtracting(means).scaled(by: 1 / scale) }

  /// The same probe over the vectors as they were.
  func undone(_ probe: LinearProbe) -> LinearProbe {
    let weight = probe.weight.scaled(by: 1 / scale)
    let shifts = DoubleMatrix.product(
      DoubleMatrix(rows: 1, columns: means.count, values: means), weight, transposeB: true)
    return LinearProbe(weight: weight, bias: zip(probe.bias, shifts.values).map { $0 - $1 })
  }
}
