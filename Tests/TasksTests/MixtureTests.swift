import Basics
import Specs
import Tasks
import Testing

@Suite struct MixtureTests {
  private func rates(_ spec: SamplingSpec, _ sizes: [Int] = [100, 400, 1600]) throws -> [Double] {
    let rule = try MixtureRules.all.entry(named: spec.rule)
    return try rule.rates(sizes, Array(["a", "b", "c", "d"].prefix(sizes.count)), spec)
  }

  /// Settings that suit a rule.
  private func spec(_ rule: MixtureRule) -> SamplingSpec {
    SamplingSpec(
      rule: rule.name, cap: rule.parameters.contains("cap") ? 300 : nil,
      temperature: rule.parameters.contains("temperature") ? 2 : nil,
      weights: rule.parameters.contains("weights") ? ["b": 3] : nil)
  }

  private func complaint(_ spec: SamplingSpec, _ sizes: [Int] = [1, 2]) -> String {
    do { return "\(try rates(spec, sizes))" } catch { return "\(error)" }
  }

  @Test(arguments: MixtureRules.all.entries) func `rates are shares`(rule: MixtureRule) throws {
    let rates = try rates(spec(rule))
    #expect(abs(rates.reduce(0, +) - 1) < 1e-15 && rates.allSatisfy { $0 > 0 })
  }

  @Test(arguments: MixtureRules.all.entries) func `one task gets everything`(rule: MixtureRule) throws {
    #expect(try rule.rates([7], ["b"], spec(rule)) == [1])
  }

