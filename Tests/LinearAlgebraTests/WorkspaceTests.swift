import LinearAlgebra
import Testing

@Suite struct WorkspaceTests {
  @Test(arguments: [1, 2, 3, 50]) func `lanes give parts in order, and the first error of all`(lanes: Int)
    throws
  {
    #expect(try collected(20, lanes: lanes, depth: 2) { $0 * $0 } == (0..<20).map { $0 * $0 })
    #expect(try collected(0, lanes: lanes) { $0 } == [])
    #expect(throws: Number(value: 4)) {
      try collected(20, lanes: lanes) { if $0 == 4 || $0 > 5 { throw Number(value: $0) } }
    }
  }

  private struct Number: Error, Equatable { let value: Int }

  @Test func `matrices do not overlap, also over the end of a block`() {
    let workspace = Workspace(blockFloats: 64)
    let all = (0..<9).map { workspace.matrix(rows: $0 + 1, columns: 7) }
    for (i, matrix) in all.enumerated() { matrix.fill(Float(i)) }
    for (i, matrix) in all.enumerated() {
      #expect(matrix.values == [Float](repeating: Float(i), count: 7 * (i + 1)))
    }
  }

  @Test func `a round that repeats takes no new memory`() {
    let workspace = Workspace(blockFloats: 64)
    func round() {
      workspace.reset()
      for i in 0..<20 {
        let mark = workspace.mark
        _ = workspace.matrix(rows: 5, columns: i + 1)
        if i % 3 == 0 { workspace.release(to: mark) }
      }
    }
    // The first fills some blocks, the second has one of their size.
    for _ in 0..<2 { round() }
    let capacity = workspace.capacity
    for _ in 0..<5 { round() }
    #expect(workspace.capacity == capacity)
  }

  @Test func `rounds that grow hold little more than the largest of them`() {
    let workspace = Workspace(blockFloats: 64)
    for size in 1...60 {
      workspace.reset()
      for _ in 0..<3 { _ = workspace.matrix(rows: size, columns: 16) }
      #expect(workspace.capacity <= max(2 * 64, 4 * size * 16), "\(size)")
    }
    workspace.reset()
    #expect(workspace.capacity == 3 * 60 * 16)
  }

  @Test func `what is released is taken again`() {
    let workspace = Workspace(blockFloats: 64)
    _ = workspace.matrix(rows: 1, columns: 40)
    let mark = workspace.mark
    let first = workspace.matrix(rows: 1, columns: 40)
    first.fill(1)
    workspace.release(to: mark)
    workspace.zeros(rows: 1, columns: 40).fill(2)
    #expect(first.values == [Float](repeating: 2, count: 40))
  }

  @Test func `large blocks of storage are zero, too`() {
    let storage = Storage(count: 3 << 20)
    let matrix = Matrix(storage: storage, rows: 3, columns: 1 << 20)
    #expect(matrix[0, 0] == 0 && matrix[2, (1 << 20) - 1] == 0)
    matrix.fill(1)
    #expect(matrix[2, (1 << 20) - 1] == 1)
  }

  @Test func `bodies run once each`() {
    let counts = Matrix(rows: 1, columns: 100)
    concurrently(100) { counts[0, $0] += 1 }
    #expect(counts.values == [Float](repeating: 1, count: 100))
  }
}
