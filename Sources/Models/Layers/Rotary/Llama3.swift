extension RotaryScaling {
  /// Llama 3.1's: low frequencies divided by a factor, high ones as they are, between them a mixture.
  ///
  /// Source: the Llama 3 report, arXiv:2407.21783, section 3.1.2, with the numbers of a config.json. A wave of λ positions is
  /// low from λ = original ÷ low_freq_factor on, and high below original ÷ high_freq_factor.
  static let llama3 = RotaryScaling(
    name: "llama3", summary: "low frequencies divided by a factor, high ones as they are",
    settings: ["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"]
  ) { frequencies, settings in
    let (factor, low, high, original) = (
      Float(settings[0]), Float(settings[1]), Float(settings[2]), Float(settings[3])
    )
    return frequencies.map { frequency in
      let wave = 2 * Float.pi / frequency
      if wave < original / high { return frequency }
      if wave > original / low { return frequency / factor }
      let share = (original / wave - low) / (high - low)
      return (1 - share) * frequency / factor + share * frequency
    }
  }
}
