internal import Foundation

/// What the best of k tried settings reaches: how a search's result depends on its budget.
public enum ExpectedBest {
  /// E max of k draws with repetition from the scores: Σ x₍ᵢ₎·[(i/N)^k − ((i−1)/N)^k].
  ///
  /// Source: Dodge et al. 2019, Show your work, arXiv:1909.03004. Biased low for k near N. Nil without scores.
  public static func withRepetition(_ scores: [Double], of k: Int) -> Double? {
    guard !scores.isEmpty, k > 0 else { return nil }
    let n = Double(scores.count)
    return scores.sorted().enumerated().reduce(0.0) { sum, item in
      let high = pow(Double(item.offset + 1) / n, Double(k))
      return sum + item.element * (high - pow(Double(item.offset) / n, Double(k)))
    }
  }

  /// E max of k different ones of the scores, an unbiased estimate: Σ x₍ᵢ₎·C(i−1, k−1)/C(N, k).
  ///
  /// Source: Tang et al. 2020, Showing your work doesn't always work, arXiv:2004.13705. Nil for k above N.
  public static func withoutRepetition(_ scores: [Double], of k: Int) -> Double? {
    guard k > 0, k <= scores.count else { return nil }
    let n = scores.count
    func logWays(_ n: Int, _ k: Int) -> Double {
      GammaFunction.log(Double(n + 1)) - GammaFunction.log(Double(k + 1))
        - GammaFunction.log(Double(n - k + 1))
    }
    let all = logWays(n, k)
    return scores.sorted().enumerated().reduce(0.0) { sum, item in
      item.offset < k - 1 ? sum : sum + item.element * exp(logWays(item.offset, k - 1) - all)
    }
  }

  /// E max of k standard normal numbers: k·∫ x·φ(x)·Φ(x)^(k−1) dx.
  public static func normal(of k: Int) -> Double {
    Double(k)
      * Quadrature.integral(from: -9, to: 9, panels: 6) {
        $0 * Normal.density($0) * pow(Normal.cdf($0), Double(k - 1))
      }
  }
}
