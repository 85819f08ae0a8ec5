/// Metrics that are a ratio of sums over items: entity F1, the share of right words.
public enum RatioMetric {
  /// 2·Σ right ÷ (Σ found + Σ wanted), with counts of each sentence; 0 where neither side has an entity.
  public static func f1(_ items: [(right: Int, found: Int, wanted: Int)]) -> AdditiveSample {
    ratio(items.map { (2 * Double($0.right), Double($0.found + $0.wanted)) })
  }

  /// Σ u ÷ Σ w; 0 where Σ w is 0.
  ///
  /// φᵢ = (uᵢ − θ·wᵢ) ÷ mean w.
  public static func ratio(_ items: [(u: Double, w: Double)]) -> AdditiveSample {
    AdditiveSample(
      width: 2, items: items.map { [(0, $0.u), (1, $0.w)] },
      form: AdditiveSample.Form(
        value: { $0[1] > 0 ? $0[0] / $0[1] : 0 },
        gradient: { $0[1] > 0 ? [1 / $0[1], -$0[0] / ($0[1] * $0[1])] : [0, 0] },
        isConstant: { $0[1] <= 0 }))
  }
}
