import Basics
import Execution
import Experiment
import Specs
import Testing

@Suite struct MakespanTests {
  /// Trainings of these seconds, each with evaluations of a quarter second.
  private func plan(_ seconds: [Double], evaluations: Int = 0) throws -> Plan {
    var jobs: [PlannedJob] = []
    for (index, length) in seconds.enumerated() {
      var job = try Jobs.train(index)
      job.work.flops = length
      jobs.append(job)
      for number in 0..<evaluations {
        var evaluation = try Jobs.evaluate(job)
        guard case .predict(var spec) = evaluation.spec else { continue }
        spec.maxTokens = 100 + number
        evaluation.spec = .predict(spec)
        evaluation.id = evaluation.spec.id()
        evaluation.work.flops = 0.25
        jobs.append(evaluation)
      }
    }
    return Jobs.plan(jobs)
  }

  private func makespan(
    _ plan: Plan, workers: Int, start: Double = 0, isFinished: (JobID) -> Bool = { _ in false }
  ) -> Double {
    Makespan.seconds(of: plan, workers: workers, start: start, isFinished: isFinished) { $0.work.flops }
  }

  @Test func `one worker takes the sum, whatever the order`() throws {
    #expect(makespan(try plan([3, 1, 2], evaluations: 4), workers: 1) == 9)
    #expect(makespan(try plan([3, 1, 2]), workers: 1, start: 0.5) == 6.5)
    #expect(makespan(Jobs.plan([]), workers: 1, start: 0.5) == 0)
  }

  @Test(arguments: [
    ([1, 1, 1, 1, 4], 2, 4.0),  // The long one first, though it comes last in the plan.
    ([2, 2, 2], 2, 4.0), ([5, 1, 1], 4, 5.0),
    // 3 | 3 · 2 | 2 · 2 would be 5 + 2 without more thought: 3, 2, 2 and 3, 2.
    ([3, 3, 2, 2, 2], 2, 7.0),
  ])
  func `several workers by hand`(seconds: [Double], workers: Int, expected: Double) throws {
    #expect(makespan(try plan(seconds), workers: workers) == expected)
  }

  @Test(arguments: [2, 3, 7])
  func `no run beats the sum over the workers or the longest chain, nor wastes more than one chain`(
    workers: Int
  ) throws {
    var stream = RandomStream(seed: 3, "makespan")
    for _ in 0..<20 {
      let seconds = (0..<12).map { _ in Double(stream.index(below: 40) + 1) / 4 }
      let plan = try plan(seconds, evaluations: 3)
      let sum = plan.jobs.reduce(0) { $0 + $1.work.flops }
      let chain = (seconds.max() ?? 0) + 0.25
      let found = makespan(plan, workers: workers)
      #expect(found >= max(sum / Double(workers), chain))
      #expect(found <= sum / Double(workers) + chain)
    }
  }

  @Test func `evaluations wait for their training`() throws {
    // 2 s of training, then four evaluations on two workers.
    #expect(makespan(try plan([2], evaluations: 4), workers: 2) == 2.5)
  }

  @Test func `what is finished takes no time and holds nobody up`() throws {
    let plan = try plan([2, 3], evaluations: 2)
    let first = plan.jobs[0].id
    #expect(makespan(plan, workers: 1) { $0 == first } == 4)
  }

  @Test func `two workers on a study of many cocktails lose less than a hundredth`() throws {
    // 9 singles, 36 pairs, 9 leave-one-outs and all, as long as they have sets.
    let seconds =
      Array(repeating: 4.0, count: 9) + Array(repeating: 8.0, count: 36) + Array(repeating: 32.0, count: 9)
      + [36]
    let plan = try plan(seconds, evaluations: 18)
    let sum = plan.jobs.reduce(0) { $0 + $1.work.flops }
    #expect(makespan(plan, workers: 2) < 1.01 * sum / 2)
  }
}
