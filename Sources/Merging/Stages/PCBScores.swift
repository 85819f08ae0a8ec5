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

    /// sign(x) times the clamped magnitude.
    func clamped(_ x: Float) -> Double {
      let magnitude = Double(min(max(x.magnitude, smallest), largest))
      return x > 0 ? magnitude : (x < 0 ? -magnitude : 0)
    }

    /// The place of a score between floor and best, 0…1.
    func share(of score: Float) -> Double {
      best > floor ? Double(max(score, floor) - floor) / Double(best - floor) : 0
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
        let position = OrderStatistic.largest(k, by: .magnitude) { visit in
          for layer in layers { layer[model].forEachBlock { visit($0.span) } }
        }
        return OrderStatistic.number(position.key, .magnitude)
      }
      return Limits(
        smallest: magnitude(Int(Double(count) * clamp)),
        largest: magnitude(Int(Double(count) * (1 - clamp) - 1)))
    }
    setFloors(of: &limits, layers, k: count - Int(Double(count) * (1 - ratio)))
    return limits
  }

  /// Two passes over the scores of all models at once.
  private func setFloors(of limits: inout [Limits], _ layers: [[ChangeRows]], k: Int) {
    var statistics = limits.map { _ in OrderStatistic(by: .value) }
    var best = limits.map { _ in -Float.infinity }
    forEachScores(layers, limits) { model, scores in
      statistics[model].count(scores.span)
      best[model] = scores.reduce(best[model], max)
    }
    for model in limits.indices { statistics[model].seek(k) }
    forEachScores(layers, limits) { model, scores in statistics[model].collect(scores.span) }
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
        let sums = PCBScores.sums(blocks)
        for (model, block) in blocks.enumerated() {
          body(model, scores(block, sums, limits[model], models: blocks.count))
        }
      }
    }
  }

  /// Σ_t X_t per entry.
  static func sums(_ blocks: [Matrix]) -> [Double] {
    var sums = [Double](repeating: 0, count: blocks[0].count)
    for block in blocks {
      block.withSpan { span in for i in 0..<span.count { sums[i] += Double(span[i]) } }
    }
    return sums
  }

  /// exp(T·(n² − 1))·tanh(x·Σ X) per entry: the factor e⁻ᵀ cancels in the shares and keeps the scores finite.
  func scores(_ block: Matrix, _ sums: [Double], _ limits: Limits, models: Int) -> [Float] {
    let width = limits.largest - limits.smallest
    let perWidth = width > 0 ? 1 / width : 0
    return block.withSpan { span in
      var scores = [Float](repeating: 0, count: span.count)
      for i in 0..<span.count {
        let magnitude = min(max(span[i].magnitude, limits.smallest), limits.largest)
        let place = (magnitude - limits.smallest) * perWidth
        let own = FastMath.exp(Float(models) * (place * place - 1))
        scores[i] = own * Float(tanhOfSmall(Double(span[i]) * sums[i]))
      }
      return scores
    }
  }

  /// tanh, by its series where that is as exact: products of changes are small.
  private func tanhOfSmall(_ x: Double) -> Double {
    let square = x * x
    return square < 1e-4 ? x * (1 - square * (1 / 3.0 - square * (2 / 15.0))) : tanh(x)
  }
}
