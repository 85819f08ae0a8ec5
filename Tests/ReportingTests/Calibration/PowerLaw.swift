import Basics
import Foundation
import Reporting
import Statistics

/// Whether a true difference as large as `detectable` says is found as often as it says: in 80 % of the families.
struct PowerLaw: Sendable {
  var seeds: Int
  /// The task whose difference is real; all others' are none.
  ///
  /// Nil for the same difference on all, found by their mean.
  var task: Int?
  var items = [200, 400, 400, 800]

  /// The mean `detectable` of null families, and how often such a difference is found.
  func found(_ law: AnswerLaw, draws: Int) -> (detectable: Double, found: Int) {
    var family = FamilyLaw(name: "power \(task ?? -1)", seeds: seeds, items: items, spread: nil)
    var source = Normals(RandomStream(seed: 0, "calibration", family.name, "\(seeds)"))
    let none = items.map { _ in 0.0 }
    var sum = 0.0
    for _ in 0..<draws {
      sum += row(family.draw(law, none, &source).plan)?.detectable ?? 0
    }
    let detectable = sum / Double(draws)
    // On the logit scale, where effects are: the shift that makes so much of accuracy.
    let shift = Root.between(0, 5 * law.tau) { shift in
      Quadrature.integral(from: -6, to: 6) { x in
        let u = law.seedScale * x
        return Normal.density(x) * (law.accuracy(u + shift) - law.accuracy(u))
      } - detectable
    }
    let effect = shift * 0.318 / law.tau
    family.effects = items.indices.map { task == nil || task == $0 ? effect : 0 }
    var found = 0
    for _ in 0..<draws where row(family.draw(law, none, &source).plan)?.outcome == .win { found += 1 }
    return (detectable, found)
  }

  private func row(_ plan: ContrastPlan) -> Contrast? {
    let name = task.map { "task\($0)" } ?? ""
    return plan.contrasts(ContrastSettings()).first { $0.task == name }
  }
}
