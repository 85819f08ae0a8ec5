import Basics
import Foundation
import LinearAlgebra
import Models
import Outlines
import TestSupport
import Testing

/// Every element-wise and attention kernel against its naive twin: the formula, in Double, one number at a time.
///
/// Sizes around the widths of vectors and of row blocks: that is where remainders go wrong.
@Suite struct KernelTests {
  static let shapes = [(1, 1), (3, 7), (5, 16), (2, 31), (70, 384), (45, 1536)]

  private func random(_ rows: Int, _ columns: Int, _ seed: UInt64, scale: Double = 2) -> Matrix {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    let values = (0..<rows * columns).map { _ -> Float in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float((Double(state >> 11) / Double(1 << 53) * 2 - 1) * scale)
    }
    return Matrix(rows: rows, columns: columns, values: values)
  }

  private func table(_ x: Matrix) -> [[Double]] {
    (0..<x.rows).map { row in (0..<x.columns).map { Double(x[row, $0]) } }
  }

  private func floats(_ x: [[Double]]) -> [Float] { x.flatMap { $0.map { Float($0) } } }

  @Test(arguments: shapes) func `a bias is added to every row`(_ rows: Int, _ columns: Int) {
    let x = random(rows, columns, 1)
    let bias = random(1, columns, 2)
    let expected = table(x).map { zip($0, table(bias)[0]).map { $0 + $1 } }
    addBias(bias, to: x)
    #expect(relativeError(x.values, floats(expected)) < 1e-6)
    let residual = random(rows, columns, 16)
    let around = zip(expected, table(residual)).map { zip($0, $1).map { $0 + $1 } }
    let y = random(rows, columns, 1)
    addBias(bias, residual: residual, to: y)
    #expect(relativeError(y.values, floats(around)) < 1e-6)
  }

  /// Activations and their slopes, written down plainly.
  private static let activations:
    [String: (value: @Sendable (Double) -> Double, slope: @Sendable (Double) -> Double)] = [
      "gelu": (
        { $0 * distribution($0) },
        { distribution($0) + $0 * exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() }
      ),
      "relu": ({ max(0, $0) }, { $0 > 0 ? 1 : 0 }),
      "silu": (
        { $0 / (1 + exp(-$0)) },
        {
          let share = 1 / (1 + exp(-$0))
          return share + $0 * share * (1 - share)
        }
      ),
    ]

  private static func distribution(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

  @Test func `every activation is written down here`() {
    let owed = Activations.all.names.filter { Self.activations[$0] == nil }
    #expect(
      owed == [],
      "add the value and the slope of each to the activations of Tests/ModelsTests/KernelTests.swift")
  }

  @Test(arguments: Activations.all.entries.filter { activations[$0.name] != nil }, shapes)
  func `activations and their gradients are what is written down`(_ row: Activation, _ shape: (Int, Int))
    throws
  {
    let plain = try #require(Self.activations[row.name])
    let (rows, columns) = shape
    let x = random(rows, columns, 3, scale: 6)
    let dy = random(rows, columns, 4)
    let y = Matrix(rows: rows, columns: columns)
    let (xs, dys) = (table(x), table(dy))
    let expected = xs.map { $0.map(plain.value) }
    let gradient = zip(xs, dys).map { zip($0, $1).map { $1 * plain.slope($0) } }
    row.forward(x, y)
    row.backward(dy, x)
    #expect(relativeError(y.values, floats(expected)) < 1e-6)
    #expect(relativeError(dy.values, floats(gradient)) < 2e-6)
  }

  @Test(arguments: shapes.dropFirst()) func `a layer norm has mean and variance of its bias and gain`(
    _ rows: Int, _ columns: Int
  ) {
    let x = random(rows, columns, 5)
    let (gain, bias) = (random(1, columns, 6), random(1, columns, 7))
    let dy = random(rows, columns, 8)
    let epsilon = 1e-5
    let (g, b) = (table(gain)[0], table(bias)[0])
    var y: [[Double]] = []
    var dx: [[Double]] = []
    for (x, dy) in zip(table(x), table(dy)) {
      let n = Double(columns)
      let mean = x.reduce(0, +) / n
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      let rstd = 1 / (variance + epsilon).squareRoot()
      let normal = x.map { ($0 - mean) * rstd }
      y.append((0..<columns).map { normal[$0] * g[$0] + b[$0] })
      let d = (0..<columns).map { dy[$0] * g[$0] }
      let meanD = d.reduce(0, +) / n
      let along = zip(d, normal).reduce(0) { $0 + $1.0 * $1.1 } / n
      dx.append((0..<columns).map { rstd * (d[$0] - meanD - normal[$0] * along) })
    }
    let rstd = Matrix(rows: 1, columns: rows)
    let result = Matrix(rows: rows, columns: columns)
    LayerNorm.forward(x, gain: gain, bias: bias, epsilon: Float(epsilon), rstd: rstd, into: result)
    LayerNorm.backward(dy, normalised: x, rstd: rstd, gain: gain)
    #expect(relativeError(result.values, floats(y)) < 2e-6)
    #expect(relativeError(dy.values, floats(dx)) < 5e-6)
  }

