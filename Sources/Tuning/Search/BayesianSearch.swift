public import Basics

/// Bayesian optimisation: a Gaussian process of what was tried so far, and the point with the largest expected
/// improvement.
///
/// After the start come a few points of a Latin hypercube. The improvement is made large over uniform draws, draws around
/// the best point, and small steps from the best of these. Source: Jones, Schonlau and Welch 1998.
public struct BayesianSearch: Searching {
  private var planned: [[Double]]
  private var points: [[Double]] = []
  private var values: [Double] = []
  private var random: RandomStream

  private static let draws = 400

  /// Starts at a point, which is the first to be tried.
  public init(start: [Double], trials: Int, random: RandomStream) {
    var random = random
    let n = start.count
    let count = min(max(2, trials / 3), 2 * n + 2)
    let orders = (0..<n).map { _ in random.permutation(count) }
    planned = [start]
    for i in 0..<count {
      planned.append(orders.map { (Double($0[i]) + random.uniform()) / Double(count) })
    }
    self.random = random
  }

  /// The start, then what the method makes of the values so far.
  public mutating func next() -> [Double]? {
    let point = planned.isEmpty ? promising() : planned.removeFirst()
    points.append(point)
    return point
  }

  /// Learns the value of the last point.
  public mutating func tell(_ value: Double) { values.append(value) }

  private mutating func promising() -> [Double] {
    let n = points[0].count
    guard let worst = values.filter(\.isFinite).max() else { return (0..<n).map { _ in random.uniform() } }
    // A point that was refused is as bad as the worst: the process needs numbers.
    let values = values.map { min($0, worst) }
    let best = values.indices.min { (values[$0], $0) < (values[$1], $1) } ?? 0
    guard let process = GaussianProcess.fitted(Array(points.prefix(values.count)), values) else {
      return (0..<n).map { _ in random.uniform() }
    }
    func gain(_ point: [Double]) -> Double { process.expectedImprovement(at: point, over: values[best]) }
    var found = (point: points[best], gain: 0.0)
    for draw in 0..<2 * BayesianSearch.draws {
      let isNear = draw >= BayesianSearch.draws
      let width = draw % 2 == 0 ? 0.1 : 0.02
      let point = (0..<n).map { i in
        isNear ? min(max(points[best][i] + width * random.normal(), 0), 1) : random.uniform()
      }
      let value = gain(point)
      if value > found.gain { found = (point, value) }
    }
    var step = 0.05
    while step > 1e-4 {
      var moved = false
      for i in 0..<n {
        for direction in [-1.0, 1.0] {
          var point = found.point
          point[i] = min(max(point[i] + direction * step, 0), 1)
          let value = gain(point)
          if value > found.gain {
            found = (point, value)
            moved = true
          }
        }
      }
      if !moved { step /= 2 }
    }
    // Nothing is expected to gain: look where nobody has looked.
    return found.gain > 0 ? found.point : (0..<n).map { _ in random.uniform() }
  }
}
