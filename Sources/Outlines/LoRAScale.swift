/// The factor s of a LoRA change ΔW = s·B·A.
public enum LoRAScale {
  /// α ÷ r, or α ÷ √r with rsLoRA (arXiv:2312.03732); 0 for a layer without factors.
  public static func of(alpha: Double, rank: Int, isRankStabilised: Bool) -> Double {
    guard rank > 0 else { return 0 }
    return alpha / (isRankStabilised ? Double(rank).squareRoot() : Double(rank))
  }
}
