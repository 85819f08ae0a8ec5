import Basics
import Execution
import LinearAlgebra
import Models
import Specs
import Tasks
import Testing
import Training

@Suite struct FrozenStateCacheTests {
  private let weights: any Network
  private let workspaces = [Workspace()]

  init() {
    let shape = NetworkFamilies.pretrained(
      layers: 3, hidden: 8, heads: 2, intermediate: 16, vocabulary: 9, positions: 8)
    let storage = Storage(count: shape.floats)
    weights = shape.random(over: storage, stream: RandomStream(seed: 0, "cache"))
  }

  /// Four rows of five tokens: 4 · 5 · 8 · 4 = 640 bytes of states.
  private func set(_ key: String) -> (key: String, examples: [TokenizedExample]) {
    let rows = (0..<4).map { row in
      TokenizedExample(
        ids: (0..<5).map { Int32(($0 + row) % 9) }, types: [0, 0, 0, 0, 0], wordStarts: [],
        target: .label(0))
    }
    return (key, rows)
  }

  private func states(_ cache: FrozenStateCache, _ keys: [String], below block: Int = 2) -> [FrozenStates]? {
    cache.states(keys.map { set($0) }, below: block, of: weights, workspaces: workspaces)
  }

  @Test func `a set is computed once for each block`() throws {
    let cache = FrozenStateCache(limit: 10_000)
    let first = try #require(states(cache, ["a", "b"]))
    let again = try #require(states(cache, ["b", "a"]))
    #expect(first[0] === again[1] && first[1] === again[0])
    #expect(cache.bytes == 2 * 640)
    let higher = try #require(states(cache, ["a"], below: 1))
    #expect(higher[0] !== first[0] && higher[0].block == 1)
  }

  @Test func `nothing is kept below the first block, nor for a job that does not fit`() {
    let cache = FrozenStateCache(limit: 1000)
    #expect(states(cache, ["a"], below: 0) == nil)
    #expect(states(cache, ["a", "b"]) == nil)
    #expect(cache.bytes == 0)
    #expect(states(cache, ["a"])?.count == 1)
  }

  @Test func `what was unused longest goes first, but nothing of the present job`() throws {
    let cache = FrozenStateCache(limit: 3 * 640)
    let kept = try #require(states(cache, ["a"]))
    let old = try #require(states(cache, ["b"]))
    _ = states(cache, ["a"])
    _ = states(cache, ["c"])
    // a and c were used after b.
    _ = states(cache, ["a", "d"])
    #expect(cache.bytes == 3 * 640)
    #expect(try #require(states(cache, ["a"]))[0] === kept[0])
    #expect(try #require(states(cache, ["b"]))[0] !== old[0])
  }

  @Test func `only trainings that see their sets whole keep states`() {
    let cases: [(BudgetSpec, batchTokens: Int, Bool)] = [
      (.passes(1), 0, true), (.passes(0.9), 0, false), (.tokens(1000), 0, true), (.tokens(999), 0, false),
      (.steps(10), 0, true), (.steps(9), 0, false), (.steps(10), 100, true), (.steps(9), 100, false),
    ]
    for (budget, batchTokens, expected) in cases {
      let training = TrainingSpec(batchRows: 10, batchTokens: batchTokens)
      #expect(budget.drawsWholeSets(rows: 100, tokens: 1000, training) == expected, "\(budget)")
    }
  }
}
