/// Making a spectrum flat.
enum Isotropic {
  /// σ_i ← (1 − γ)·σ_i + γ·mean(σ).
  ///
  /// The mean is over the directions that are there. A full change has min(out, in) of them, as in the published code;
  /// of a LoRA change that code averages over zeros too and spreads the mean over arbitrary vectors of the null space.
  static func flattened(_ values: [Double], isotropy: Double) -> [Double] {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    return values.map { (1 - isotropy) * $0 + isotropy * mean }
  }
}
