import Basics
import Foundation
import Reporting
import Statistics

/// How a simulated family of one question over some tasks comes about.
struct FamilyLaw: Sendable {
  var name: String
  var seeds = 4
  /// Test items of each task.
  var items = [100, 200, 400, 400, 800, 1600]
  /// Seed deviations are 0.02·√(d₀/χ²_{d₀}) for each cell; nil for 0.02 everywhere.
  var spread: Int? = 5
  /// One deviation for both recipes of a task.
  var isSpreadShared = false
  /// How a seed of the first recipe correlates over tasks, as one model serves all.
  var sharing = 0.5
  /// Whether the first side was made of the second's trainings, and how their seeds correlate.
  var isPaired = false
  var pairing = 0.0
  /// Whether the second side has no seeds.
  var isAgainstBase = false
  /// Seed effects by Student's t with three degrees of freedom.
  var isHeavyTailed = false
  /// The chance that a seed of a collapsing cell collapses, and of a cell to be such.
  var collapse = 0.0
  var collapsing = 0.0
  var isCollapseOneSided = false
  /// True differences on the logit scale over τ/0.318, by task.
  var effects: [Double] = []
  var disagreement = 0.06
  var metric = Scoring.accuracy
  /// Among how many the first side is chosen, on how many validation items.
  var candidates = 1
  var validationItems = 100

  /// Seeds that the second side lacks.
  var missing = 0

  enum Scoring: Sendable {
    case accuracy
    /// Of classes with 70, 20 and 10 % of the items.
    case macroF1
  }
}

/// A family drawn by a law.
struct DrawnFamily {
  /// What the report is given.
  var plan: ContrastPlan
  /// True differences of the tasks.
  var truth: [Double]
}

extension FamilyLaw {
  func draw(_ law: AnswerLaw, _ truths: [Double], _ source: inout Normals) -> DrawnFamily {
    let model = (0..<seeds).map { _ in source.next() }
    let cells = items.indices.map { task -> ContrastPlan.Cell in
      let count = items[task]
      let first = deviation(&source)
      let second = isSpreadShared ? first : deviation(&source)
      let isCollapsing = collapsing > 0 && source.stream.uniform() < collapsing
      var a: [Double] = []
      var b: [Double] = []
      for seed in 0..<seeds {
        let own = effect(&source)
        b.append(law.seedScale * second * own)
        let mixed = sharing.squareRoot() * model[seed] + (1 - sharing).squareRoot() * effect(&source)
        a.append(law.seedScale * first * (pairing * own + (1 - pairing * pairing).squareRoot() * mixed))
      }
      if candidates > 1 { a = chosen(law, first, &source) }
      b.removeLast(missing)
      let shift = effects.isEmpty ? 0 : effects[task] * law.tau / 0.318
      let answers = right(law, count, shift, a, isAgainstBase ? [0] : b, &source)
      var (left, other) = answers
      var (fallen, otherFallen) = (left.map { _ in false }, other.map { _ in false })
      if isCollapsing {
        for seed in left.indices where source.stream.uniform() < collapse {
          left[seed] = left[seed].map { _ in source.stream.uniform() < 0.4 ? 1 : 0 }
          fallen[seed] = true
        }
        for seed in other.indices where !isCollapseOneSided && source.stream.uniform() < collapse {
          other[seed] = other[seed].map { _ in source.stream.uniform() < 0.4 ? 1 : 0 }
          otherFallen[seed] = true
        }
      }
      if metric == .macroF1 { (left, other) = macroF1(left, other, &source) }
      return ContrastPlan.Cell(
        task: "task\(task)", metric: "accuracy", first: .init("first", "all"),
        second: .init("second", isAgainstBase ? "base" : "single\(task)"),
        firstScores: scores(left, fallen, hasSeeds: true, &source),
        secondScores: scores(other, otherFallen, hasSeeds: !isAgainstBase, &source))
    }
    return DrawnFamily(
      plan: ContrastPlan(question: name, isPaired: isPaired, candidates: candidates, cells: cells),
      truth: truths)
  }

  /// The seed effects of the best of some equal recipes by the validation mean of these very seeds.
  private func chosen(_ law: AnswerLaw, _ deviation: Double, _ source: inout Normals) -> [Double] {
    var best: (score: Double, seeds: [Double])?
    // The slope of accuracy by the logit, near equal recipes.
    let slope = (law.accuracy(0.01) - law.accuracy(-0.01)) / 0.02
    let noise = (0.06 / Double(validationItems)).squareRoot()
    for _ in 0..<candidates {
      let own = (0..<seeds).map { _ in law.seedScale * deviation * effect(&source) }
      let score = slope * Estimate.mean(own) + noise * source.next()
      if score > best?.score ?? -.infinity { best = (score, own) }
    }
    return best?.seeds ?? []
  }

  private func deviation(_ source: inout Normals) -> Double {
    guard let spread else { return 1 }
    return (Double(spread) / source.chiSquared(spread)).squareRoot()
  }

  private func effect(_ source: inout Normals) -> Double {
    guard isHeavyTailed else { return source.next() }
    // t₃ has variance 3.
    return source.next() / (source.chiSquared(3) / 3).squareRoot() / 3.0.squareRoot()
  }

  private func right(
    _ law: AnswerLaw, _ count: Int, _ shift: Double, _ a: [Double], _ b: [Double], _ source: inout Normals
  ) -> ([[Double]], [[Double]]) {
    var first = a.map { _ in [Double](repeating: 0, count: count) }
    var second = b.map { _ in [Double](repeating: 0, count: count) }
    let (common, own) = (law.tau * 0.9.squareRoot(), law.tau * 0.1.squareRoot())
    for item in 0..<count {
      let shared = common * source.next()
      let x = law.mu + shift + shared + own * source.next()
      let y = law.mu + shared + own * source.next()
      for seed in a.indices {
        first[seed][item] = source.stream.uniform() * (1 + exp(-x - a[seed])) < 1 ? 1 : 0
      }
      for seed in b.indices {
        second[seed][item] = source.stream.uniform() * (1 + exp(-y - b[seed])) < 1 ? 1 : 0
      }
    }
    return (first, second)
  }

  /// Pseudo-scores of macro F1: what is wrong falls to a neighbour class, small classes mostly to the large one.
  private func macroF1(
    _ first: [[Double]], _ second: [[Double]], _ source: inout Normals
  ) -> ([[Double]], [[Double]]) {
    let targets = first[0].indices.map { _ -> Int in
      let draw = source.stream.uniform()
      return draw < 0.7 ? 0 : draw < 0.9 ? 1 : 2
    }
    let wrong = targets.map { target -> Int in
      target == 0
        ? (source.stream.uniform() < 0.3 ? 2 : 1) : (source.stream.uniform() < 0.8 ? 0 : 3 - target)
    }
    func scored(_ rows: [[Double]]) -> [[Double]] {
      rows.map { row in
        let answers = row.indices.map { row[$0] > 0 ? targets[$0] : wrong[$0] }
        return ClassMetric.macroF1.sample(answers, targets, classes: 3).pseudoScores
      }
    }
    return (scored(first), scored(second))
  }

  private func scores(
    _ right: [[Double]], _ fallen: [Bool], hasSeeds: Bool, _ source: inout Normals
  ) -> SeedScores {
    SeedScores(
      seeds: hasSeeds ? right.indices.map { $0 } : [nil], values: right.map(Estimate.mean), items: right,
      isCollapsed: fallen)
  }
}