  @Test(arguments: shapes) func `softmax is exponentials over their sum`(_ rows: Int, _ columns: Int) {
    let x = random(rows, columns, 9, scale: 20)
    let expected = table(x).map { softmax($0) }
    Attention.softmax(x)
    #expect(relativeError(x.values, floats(expected)) < 1e-6)
  }

  @Test func `attention and its gradient equal one number at a time`() {
    let (H, D) = (3, 8)
    let C = H * D
    var batch = PackedBatch()
    for length in [1, 5, 16, 33] {
      batch.append(ids: .init(repeating: 1, count: length), types: .init(repeating: 0, count: length))
    }
    let T = batch.tokens
    let (qkv, bias) = (random(T, 3 * C, 10), random(1, 3 * C, 11))
    let dcontext = random(T, C, 12)
    let biased = table(qkv).map { zip($0, table(bias)[0]).map { $0 + $1 } }
    let d = table(dcontext)
    var context = [[Double]](repeating: .init(repeating: 0, count: C), count: T)
    var dqkv = [[Double]](repeating: .init(repeating: 0, count: 3 * C), count: T)
    let scale = 1 / Double(D).squareRoot()
    for row in 0..<batch.rows {
      for h in 0..<H {
        let tokens = Array(batch.range(row))
        for i in tokens {
          let p = softmax(
            tokens.map { j in
              (0..<D).reduce(0.0) { $0 + biased[i][h * D + $1] * biased[j][C + h * D + $1] } * scale
            })
          var dp: [Double] = []
          for (n, j) in tokens.enumerated() {
            for c in 0..<D {
              context[i][h * D + c] += p[n] * biased[j][2 * C + h * D + c]
              dqkv[j][2 * C + h * D + c] += p[n] * d[i][h * D + c]
            }
            dp.append((0..<D).reduce(0.0) { $0 + d[i][h * D + $1] * biased[j][2 * C + h * D + $1] })
          }
          let along = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
          for (n, j) in tokens.enumerated() {
            let ds = p[n] * (dp[n] - along) * scale
            for c in 0..<D {
              dqkv[i][h * D + c] += ds * biased[j][C + h * D + c]
              dqkv[j][C + h * D + c] += ds * biased[i][h * D + c]
            }
          }
        }
      }
    }
    let probabilities = Matrix(rows: 1, columns: Attention.probabilityCount(batch, heads: H))
    let (y, dx) = (Matrix(rows: T, columns: C), Matrix(rows: T, columns: 3 * C))
    Attention.forward(
      qkv, bias: bias, batch: batch, heads: H, probabilities: probabilities, into: .floats(y),
      workspace: Workspace())
    Attention.backward(
      dcontext, qkv: qkv, batch: batch, heads: H, probabilities: probabilities, into: .floats(dx),
      workspace: Workspace())
    #expect(relativeError(y.values, floats(context)) < 2e-6)
    #expect(relativeError(dx.values, floats(dqkv)) < 5e-6)
  }

  @Test func `row blocks cover every row once and in order`() {
    for (rows, columns) in KernelTests.shapes + [(200, 1), (1, 100_000), (1000, 384)] {
      var seen: [Int] = []
      inRowBlocks(Matrix(rows: rows, columns: columns)) { seen += Array($0) }
      #expect(seen == Array(0..<rows))
    }
  }

  @Test func `folding adds scale · B · A to the adapted layers only`() throws {
    let shape = NetworkFamilies.pretrained(
      layers: 2, hidden: 24, heads: 2, intermediate: 40, vocabulary: 9, positions: 4)
    let storage = Storage(count: shape.floats)
    let all = Matrix(storage: storage, rows: 1, columns: storage.count)
    all.copy(from: random(1, storage.count, 13))
    let base = shape.network(over: storage)
    let sites = try shape.outline.chosen(by: LayerTargets(["query", "layer.1.output.dense"]))
    let factors = sites.map { site in
      LoRAFactors(site: site, a: random(3, site.in, 14), b: random(site.out, 3, 15), scale: 0.5)
    }
    let folded = base.owning(sites)
    fold(factors, of: base, into: folded)
    for site in shape.outline.layers {
      var expected = table(base.weight(site))
      if let factor = factors.first(where: { $0.site == site }) {
        let (a, b) = (table(factor.a), table(factor.b))
        for i in expected.indices {
          for j in expected[i].indices {
            expected[i][j] += 0.5 * (0..<3).reduce(0) { $0 + b[i][$1] * a[$1][j] }
          }
        }
      }
      #expect(relativeError(folded.weight(site).values, floats(expected)) < 1e-6, "\(site.path)")
    }
  }

  private func softmax(_ x: [Double]) -> [Double] {
    let largest = x.max() ?? 0
    let e = x.map { exp($0 - largest) }
    let sum = e.reduce(0, +)
    return e.map { $0 / sum }
  }
}
