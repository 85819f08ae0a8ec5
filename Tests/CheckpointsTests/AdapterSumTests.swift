import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import TestSupport
import Testing

@Suite struct AdapterSumTests {
  private func matrix(_ rows: Int, _ columns: Int, _ name: String) -> Matrix {
    var stream = RandomStream(seed: 0, name)
    return Matrix(
      rows: rows, columns: columns, values: (0..<rows * columns).map { _ in Float(stream.normal()) })
  }

  private func adapter(_ name: String, rank: Int, alpha: Double, rslora: Bool, sites: [String]) -> Adapter {
    Adapter(
      name: name,
      sites: sites.map { path in
        let factors = (matrix(rank, 6, name + path + "a"), matrix(5, rank, name + path + "b"))
        return (path, AdapterSite(a: factors.0, b: factors.1, alpha: alpha))
      }, usesRSLoRA: rslora, targetModules: ["query"])
  }

  private func change(_ adapter: Adapter, _ path: String) -> DoubleMatrix {
    adapter.site(path).map { adapter.lowRank($0).dense } ?? DoubleMatrix(rows: 5, columns: 6)
  }

  @Test(arguments: [false, true], [false, true])
  func `the change of a sum is the sum of the changes, whatever ranks and scales`(
    _ first: Bool, _ second: Bool
  ) throws {
    let one = adapter("one", rank: 3, alpha: 5, rslora: first, sites: ["x.query", "y.query"])
    let two = adapter("two", rank: 2, alpha: 7, rslora: second, sites: ["y.query", "z.query"])
    let sum = one.adding(two)
    #expect(sum.sites.map(\.path) == ["x.query", "y.query", "z.query"])
    #expect(sum.sites.map(\.delta.rank) == [3, 5, 2])
    #expect(sum.name == "two" && sum.targetModules == ["query"])
    for path in sum.sites.map(\.path) {
      let expected = zip(change(one, path).floats, change(two, path).floats).map { $0 + $1 }
      #expect(relativeError(change(sum, path).floats, expected) < 1e-6)
    }
    // It is an adapter like others on disk.
    try withFolder { folder in
      try PEFTAdapter.write(sum, to: folder)
      let read = try PEFTAdapter.read(folder)
      for path in sum.sites.map(\.path) { #expect(change(read, path).floats == change(sum, path).floats) }
    }
  }

  @Test func `a sum with zero is exact where scales are powers of two`() {
    let one = adapter("one", rank: 4, alpha: 8, rslora: false, sites: ["x.query"])
    let zero = Adapter(
      name: "zero",
      sites: [
        ("x.query", AdapterSite(a: matrix(2, 6, "a"), b: Matrix(rows: 5, columns: 2), alpha: 3))
      ])
    #expect(change(one.adding(zero), "x.query").floats == change(one, "x.query").floats)
    #expect(change(zero.adding(one), "x.query").floats == change(one, "x.query").floats)
  }
}