  @Test(arguments: MixtureRules.all.entries) func `rates follow their tasks`(rule: MixtureRule) throws {
    let forward = try rule.rates([100, 400, 1600], ["a", "b", "c"], spec(rule))
    let backward = try rule.rates([1600, 400, 100], ["c", "b", "a"], spec(rule))
    for (a, b) in zip(forward, backward.reversed()) { #expect(abs(a - b) < 1e-15) }
  }

  @Test(arguments: MixtureRules.all.entries)
  func `a rule asks for what it says that it needs, and for nothing else`(rule: MixtureRule) {
    #expect(rule.needs.allSatisfy(rule.parameters.contains))
    for parameter in rule.parameters {
      var spec = spec(rule)
      switch parameter {
      case "cap": spec.cap = nil
      case "temperature": spec.temperature = nil
      default: spec.weights = nil
      }
      let refusal =
        "error: the sampling rule '\(rule.name)' needs '\(parameter)'\n  write '\(parameter)' beside the rule"
      #expect((complaint(spec) == refusal) == rule.needs.contains(parameter))
    }
  }

  /// The shares of tasks with 100, 400 and 1600 examples, worked out by hand; every rule has some.
  private static let shares: [(spec: SamplingSpec, rates: [Double])] = [
    (SamplingSpec(rule: "concatenation"), [100.0 / 2100, 400.0 / 2100, 1600.0 / 2100]),
    (SamplingSpec(rule: "equal"), [1.0 / 3, 1.0 / 3, 1.0 / 3]),
    (SamplingSpec(rule: "weights", weights: ["b": 2, "c": 0]), [1.0 / 3, 2.0 / 3, 0]),
    (SamplingSpec(rule: "proportional", cap: 500), [0.1, 0.4, 0.5]),
    (SamplingSpec(rule: "temperature", temperature: 2), [1.0 / 7, 2.0 / 7, 4.0 / 7]),
    (SamplingSpec(rule: "temperature", cap: 400, temperature: 2), [0.2, 0.4, 0.4]),
    (SamplingSpec(rule: "temperature", temperature: 0.001), [0, 0, 1]),
  ]

  @Test func `rates are what the rules say`() throws {
    for (spec, expected) in Self.shares {
      for (rate, share) in zip(try rates(spec), expected) { #expect(abs(rate - share) < 1e-15, "\(spec)") }
    }
    for name in MixtureRules.all.names where !Self.shares.contains(where: { $0.spec.rule == name }) {
      Issue.record(
        "sampling rule '\(name)' has no shares worked out by hand: add some to the shares of Tests/TasksTests/MixtureTests.swift"
      )
    }
  }

  @Test func `settings that make no sense are told`() {
    #expect(
      complaint(SamplingSpec(rule: "proportional"))
        == "error: the sampling rule 'proportional' needs 'cap'\n  write 'cap' beside the rule")
    #expect(
      complaint(SamplingSpec(rule: "proportional", cap: 0)) == "error: 'cap' is 0, but must be at least 1")
    #expect(
      complaint(SamplingSpec(rule: "temperature", temperature: -1))
        == "error: 'temperature' is -1.0, but must be above 0")
    #expect(
      complaint(SamplingSpec(rule: "equal", cap: 3))
        == "error: the sampling rule 'equal' takes no 'cap'\n  remove it or choose another rule")
    #expect(
      complaint(SamplingSpec(rule: "weights", weights: ["a": -1]))
        == "error: the weight of task 'a' is -1.0, but must be 0 or more")
    #expect(
      complaint(SamplingSpec(rule: "weights", weights: ["a": 0, "b": 0]))
        == "error: the sampling rule 'weights' draws from no task\n  give one task a weight above 0")
    #expect(
      complaint(SamplingSpec(), [3, 0])
        == "error: task 'b' has no training examples\n  leave it out of the cocktail")
    #expect(
      complaint(SamplingSpec(rule: "equall"))
        == "error: unknown sampling rule 'equall'\n  did you mean 'equal'?")
  }

  // MARK: the sampler

  private func sampler(_ sizes: [Int], _ rates: [Double], concatenate: Bool = false, seed: Int = 0)
    -> MixtureSampler
  {
    MixtureSampler(sizes: sizes, rates: rates, concatenate: concatenate, seed: seed, name: "test")
  }

  /// How often each task comes among the next examples.
  private func draw(_ count: Int, from sampler: inout MixtureSampler, tasks: Int) -> [Int] {
    (0..<count).reduce(into: [Int](repeating: 0, count: tasks)) { drawn, _ in drawn[sampler.next().task] += 1
    }
  }

  @Test func `tasks are drawn at their rates`() {
    var sampler = sampler([10, 20, 30], [0.2, 0.5, 0.3])
    for (drawn, rate) in zip(draw(20000, from: &sampler, tasks: 3), [0.2, 0.5, 0.3]) {
      // Four standard deviations of a binomial count.
      #expect(abs(Double(drawn) - 20000 * rate) < 4 * (20000 * rate * (1 - rate)).squareRoot())
    }
  }

  @Test(arguments: [true, false]) func `an example comes again only after all others`(concatenate: Bool) {
    var sampler = sampler([5, 3], [0.6, 0.4], concatenate: concatenate)
    var epochs = [[Int]](repeating: [], count: 2)
    for _ in 0..<800 {
      let (task, example) = sampler.next()
      epochs[task].append(example)
    }
    for (rows, size) in zip(epochs, [5, 3]) {
      for start in stride(from: 0, to: rows.count - size, by: size) {
        #expect(Set(rows[start..<start + size]).count == size)
      }
    }
  }

  @Test func `concatenation draws every example once an epoch`() {
    var sampler = sampler([50, 7, 3], [0.2, 0.3, 0.5], concatenate: true)
    #expect(draw(60, from: &sampler, tasks: 3) == [50, 7, 3])
    #expect(draw(60, from: &sampler, tasks: 3) == [50, 7, 3])
  }

  @Test(arguments: [true, false]) func `a copy goes on where a sampler stood`(concatenate: Bool) {
    var first = sampler([9, 4], [0.5, 0.5], concatenate: concatenate)
    var fresh = first
    for _ in 0..<37 { _ = first.next() }
    for _ in 0..<37 { _ = fresh.next() }
    var copy = first
    for _ in 0..<50 {
      let expected = first.next()
      #expect(copy.next() == expected && fresh.next() == expected)
    }
  }

  @Test func `seeds and epochs differ`() {
    var first = sampler([50], [1])
    var second = sampler([50], [1], seed: 1)
    let epoch = (0..<50).map { _ in first.next().example }
    #expect(epoch != (0..<50).map { _ in second.next().example })
    #expect(epoch != (0..<50).map { _ in first.next().example })
  }

  @Test func `a task of rate zero is never drawn`() {
    var sampler = sampler([5, 5, 5], [0, 1, 0])
    #expect(draw(1000, from: &sampler, tasks: 3) == [0, 1000, 0])
  }

  @Test(arguments: [false, true]) func `a sampler goes on from a state, later or earlier`(_ concatenate: Bool)
  {
    func sampler() -> MixtureSampler {
      MixtureSampler(sizes: [3, 4], rates: [1, 2], concatenate: concatenate, seed: 7, name: "state")
    }
    var first = sampler()
    let states = (0..<20).map { _ in
      defer { _ = first.next() }
      return first.state
    }
    var second = sampler()
    var drawn: [[Int]] = []
    for _ in 0..<30 {
      let (task, example) = second.next()
      drawn.append([task, example])
    }
    for place in [0, 1, 5, 19] {
      // Of a sampler that stands behind.
      second.state = states[place]
      for expected in drawn[place..<30] {
        let (task, example) = second.next()
        #expect([task, example] == expected)
      }
    }
  }
}
