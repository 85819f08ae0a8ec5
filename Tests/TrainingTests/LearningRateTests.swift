import Foundation
import Specs
import TestSupport
import Testing
import Training

/// The schedules against transformers (generate_schedules.py).
@Suite struct LearningRateTests {
  struct Golden: Decodable {
    let cases: [Case]
  }

  struct Case: Decodable, CustomTestStringConvertible {
    let schedule: Schedule
    let warmup: Int
    let total: Int
    let factors: [Double]
    var testDescription: String { "\(schedule) \(warmup)/\(total)" }
  }

  static var cases: [Case] {
    let data = try? Data(contentsOf: Reference.golden("training/schedules.json"))
    return (data.flatMap { try? JSONDecoder().decode(Golden.self, from: $0) })?.cases ?? []
  }

  @Test func `there are golden numbers for every schedule`() {
    for schedule in Schedule.allCases {
      #expect(Self.cases.count { $0.schedule == schedule } == 5, "\(schedule)")
    }
  }

  @Test(arguments: cases) func `a rate equals transformers'`(_ item: Case) {
    let warmup = Double(item.warmup) / Double(item.total)
    for (step, expected) in item.factors.enumerated() {
      let factor = LearningRate.factor(
        item.schedule, progress: Double(step) / Double(item.total), warmup: warmup)
      #expect(abs(factor - expected) < 1e-12, "step \(step)")
    }
  }

  @Test(arguments: Schedule.allCases) func `a rate stays in 0 to 1, past the end too`(_ schedule: Schedule) {
    for warmup in [0, 0.06, 1] {
      for progress in stride(from: 0, through: 1.5, by: 0.01) {
        let factor = LearningRate.factor(schedule, progress: progress, warmup: warmup)
        #expect((0...1).contains(factor), "progress \(progress), warm-up \(warmup)")
      }
    }
  }
}
