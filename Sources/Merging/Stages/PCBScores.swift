internal import Foundation
internal import LinearAlgebra

/// The scores by which entries compete in PCB-Merging; its row has the formula.
struct PCBScores: Sendable {
  /// The share of entries kept per model.
  let ratio: Double
  /// The share clamped at either end.
  let clamp: Double

  /// What is known of all entries of one model.
  struct Limits: Sendable {
    /// The magnitudes to which entries are clamped.
    var smallest: Float = 0
    var largest: Float = 0
    /// The score below which an entry has no share, and the best one.
    var floor: Float = 0
    var best: Float = 0

    /// 1 over the width of the clamped magnitudes; 0 where they are all one.
    var perWidth: Float { largest > smallest ? 1 / (largest - smallest) : 0 }

    @inline(__always) private func size(_ x: Float) -> Float {
      let size = x.magnitude
      return size < smallest ? smallest : (size > largest ? largest : size)
    }

    /// exp(T·(n² − 1)) of an entry.
    @inline(__always) func competition(_ x: Float, _ perWidth: Float, _ models: Float) -> Float {
      let place = (size(x) - smallest) * perWidth
      return FastMath.exp(models * (place * place - 1))
    }

    /// sign(x) times the clamped magnitude.
    @inline(__always) func clamped(_ x: Float) -> Double {
      let magnitude = Double(size(x))
      return x > 0 ? magnitude : (x < 0 ? -magnitude : 0)
    }

    /// The place of a score between floor and best, 0…1.
    @inline(__always) func share(of score: Float) -> Double {
      best > floor ? Double(score > floor ? score - floor : 0) / Double(best - floor) : 0
    }
  }

  /// The limits of every model over some layers: per layer, the change of every model.
  func limits(of layers: [[ChangeRows]]) -> [Limits] {
    let count = layers.reduce(0) { $0 + ($1.first?.count ?? 0) }
    let models = layers.first?.count ?? 0
    guard count > 0 else { return Array(repeating: Limits(), count: models) }
    var limits = (0..<models).map { model in
      func magnitude(_ ascending: Int) -> Float {
        let k = count - min(max(ascending, 0), count - 1)
        let position = OrderStatistic.largest(k, of: count, by: .magnitude) { visit in
          for layer in layers { layer[model].forEachBlock { visit($0.span) } }
        }
        return OrderStatistic.number(position.key, .magnitude)
      }
      return Limits(
        smallest: magnitude(Int(Double(count) * clamp)),
        largest: magnitude(Int(Double(count) * (1 - clamp) - 1)))
    }
    setFloors(of: &limits, layers, k: count - Int(Double(count) * (1 - ratio)), of: count)
    return limits
  }

  /// One or two passes over the scores of all models at once.
  private func setFloors(of limits: inout [Limits], _ layers: [[ChangeRows]], k: Int, of count: Int) {
    var statistics = limits.map { _ in OrderStatistic(k, of: count, by: .value) }
    var best = limits.map { _ in -Float.infinity }
    forEachScores(layers, limits) { model, scores in
      statistics[model].count(scores.span)
      best[model] = scores.reduce(best[model], max)
    }
    let again = limits.indices.map { statistics[$0].needsSecondPass() }
    if again.contains(true) {
      forEachScores(layers, limits) { model, scores in
        if again[model] { statistics[model].collect(scores.span) }
      }
    }
    for model in limits.indices {
      limits[model].floor = OrderStatistic.number(statistics[model].position.key, .value)
      limits[model].best = best[model]
    }
  }

  private func forEachScores(
    _ layers: [[ChangeRows]], _ limits: [Limits], _ body: (_ model: Int, _ scores: [Float]) -> Void
  ) {
    for layer in layers {
      ChangeRows.forEachBlock(layer) { blocks in
        let sums = sumOfEntries(blocks)
        for (model, block) in blocks.enumerated() {
          body(model, scores(block, sums, limits[model], models: blocks.count))
        }
      }
    }
  }

  /// exp(T·(n² − 1))·tanh(x·Σ X) per entry: the factor e⁻ᵀ cancels in the shares and keeps the scores finite.
  func scores(_ block: Matrix, _ sums: [Double], _ limits: Limits, models: Int) -> [Float] {
    block.withSpan { PCBScores.scores($0, sums.span, limits, models: Float(models)) }
  }

  private static func scores(
    _ block: Span<Float>, _ sums: Span<Double>, _ limits: Limits, models: Float
  ) -> [Float] {
    precondition(block.count == sums.count, "\(block.count) numbers for \(sums.count) sums")
    var result = [Float](repeating: 0, count: block.count)
    var scores = result.mutableSpan
    let perWidth = limits.perWidth
    // Bits of squares rise with them, and unlike numbers their maximum is taken in vectors.
    var largest: UInt64 = 0
    for i in 0..<block.count {
      let x = Double(block[i]) * sums[i]
      largest = max(largest, (x * x).bitPattern)
      scores[i] = limits.competition(block[i], perWidth, models) * Float(tanhOfSmall(x))
    }
    // Products of changes are small; where one is not, libm has its tanh.
    guard largest >= smallSquare.bitPattern else { return result }
    for i in 0..<block.count {
      let x = Double(block[i]) * sums[i]
      if x * x >= smallSquare {
        scores[i] = limits.competition(block[i], perWidth, models) * Float(tanh(x))
      }
    }
    return result
  }

  /// The square of an x below which its series has tanh as exactly as libm.
  private static let smallSquare = 1e-4

  @inline(__always) private static func tanhOfSmall(_ x: Double) -> Double {
    let square = x * x
    return x * (1 - square * (1 / 3.0 - square * (2 / 15.0)))
  }
}
