import Basics
import Foundation
import Reporting
import Statistics
import TestSupport
import Testing

/// What the register's error rates and coverages are, by simulation through its own path.
///
/// A short version of `make calibrate`, which draws more families of more laws and writes the table in Calibration.md.
@Suite struct CalibrationTests {
  @Test func `no law of the short list has more false verdicts or less coverage than it says`() {
    let laws = Calibration.laws(seeds: [4]).filter {
      ["recipes", "made of the other", "against the base", "chosen among 545"].contains($0.name)
    }
    #expect(laws.count == 4)
    for law in laws {
      let tally = Calibration.tally(law, draws: 400)
      // Three standard errors above 5 % and below 93 %.
      #expect(tally.wrong <= 33, "\(law.name): \(tally.wrong) of 400")
      #expect(Double(tally.covered) > 0.925 * Double(tally.tasks), "\(law.name)")
    }
  }

  @Test func `what is planted is found, and nothing else`() {
    var law = FamilyLaw(name: "planted")
    law.seeds = 5
    law.items = [1600, 1600, 1600, 1600]
    law.effects = [0.15, -0.15, 0, 0.02]
    let tally = Calibration.tally(law, draws: 60, margin: 0.05)
    #expect(tally.outcomes["win/win", default: 0] >= 55 && tally.outcomes["loss/loss", default: 0] >= 55)
    #expect(tally.outcomes["none/equal", default: 0] >= 10)
    #expect(tally.outcomes["win/loss"] == nil && tally.outcomes["loss/win"] == nil)
  }

  @Test func `of equal models none beats the one that they are held against`() {
    let tally = ModelsLaw(name: "short", models: 6, items: [200, 400]).tally(Calibration.answer, draws: 200)
    #expect(tally.wrong <= 19, "\(tally.wrong) of 200")
    #expect(Double(tally.covered) > 0.92 * Double(tally.means))
  }

  @Test
  func `a share of the singles' gains lies in its interval, and where nothing is learned nothing is told`()
    throws
  {
    func tally(_ gain: Double) throws -> ExperimentTally {
      let law = ExperimentLaw(name: "short", gain: gain)
      var tally = ExperimentTally()
      var source = Normals(RandomStream(seed: 0, "short", "\(gain)"))
      for _ in 0..<40 { try tally.add(law, law.draw(&source)) }
      return tally
    }
    let large = try tally(0.24)
    #expect(large.learned == large.tasks && large.measured > 150 && large.means == 80)
    #expect(Double(large.covered) > 0.89 * Double(large.shares) && large.meansCovered >= 68)
    let none = try tally(0)
    #expect(none.learned < 14 && none.measured == 0 && none.shares == 0 && none.judgedUnlearned == 0)
  }

  /// Draws as many families of each law as `MIXOLOGY_CALIBRATE` says and writes the page; see `make calibrate`.
  @Test(.enabled(if: Calibration.draws != nil)) func `the whole table`() async throws {
    let draws = try #require(Calibration.draws)
    let page = try await Calibration.page(draws: draws)
    let file = Reference.package.appendingPathComponent(
      "Sources/Reporting/Documentation.docc/Calibration.md")
    try Data(page.text.utf8).write(to: file)
    #expect(page.problems == [], "\(draws) families")
  }
}
