internal import LinearAlgebra

/// Inner products of full tensors, read a block at a time: of all numbers, or of each row or column for itself.
///
/// Sums in doubles. Cost: T·(T + 1) FLOPs a number.
extension Gram {
  /// ⟨x_i, x_j⟩ of whole tensors.
  init(of changes: [ChangeRows]) {
    var table = [[Double]](repeating: Array(repeating: 0, count: changes.count), count: changes.count)
    ChangeRows.forEachBlock(changes) { blocks in
      for i in blocks.indices {
        for j in 0...i {
          table[i][j] += blocks[i].withSpan { one in
            blocks[j].withSpan { Gram.dot(one, $0, 0..<one.count) }
          }
        }
      }
    }
    self.init(table)
  }

  /// One table per row.
  static func ofRows(_ changes: [ChangeRows]) -> [Gram] {
    var grams: [Gram] = []
    ChangeRows.forEachBlock(changes) { blocks in
      let columns = blocks[0].columns
      for row in 0..<blocks[0].rows {
        let range = row * columns..<(row + 1) * columns
        grams.append(
          Gram(
            blocks.indices.map { i in
              (0...i).map { j in
                blocks[i].withSpan { one in blocks[j].withSpan { Gram.dot(one, $0, range) } }
              }
            }))
      }
    }
    return grams
  }

  /// One table per column.
  static func ofColumns(_ changes: [ChangeRows]) -> [Gram] {
    let columns = changes[0].columns
    let pairs = changes.indices.flatMap { i in (0...i).map { (i, $0) } }
    var sums = pairs.map { _ in [Double](repeating: 0, count: columns) }
    ChangeRows.forEachBlock(changes) { blocks in
      for (pair, (i, j)) in pairs.enumerated() {
        blocks[i].withSpan { one in
          blocks[j].withSpan { other in
            for k in 0..<one.count { sums[pair][k % columns] += Double(one[k]) * Double(other[k]) }
          }
        }
      }
    }
    return (0..<columns).map { column in
      var table = changes.indices.map { i in [Double](repeating: 0, count: i + 1) }
      for (pair, (i, j)) in pairs.enumerated() { table[i][j] = sums[pair][column] }
      return Gram(table)
    }
  }

  /// A table from its lower triangle.
  private init(_ lower: [[Double]]) {
    var products = DoubleMatrix(rows: lower.count, columns: lower.count)
    for i in lower.indices {
      for j in 0...i {
        products[i, j] = lower[i][j]
        products[j, i] = lower[i][j]
      }
    }
    self.init(products: products)
  }

  /// Σ x·y in doubles, in eight sums side by side, which a processor adds at once.
  private static func dot(_ x: Span<Float>, _ y: Span<Float>, _ range: Range<Int>) -> Double {
    precondition(
      range.upperBound <= x.count && range.upperBound <= y.count, "\(range) of \(x.count), \(y.count)")
    var (a, b, c, d, e, f, g, h) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    var i = range.lowerBound
    while i + 8 <= range.upperBound {
      a += Double(x[i]) * Double(y[i])
      b += Double(x[i + 1]) * Double(y[i + 1])
      c += Double(x[i + 2]) * Double(y[i + 2])
      d += Double(x[i + 3]) * Double(y[i + 3])
      e += Double(x[i + 4]) * Double(y[i + 4])
      f += Double(x[i + 5]) * Double(y[i + 5])
      g += Double(x[i + 6]) * Double(y[i + 6])
      h += Double(x[i + 7]) * Double(y[i + 7])
      i += 8
    }
    while i < range.upperBound {
      a += Double(x[i]) * Double(y[i])
      i += 1
    }
    return ((a + b) + (c + d)) + ((e + f) + (g + h))
  }
}
