internal import Basics
internal import Foundation
package import LinearAlgebra

/// Rotary positions: a query or key at position p has each pair of its channels turned by p times a frequency.
///
/// Source: Su et al. 2021, arXiv:2104.09864. Channels i and i + D/2 make a pair, as transformers lays them out. Angles are
/// computed in single precision, as transformers does, so that both turn far positions alike.
package final class RotaryPositions: Sendable {
  /// One for each pair of channels: D/2.
  package let frequencies: [Float]
  private let tables: Lock<Tables>

  /// Cosines and sines of the first positions, (positions, D/2) each; views stay valid when it grows.
  private struct Tables: Sendable {
    var cosines = Matrix(rows: 0, columns: 0)
    var sines = Matrix(rows: 0, columns: 0)
  }

  /// Turns by the given frequencies.
  package init(frequencies: [Float]) {
    self.frequencies = frequencies
    tables = Lock(Tables())
  }

  /// θ^(−2i/D) for the pairs i of D channels.
  package static func frequencies(base: Double, channels D: Int) -> [Float] {
    (0..<D / 2).map { i in 1 / Float(pow(Float(base), Float(2 * i) / Float(D))) }
  }

  /// Cosines and sines of at least the first `count` positions.
  ///
  /// Cost: computed once for each position, and twice as many as asked for when there are too few.
  package func table(_ count: Int) -> (cosines: Matrix, sines: Matrix) {
    tables.withLock { known in
      if known.cosines.rows < count {
        let rows = max(64, count, min(2 * known.cosines.rows, 2 * count))
        let made = Tables(
          cosines: Matrix(rows: rows, columns: frequencies.count),
          sines: Matrix(rows: rows, columns: frequencies.count))
        for p in 0..<rows {
          for (i, frequency) in frequencies.enumerated() {
            let angle = Float(p) * frequency
            made.cosines[p, i] = cos(angle)
            made.sines[p, i] = sin(angle)
          }
        }
        known = made
      }
      return (known.cosines, known.sines)
    }
  }

  /// Turns the heads of some tokens of one row of text, and lays them head by head.
  ///
  /// - Parameters:
  ///   - x: (n, h·D), token by token.
  ///   - positions: The position of each token in its text, n of them.
  ///   - factor: On every result.
  ///   - y: (h·n, D), head by head.
  package func turn(_ x: Matrix, at positions: ArraySlice<Int>, times factor: Float = 1, into y: Matrix) {
    let (n, half) = (x.rows, frequencies.count)
    let (cosines, sines) = table((positions.max() ?? -1) + 1)
    for (t, position) in positions.enumerated() {
      cosines.withRow(position) { c in
        sines.withRow(position) { s in
          x.withRow(t) { x in
            for h in 0..<x.count / (2 * half) {
              y.withMutableRow(h * n + t) { y in
                let x = x.extracting(h * 2 * half..<(h + 1) * 2 * half)
                precondition(x.count == 2 * half && y.count == 2 * half && c.count == half && s.count == half)
                for i in 0..<half {
                  let (a, b) = (x[i], x[i + half])
                  y[i] = (a * c[i] - b * s[i]) * factor
                  y[i + half] = (b * c[i] + a * s[i]) * factor
                }
              }
            }
          }
        }
      }
    }
  }

  /// The gradient by what `turn` read, from that by its result: turned back.
  ///
  /// - Parameters:
  ///   - dy: (h·n, D), head by head.
  ///   - dx: (n, h·D), token by token; overwritten.
  package func turnBack(
    _ dy: Matrix, at positions: ArraySlice<Int>, times factor: Float = 1, into dx: Matrix
  ) {
    let (n, half) = (dx.rows, frequencies.count)
    let (cosines, sines) = table((positions.max() ?? -1) + 1)
    for h in 0..<dx.columns / (2 * half) {
      let dx = dx.columns(h * 2 * half..<(h + 1) * 2 * half)
      for (t, position) in positions.enumerated() {
        cosines.withRow(position) { c in
          sines.withRow(position) { s in
            dy.withRow(h * n + t) { dy in
              dx.withMutableRow(t) { dx in
                precondition(
                  dy.count == 2 * half && dx.count == 2 * half && c.count == half && s.count == half)
                for i in 0..<half {
                  let (a, b) = (dy[i], dy[i + half])
                  dx[i] = (a * c[i] + b * s[i]) * factor
                  dx[i + half] = (b * c[i] - a * s[i]) * factor
                }
              }
            }
          }
        }
      }
    }
  }
}
