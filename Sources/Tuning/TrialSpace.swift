internal import Basics
internal import Merging
internal import Specs

/// What a search moves, as the cube 0…1 of every dimension.
struct TrialSpace {
  struct Dimension {
    var name: String
    var range: ClosedRange<Double>
    /// The model whose weight it is; nil for a parameter.
    var model: Int?
    var isInteger = false
    /// What a grid takes, where there are usual values.
    var levels: [Double] = []
    /// What the first trial takes.
    var start: Double

    /// A value in 0…1.
    func place(of value: Double) -> Double {
      let width = range.upperBound - range.lowerBound
      return width > 0 ? (value - range.lowerBound) / width : 0
    }

    /// The value at a place in 0…1; at those of the start, the levels and the bounds these themselves, to the last bit.
    func value(at place: Double) -> Double {
      let known = [start, range.lowerBound, range.upperBound] + levels
      if let same = known.first(where: { self.place(of: $0) == place }) { return same }
      let value = range.lowerBound + min(max(place, 0), 1) * (range.upperBound - range.lowerBound)
      return isInteger ? value.rounded() : min(value, range.upperBound)
    }
  }

  let tuning: MergeTuning
  let search: MergeSearch
  /// Parameters in the order of the row or of the manifest, then weights.
  private(set) var dimensions: [Dimension] = []
  private let tried: MergeMethod?

  init(_ tuning: MergeTuning, _ search: MergeSearch) throws {
    self.tuning = tuning
    self.search = search
    if case .method(let name) = search.target {
      let method = try MergeMethods.all.entry(named: name)
      tried = method
      dimensions =
        tuning.job.over.isEmpty
        ? method.parameters.compactMap(TrialSpace.usual)
        : tuning.job.over.compactMap { range in
          method.parameters.first { $0.name == range.name }.map { TrialSpace.asked($0, range) }
        }
    } else {
      tried = nil
    }
    if let range = search.weights {
      for (model, weight) in tuning.job.weights.enumerated() where weight != 0 {
        let start = min(max(search.start ?? weight, range.lowerBound), range.upperBound)
        dimensions.append(
          Dimension(
            name: "weight_\(tuning.name(ofModel: model))", range: range, model: model, start: start))
      }
    }
    if dimensions.isEmpty {
      throw Diagnostic(
        "'\(tuning.method.name)' has nothing to search: '\(tried?.name ?? "")' has no usual range",
        hint: "name its parameters under 'over', or set search_weights: true")
    }
  }

  /// A parameter between two numbers that a manifest gives.
  private static func asked(_ spec: ParameterSpec, _ range: SearchRange) -> Dimension {
    let isInteger = if case .integer = spec.kind { true } else { false }
    let usual = spec.defaultValue.number ?? range.from
    return Dimension(
      name: spec.name, range: range.from...range.to, isInteger: isInteger,
      start: min(max(usual, range.from), range.to))
  }

  /// A parameter over its usual values and its default; nil where it has no usual ones.
  private static func usual(_ spec: ParameterSpec) -> Dimension? {
    let levels = spec.usual.compactMap(\.number)
    guard let start = spec.defaultValue.number, let least = levels.min(), let largest = levels.max() else {
      return nil
    }
    let isInteger = if case .integer = spec.kind { true } else { false }
    return Dimension(
      name: spec.name, range: min(least, start)...max(largest, start), isInteger: isInteger, levels: levels,
      start: start)
  }

  /// The first trial in the cube.
  var start: [Double] { dimensions.map { $0.place(of: $0.start) } }

  /// The usual values in the cube.
  var levels: [[Double]] { dimensions.map { dimension in dimension.levels.map(dimension.place) } }

  /// A point of the cube in the parameters' own numbers.
  func values(at point: [Double]) -> [Double] {
    zip(dimensions, point).map { $0.value(at: $1) }
  }

  /// What a trial comes to: the mean over the tasks, with the regulariser of a loss.
  func score(_ parts: [Double], _ values: [Double]) -> Double {
    let mean = parts.reduce(0, +) / Double(parts.count)
    guard case .crossEntropy(let l1) = search.score else { return mean }
    let weights = zip(dimensions, values).filter { $0.0.model != nil }.map { abs($0.1) }
    return mean + l1 * weights.reduce(0, +) / Double(max(1, weights.count))
  }

  /// The merge with some values.
  ///
  /// - Throws: a refusal where the method has something against them.
  func merge(_ values: [Double]) throws -> MergeOutcome {
    var weights = tuning.job.weights
    var given: [String: ParameterValue] = [:]
    for (dimension, value) in zip(dimensions, values) {
      if let model = dimension.model {
        weights[model] = value
      } else {
        given[dimension.name] = .number(value)
      }
    }
    if let tried, weights.contains(where: { $0 != 0 }) {
      for spec in Finish.parameters where given[spec.name] == nil {
        given[spec.name] = .number(tuning.parameters.number(spec.name))
      }
      let parameters = try Parameters(given, for: tried.parameters, of: "merge method '\(tried.name)'")
      return try AdapterMerger.merge(
        tuning.adapters, weights: weights, method: tried, parameters: parameters, seed: tuning.job.seed)
    }
    return try AdapterMerger.merge(
      tuning.adapters, weights: tuning.adapters.map { _ in 1 }, by: search.rule(coefficients: weights),
      tuning.method, Finish(tuning.parameters), seed: tuning.job.seed)
  }
}

extension ParameterValue {
  /// A number; nil for anything else.
  fileprivate var number: Double? {
    guard case .number(let number) = self else { return nil }
    return number
  }
}
