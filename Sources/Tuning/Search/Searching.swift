public import Basics
public import Merging

/// A search for a small value over the cube 0…1ⁿ: asks for a point, is told what it came to, asks for the next.
public protocol Searching {
  /// The next point to try; nil where there is none left. The first one is the start.
  mutating func next() -> [Double]?
  /// What the last point came to; less is better, and infinity stands for a point that is refused.
  mutating func tell(_ value: Double)
}

extension MergeSearch.Searcher {
  /// Makes a search.
  ///
  /// - Parameters:
  ///   - start: The first point.
  ///   - trials: How many points will be asked for: a grid is as fine as they allow.
  ///   - levels: The values that a grid takes in every dimension where that gives no more points than trials; none where
  ///     there are no usual ones.
  public func make(
    dimensions: Int, start: [Double], trials: Int, levels: [[Double]] = [], random: RandomStream
  ) -> any Searching {
    precondition(start.count == dimensions && dimensions > 0, "\(start.count) numbers for \(dimensions)")
    switch self {
    case .grid: return GridSearch(start: start, trials: trials, levels: levels)
    case .random: return RandomSearch(start: start, random: random)
    case .cmaES: return CMAES(start: start, deviation: 0.3, bounds: 0...1, random: random)
    case .bayesian: return BayesianSearch(start: start, trials: trials, random: random)
    }
  }
}

/// The start, then every point of a regular grid, the last dimension running fastest.
///
/// The grid is that of the usual values, or each dimension has as many values as fit the trials, the first ones at most
/// one more than the last; one value is the middle.
package struct GridSearch: Searching {
  private var points: [[Double]]

  package init(start: [Double], trials: Int, levels: [[Double]]) {
    let isUsual = levels.count == start.count && levels.allSatisfy { !$0.isEmpty }
    if isUsual, levels.reduce(1, { $0 * $1.count }) <= trials - 1 {
      points = [start] + GridSearch.products(levels)
    } else {
      points = [start] + GridSearch.regular(dimensions: start.count, points: trials - 1)
    }
  }

  private static func products(_ levels: [[Double]]) -> [[Double]] {
    levels.reduce([[]]) { points, values in points.flatMap { point in values.map { point + [$0] } } }
  }

  private static func regular(dimensions: Int, points most: Int) -> [[Double]] {
    var counts = [Int](repeating: 1, count: dimensions)
    func product() -> Int { counts.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue } }
    var grows = true
    while grows {
      grows = false
      for place in counts.indices {
        counts[place] += 1
        if product() > most { counts[place] -= 1 } else { grows = true }
      }
    }
    return products(
      counts.map { count in count == 1 ? [0.5] : (0..<count).map { Double($0) / Double(count - 1) } })
  }

  package mutating func next() -> [Double]? { points.isEmpty ? nil : points.removeFirst() }

  package mutating func tell(_ value: Double) {}
}

/// The start, then uniform draws.
package struct RandomSearch: Searching {
  private var start: [Double]?
  private let count: Int
  private var random: RandomStream

  package init(start: [Double], random: RandomStream) {
    self.start = start
    count = start.count
    self.random = random
  }

  package mutating func next() -> [Double]? {
    if let start {
      self.start = nil
      return start
    }
    return (0..<count).map { _ in random.uniform() }
  }

  package mutating func tell(_ value: Double) {}
}
