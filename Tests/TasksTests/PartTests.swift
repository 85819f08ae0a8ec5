import Basics
import Specs
import Tasks
import TestSupport
import Testing

/// Parts of validation rows, and rows that a seed draws.
@Suite struct PartTests {
  private func task(_ limits: [String: Int] = [:]) throws -> TaskSpec {
    var task = try #require(GeneratedSuite.template("sentiment"))
    task.name = "news"
    task.source = .generated(
      GeneratorSpec(form: "sentiment", rows: ["train": 60, "validation": 21, "test": 5]))
    task.limits = limits
    return task
  }

  private func numbers(_ task: TaskSpec, _ split: Split) throws -> [Int] {
    try TaskLoader.rows(task, split: split) { _ in nil }.numbers
  }

  @Test func `what fits and what chooses are two parts of validation, by class, each with its own limit`()
    throws
  {
    var (whole, fit, choose) = (try task(), try task(), try task())
    fit.part = ValidationPart(fitFraction: 0.5, isFit: true)
    choose.part = ValidationPart(fitFraction: 0.5, isFit: false)
    let parts = (try numbers(fit, .validation), try numbers(choose, .validation))
    #expect(parts.0.count == 11 && parts.1.count == 10)
    #expect((parts.0 + parts.1).sorted() == (try numbers(whole, .validation)))
    (fit.limits, choose.limits) = (["validation": 4], ["validation": 6])
    #expect(try numbers(fit, .validation).count == 4 && numbers(choose, .validation).count == 6)
    #expect(Set(parts.0).isSuperset(of: try numbers(fit, .validation)))
    #expect(Set(parts.1).isSuperset(of: try numbers(choose, .validation)))
    // Neither training nor test rows know of it.
    whole.part = choose.part
    for split in [Split.train, .test] {
      #expect(try numbers(whole, split) == numbers(task(), split))
      #expect(whole.reduced(to: [split]) == (try task()).reduced(to: [split]))
    }
    #expect(ValidationPart(fitFraction: 0.9, isFit: false).count(of: 2) == 1)
    #expect(ValidationPart(fitFraction: 0.01, isFit: true).count(of: 2) == 1)
  }

  @Test func `a seed draws training rows of its own where a limit draws some`() throws {
    let limited = try task(["train": 20, "validation": 8])
    let (first, second) = (limited.drawing(1), limited.drawing(2))
    #expect(try numbers(first, .train).count == 20 && numbers(first, .train) != numbers(second, .train))
    #expect(try numbers(limited.drawing(0), .train) == numbers(limited, .train))
    #expect(try numbers(first, .validation) == numbers(second, .validation))
    #expect(first.reduced(to: [.validation]) == second.reduced(to: [.validation]))
    #expect(try task().drawing(1) == task())
  }
}
