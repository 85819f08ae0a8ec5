import Basics
import Testing

@Suite struct RandomStreamTests {
  private func draws(_ stream: RandomStream, _ count: Int) -> [UInt64] {
    var stream = stream
    return (0..<count).map { _ in stream.next() }
  }

  /// Σ (observed − expected)² ÷ expected for equal chances.
  private func chiSquare(_ counts: [Int]) -> Double {
    let expected = Double(counts.reduce(0, +)) / Double(counts.count)
    return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  // SplitMix64 from the first eight bytes of the SHA-256 of the path, computed in Python.
  @Test func `the first numbers of a named stream never change`() {
    #expect(
      draws(RandomStream(seed: 0, "train", "fpb", "epoch 2"), 4) == [
        0x99a5_977a_32f7_d46f, 0xa8f6_3fdb_a501_b998, 0x852b_91c1_e6fa_6202, 0x6f47_b0ff_e123_cdf9,
      ])
    var uniform = RandomStream(seed: 0, "train", "fpb", "epoch 2")
    #expect(
      [uniform.uniform(), uniform.uniform(), uniform.uniform()] == [
        0.6001829789483673, 0.6600074683419795, 0.5201960657495674,
      ])
    var order = RandomStream(seed: 3, "order")
    #expect(order.permutation(10) == [5, 0, 6, 4, 9, 3, 1, 7, 8, 2])
    var normal = RandomStream(seed: 7, "normal")
    #expect(abs(normal.normal() - 0.18740507528654882) < 1e-14)
  }

  @Test func `a stream below another one is a function of its path alone`() {
    var parent = RandomStream(seed: 1, "a")
    let before = parent.stream("b", "c")
    for _ in 0..<100 { _ = parent.next() }
    #expect(draws(parent.stream("b", "c"), 8) == draws(before, 8))
    #expect(draws(RandomStream(seed: 1, "a", "b", "c"), 8) == draws(before, 8))
  }

  @Test func `streams of other seeds, names and lengths of path share no number`() {
    let streams = [
      RandomStream(seed: 1, "a"), RandomStream(seed: 2, "a"), RandomStream(seed: 1, "b"),
      RandomStream(seed: 1, "a", "a"), RandomStream(seed: 1), RandomStream(seed: -1, "a"),
    ]
    let all = streams.flatMap { draws($0, 1000) }
    #expect(Set(all).count == all.count)
  }

  @Test func `neighbouring streams are uncorrelated`() {
    let n = 20_000
    var a = RandomStream(seed: 0, "step 1")
    var b = RandomStream(seed: 0, "step 2")
    var sum = 0.0
    for _ in 0..<n { sum += (a.uniform() - 0.5) * (b.uniform() - 0.5) * 12 }
    // The correlation has standard deviation 1/√n.
    #expect(abs(sum / Double(n)) < 4 / Double(n).squareRoot())
  }

  @Test func `uniform numbers lie in 0 up to 1 with their mean and variance`() {
    let n = 100_000
    var stream = RandomStream(seed: 0, "uniform")
    let values = (0..<n).map { _ in stream.uniform() }
    #expect(values.allSatisfy { (0..<1).contains($0) })
    let mean = values.reduce(0, +) / Double(n)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
    #expect(abs(mean - 0.5) < 4 * (1 / 12 / Double(n)).squareRoot())
    // The variance of (x − ½)² is 1/80 − 1/144 = 1/180.
    #expect(abs(variance - 1 / 12) < 4 * (1 / 180 / Double(n)).squareRoot())
  }

  @Test func `normal numbers have mean 0, variance 1 and the tails of a normal`() {
    let n = 100_000
    var stream = RandomStream(seed: 0, "normal")
    let values = (0..<n).map { _ in stream.normal() }
    let root = Double(n).squareRoot()
    let mean = values.reduce(0, +) / Double(n)
    let square = values.reduce(0) { $0 + $1 * $1 } / Double(n)
    let tail = Double(values.count { abs($0) > 1.959964 }) / Double(n)
    #expect(values.allSatisfy { $0.isFinite })
    #expect(abs(mean) < 4 / root)
    #expect(abs(square - 1) < 4 * 2.0.squareRoot() / root)
    #expect(abs(tail - 0.05) < 4 * (0.05 * 0.95).squareRoot() / root)
  }

  // The critical values are the 99.9 % points of χ²; the seeds are fixed, so that a test cannot flicker.
  @Test func `indices below a bound are equally likely`() {
    var stream = RandomStream(seed: 0, "index")
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[stream.index(below: 7)] += 1 }
    #expect(chiSquare(counts) < 22.46)
  }

  @Test func `a bound near the largest number is unbiased too`() {
    // Without rejection a third of this range would be drawn half as often as the others.
    let third = 1 << 61
    var stream = RandomStream(seed: 0, "large index")
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[stream.index(below: 3 * third) / third] += 1 }
    #expect(chiSquare(counts) < 13.82)
    var parity = [0, 0, 0]
    for _ in 0..<30_000 { parity[stream.index(below: 3 * third) % 3] += 1 }
    #expect(chiSquare(parity) < 13.82)
  }

  @Test func `the only index below one is zero, and there is none below zero`() async {
    var stream = RandomStream(seed: 0)
    #expect((0..<100).allSatisfy { _ in stream.index(below: 1) == 0 })
    await #expect(processExitsWith: .failure) {
      var stream = RandomStream(seed: 0)
      _ = stream.index(below: 0)
    }
  }

  @Test(arguments: [0, 1, 2, 17, 1000])
  func `a permutation holds every number once`(count: Int) {
    var stream = RandomStream(seed: 5, "order")
    #expect(stream.permutation(count).sorted() == Array(0..<count))
  }

  @Test func `all orders of four are equally likely`() {
    var stream = RandomStream(seed: 0, "orders")
    var counts: [[Int]: Int] = [:]
    for _ in 0..<24_000 { counts[stream.permutation(4), default: 0] += 1 }
    #expect(counts.count == 24)
    #expect(
      chiSquare(counts.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { counts[$0] ?? 0 }) < 49.73)
  }

  @Test func `the standard library shuffles with it the same way each time`() {
    var first = RandomStream(seed: 0, "shuffle")
    var second = RandomStream(seed: 0, "shuffle")
    let shuffled = Array(0..<50).shuffled(using: &first)
    #expect(shuffled == Array(0..<50).shuffled(using: &second))
    #expect(shuffled.sorted() == Array(0..<50))
    #expect(shuffled != Array(0..<50))
  }
}
