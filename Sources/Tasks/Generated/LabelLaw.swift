internal import Basics
internal import Foundation
internal import Specs

/// What decides the labels of one generated task: a mixture of what all tasks share and what is its own.
///
/// In the spirit of MultiTab-Bench (arXiv:2511.09970): tasks are unit weight vectors over latent features and
/// the cosine between them is a knob. Here w = ρ·s + √(1 − ρ²)·o with s the shared direction and o a
/// direction of the task's own, orthogonal to s.
struct LabelLaw: Sendable {
  /// √D·w over the D themes; all 1 at relatedness 1, so that a score counts good less bad clauses.
  let weights: [Double]
  private let relatedness: Double
  private let readings: [Int]
  /// How far the task's own reading moves the kind of a name.
  private let nameShift: Int
  private let names: RandomStream

  init(_ spec: GeneratorSpec, task: String) {
    let root = RandomStream(seed: spec.world, "generated", "law", task)
    relatedness = max(-1, min(1, spec.relatedness))
    let own = (1 - relatedness * relatedness).squareRoot()
    var stream = root
    // s is the direction (1, …, 1)/√D: themes are drawn alike, and labels of s and of anything orthogonal to
    // it are then uncorrelated although the clauses of a sentence share a mood.
    let count = Theme.all.count
    let drawn = (0..<count).map { _ in stream.normal() }
    let mean = drawn.reduce(0, +) / Double(count)
    let norm = drawn.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
    let factor = own * Double(count).squareRoot() / norm
    weights = drawn.map { [relatedness] in relatedness + factor * ($0 - mean) }
    readings = LabelLaw.readings(relatedness, from: &stream)
    nameShift = 1 + stream.index(below: NameKind.allCases.count - 1)
    names = root.stream("names")
  }

  /// √D·w·x, where x is +1 for a theme that goes well, −1 for one that goes badly.
  func score(_ clauses: [Clause]) -> Double {
    clauses.reduce(0) { sum, clause in
      guard let theme = clause.theme else { return sum }
      return sum + weights[theme] * Double(clause.polarity)
    }
  }

  /// −1, 0 or +1; nil between the classes, where a text would be neither.
  func mood(_ clauses: [Clause]) -> Int? {
    let score = score(clauses)
    if abs(score) <= 0.5 { return 0 }
    guard abs(score) >= 0.9 else { return nil }
    return score > 0 ? 1 : -1
  }

  /// What most of a sentence is about, each clause read by the task; nil where two are level.
  func topic(_ clauses: [Clause]) -> Int? {
    var counts = Theme.topics.map { _ in 0 }
    for clause in clauses {
      if let theme = clause.theme { counts[readings[2 * theme + (clause.polarity > 0 ? 1 : 0)]] += 1 }
    }
    let most = counts.max() ?? 0
    return counts.count { $0 == most } == 1 ? counts.firstIndex(of: most) : nil
  }

  /// The topic that a task reads in each theme and polarity, [2·theme + good].
  ///
  /// The true one for a share (1 + ρ)/2 of the four of each topic, for the others one that is the task's own
  /// number of topics away: what agrees less what disagrees is then ρ, as with weights.
  private static func readings(_ relatedness: Double, from stream: inout RandomStream) -> [Int] {
    let count = Theme.topics.count
    let shift = 1 + stream.index(below: count - 1)
    var readings = Theme.all.flatMap { [$0.topic, $0.topic] }
    for topic in 0..<count {
      let places = readings.indices.filter { Theme.all[$0 / 2].topic == topic }
      // Rounded at random, so that shares between the quarters are met over many tasks.
      let moved = Int(Double(places.count) * (1 - relatedness) / 2 + stream.uniform())
      for place in stream.permutation(places.count).prefix(moved) {
        readings[places[place]] = (topic + shift) % count
      }
    }
    return readings
  }

  /// The kind that a name is tagged with: the true one for a share (1 + ρ)/2 of the names, for the others the
  /// next or the one behind it, the same for all of the task.
  func kind(of mention: Mention) -> Int {
    var stream = names.stream(mention.key)
    let isShared = stream.uniform() < (1 + relatedness) / 2
    return isShared ? mention.kind.rawValue : (mention.kind.rawValue + nameShift) % NameKind.allCases.count
  }
}
