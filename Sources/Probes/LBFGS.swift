/// Limited-memory BFGS with a backtracking search, for smooth convex functions.
///
/// Source: Nocedal and Wright, *Numerical Optimization*, 2006, algorithms 7.4 and 7.5; steps by the condition of Armijo, and
/// pairs without curvature left out.
struct LBFGS: Sendable {
  /// The search ends where no derivative is larger.
  var tolerance = 1e-6
  /// Pairs of steps and changes of the gradient that are remembered.
  var memory = 12
  /// It ends after so many steps too.
  var steps = 2000

  /// A point and how the search ended.
  struct Found: Sendable {
    var point: [Double]
    var value: Double
    /// Whether no derivative is above the tolerance, or the value cannot be told from lower ones in doubles.
    var isConverged: Bool
  }

  /// A minimum.
  ///
  /// - Parameters:
  ///   - start: Where the search begins.
  ///   - value: The function; writes its gradient, which comes with as many zeros as the point has numbers.
  func minimum(from start: [Double], _ value: ([Double], inout [Double]) -> Double) -> Found {
    var point = start
    var gradient = [Double](repeating: 0, count: start.count)
    var current = value(point, &gradient)
    var pairs: [Pair] = []
    for _ in 0..<steps {
      let largest = gradient.reduce(0) { max($0, abs($1)) }
      if largest <= tolerance { return Found(point: point, value: current, isConverged: true) }
      var direction = Self.direction(gradient, pairs)
      var slope = Self.dot(direction, gradient)
      if slope >= 0 {
        // What was remembered leads uphill: begin anew.
        pairs = []
        direction = gradient.map { -$0 }
        slope = Self.dot(direction, gradient)
      }
      var length = pairs.isEmpty ? min(1, 1 / (-slope).squareRoot()) : 1
      var next = point
      var nextGradient = gradient
      var reached = current
      while true {
        for i in next.indices { next[i] = point[i] + length * direction[i] }
        for i in nextGradient.indices { nextGradient[i] = 0 }
        reached = value(next, &nextGradient)
        if reached <= current + 1e-4 * length * slope { break }
        length /= 2
        // The differences are those of rounding.
        if length < 1e-12 { return Found(point: point, value: current, isConverged: true) }
      }
      let pair = Pair(
        step: zip(next, point).map { $0 - $1 }, change: zip(nextGradient, gradient).map { $0 - $1 })
      if pair.curvature > 0 {
        if pairs.count == memory { pairs.removeFirst() }
        pairs.append(pair)
      }
      (point, gradient, current) = (next, nextGradient, reached)
    }
    return Found(point: point, value: current, isConverged: false)
  }

  /// A step and what it changed of the gradient.
  private struct Pair {
    let step: [Double]
    let change: [Double]
    let curvature: Double

    init(step: [Double], change: [Double]) {
      self.step = step
      self.change = change
      curvature = LBFGS.dot(step, change)
    }
  }

  /// −H·g by the loop in two passes.
  private static func direction(_ gradient: [Double], _ pairs: [Pair]) -> [Double] {
    var direction = gradient.map { -$0 }
    var shares: [Double] = []
    for pair in pairs.reversed() {
      let share = dot(pair.step, direction) / pair.curvature
      shares.append(share)
      for i in direction.indices { direction[i] -= share * pair.change[i] }
    }
    if let last = pairs.last {
      let scale = last.curvature / dot(last.change, last.change)
      for i in direction.indices { direction[i] *= scale }
    }
    for (pair, share) in zip(pairs, shares.reversed()) {
      let other = share - dot(pair.change, direction) / pair.curvature
      for i in direction.indices { direction[i] += other * pair.step[i] }
    }
    return direction
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
  }
}
