package import Statistics

/// One comparison with all that is to be said about it: a row of `contrasts.csv`.
package struct Contrast: Sendable {
  /// What a comparison came to.
  package enum Outcome: String, Sendable {
    case win
    case loss
    /// Within the margin.
    case equal
    case undecided
  }

  package var question: String
  package var subject: String
  package var arm: String
  /// As in `ContrastPlan.secondArm`.
  package var secondArm: String
  /// What both sides have alike, of a task or of all: `steps`, `exposure`, `steps and exposure`; empty for nothing.
  package var held: String
  /// Empty for the mean over the family's tasks.
  package var task: String
  /// Empty for that mean.
  package var metric: String
  package var first: ContrastPlan.Side
  package var second: ContrastPlan.Side
  /// Tasks of the family, or behind the mean.
  package var tasks: Int
  package var candidates: Int
  package var rivals: Int
  /// Seeds behind the estimate.
  package var firstSeeds: Int
  package var secondSeeds: Int
  /// Test items behind it; nil without predictions.
  package var items: Int?
  package var isPaired: Bool

  /// First minus second, turned so that positive is better.
  package var estimate: Double
  package var seedError: Double?
  package var itemError: Double?
  /// What the first side's estimate can be too high by, as it was chosen by these very trainings; 0 without a choice.
  package var chosenBias: Double
  /// V and ν; nil where no interval for new seeds and new texts holds.
  package var variance: Satterthwaite.Part?
  package var interval: ClosedRange<Double>?
  /// Simultaneous over the family; excludes zero exactly where the verdict is win or loss by chance alone.
  package var familyInterval: ClosedRange<Double>?
  package var p: Double?
  /// The smallest level, on the scale of `ContrastSettings.alpha`, at which the family rejects.
  package var adjusted: Double?
  /// Of equality within the margin, corrected over the family.
  package var equalP: Double?
  package var margin: Double?
  /// Nil where no verdict may be given; `note` says why.
  package var outcome: Outcome?
  /// What a reader must know: why there is no verdict, whether a seed collapsed.
  package var note: String
  /// Which rule made the variance: `sum`, `moderated`, or empty.
  package var rule: String
  /// Seeds that collapsed of either side.
  package var collapsed: Int
  /// The variances behind it, for planning; nil without predictions.
  package var design: Design?
  /// The level that one test of the family has at first.
  package var level: Double
  package var power: Double
}

extension Contrast {
  /// What is compared, whoever asks: two questions about the same models on the same task have the same, in either order.
  package var comparison: [String] {
    // A side that is another model on each task is one by its role in the question.
    let sides = [first, second].map {
      $0.model.isEmpty ? "\($0.role) \(subject) \(arm) \(secondArm)" : $0.model
    }
    return [task, metric] + sides.sorted()
  }

  /// The smallest true difference that this design finds with the power asked for; nil without an interval.
  package var detectable: Double? {
    variance.map {
      DetectableDifference.factor(degrees: $0.degrees, alpha: level, power: power) * $0.variance.squareRoot()
    }
  }

  /// |D| + t·se: the smallest margin for which this comparison could have said equal.
  package var smallestMargin: Double? {
    variance.flatMap {
      $0.variance > 0
        ? EquivalenceTest.smallestMargin(estimate, error: $0.variance.squareRoot(), degrees: $0.degrees) : nil
    }
  }

  /// Whether seeds or items carry more of the variance.
  package var decides: String? {
    // Below it are the last bits of sums.
    guard let seedError, let itemError, seedError + itemError > 1e-12 else { return nil }
    return seedError > itemError ? "seeds" : "items"
  }

  /// What would decide it, were the true difference as estimated, or as large as the margin where that is more; nil where it
  /// is decided, or nothing can be said.
  package var need: Design.Need? {
    guard outcome == .undecided, let design, let items else { return nil }
    let size = max(abs(estimate), margin ?? 0)
    let seeds = [firstSeeds, secondSeeds].filter { $0 > 0 }.min() ?? 1
    return size > 0 ? design.need(size: size, seeds: seeds, items: items, alpha: level, power: power) : nil
  }
}
