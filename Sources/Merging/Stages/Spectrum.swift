/// Counting in a spectrum.
enum Spectrum {
  /// The least k with σ_1 + … + σ_k ≥ share·Σσ; all where rounding keeps the sum below it.
  static func count(reaching share: Double, of values: [Double]) -> Int {
    let wanted = share * values.reduce(0, +)
    var sum = 0.0
    for (index, value) in values.enumerated() {
      sum += value
      if sum >= wanted { return index + 1 }
    }
    return values.count
  }

  /// How many values come before the first k with σ_1 + … + σ_k > share·Σσ; 0 where none passes it.
  static func count(passing share: Double, of values: [Double]) -> Int {
    let wanted = share * values.reduce(0, +)
    var sum = 0.0
    for (index, value) in values.enumerated() {
      sum += value
      if sum > wanted { return index }
    }
    return 0
  }
}
