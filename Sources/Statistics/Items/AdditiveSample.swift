/// A metric that is a smooth function of means over items: all but those of ranks.
///
/// Item i contributes a few numbers to a few columns; the metric is f(column means).
public struct AdditiveSample: MetricSample {
  /// f and its gradient.
  struct Form: Sendable {
    var value: @Sendable ([Double]) -> Double
    var gradient: @Sendable ([Double]) -> [Double]
    var isConstant: @Sendable ([Double]) -> Bool = { _ in false }
  }

  let width: Int
  let form: Form
  /// The entries of item i are those from starts[i] to starts[i + 1].
  private let starts: [Int]
  private let columns: [Int]
  private let entries: [Double]
  private let means: [Double]

  /// Items as (column, number) pairs; traps on none.
  init(width: Int, items: [[(column: Int, number: Double)]], form: Form) {
    precondition(!items.isEmpty, "a metric of nothing")
    self.width = width
    self.form = form
    var starts = [0]
    var columns: [Int] = []
    var entries: [Double] = []
    for item in items {
      for (column, number) in item {
        columns.append(column)
        entries.append(number)
      }
      starts.append(columns.count)
    }
    self.starts = starts
    self.columns = columns
    self.entries = entries
    var sums = [Double](repeating: 0, count: width)
    for index in columns.indices { sums[columns[index]] += entries[index] }
    means = sums.map { $0 / Double(items.count) }
  }

  /// n.
  public var count: Int { starts.count - 1 }
  /// f(means).
  public var value: Double { form.value(means) }
  /// Whether f is a convention here.
  public var isConstant: Bool { form.isConstant(means) }

  /// φᵢ = ∇f·(xᵢ − means).
  ///
  /// Cost: one gradient and the entries.
  public var influence: [Double] {
    let gradient = form.gradient(means)
    let center = zip(gradient, means).reduce(0) { $0 + $1.0 * $1.1 }
    return (0..<count).map { item in
      (starts[item]..<starts[item + 1]).reduce(-center) { $0 + gradient[columns[$1]] * entries[$1] }
    }
  }

  /// f of the weighted means.
  ///
  /// Cost: the entries.
  public func value(weights: [Int]) -> Double {
    var sums = [Double](repeating: 0, count: width)
    var total = 0
    for item in 0..<count where weights[item] > 0 {
      total += weights[item]
      let weight = Double(weights[item])
      for index in starts[item]..<starts[item + 1] { sums[columns[index]] += weight * entries[index] }
    }
    return form.value(sums.map { $0 / Double(total) })
  }

  /// f of the means without an item.
  ///
  /// Cost: the columns.
  public func value(without item: Int) -> Double {
    let n = Double(count)
    var rest = means.map { $0 * n }
    for index in starts[item]..<starts[item + 1] { rest[columns[index]] -= entries[index] }
    // Whole numbers stay whole, so that an empty class is exactly empty.
    return form.value(rest.map { (abs($0) < 1e-9 ? 0 : $0) / (n - 1) })
  }

  /// f of the means over items of two models.
  ///
  /// Cost: the entries.
  public func value(taking isTaken: [Bool], from other: AdditiveSample) -> Double {
    precondition(other.count == count && other.width == width, "samples of two shapes")
    var sums = [Double](repeating: 0, count: width)
    for item in 0..<count {
      if isTaken[item] { other.add(item, to: &sums) } else { add(item, to: &sums) }
    }
    return form.value(sums.map { $0 / Double(count) })
  }

  private func add(_ item: Int, to sums: inout [Double]) {
    for index in starts[item]..<starts[item + 1] { sums[columns[index]] += entries[index] }
  }
}
