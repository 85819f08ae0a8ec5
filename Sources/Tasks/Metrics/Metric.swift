public import Basics
public import Specs
public import Statistics

/// A number that says how good predictions are.
public struct Metric: CatalogEntry {
  /// The word in a manifest.
  public let name: String
  /// One line on what it is.
  public let summary: String
  /// What targets it measures.
  public let forms: [Target.Form]
  /// Whether more is better.
  public let higherIsBetter: Bool
  /// All values that it can take; its better end is what perfect predictions reach.
  public let range: ClosedRange<Double>
  /// Raised where the same predictions would have another value than they used to: values of before are then not believed.
  public let revision: Int
  /// The value for predictions, targets and the task's label names.
  ///
  /// All sums run in the order of the items, in Double. Traps on an empty set, on lists of two lengths and
  /// on a target of another kind than the metric's: the callers rule these out.
  public let compute: @Sendable ([Target], [Target], [String]) -> Double

  /// What the metric needs of some predictions, so that it can be computed again for other items; its value is `compute`'s.
  public let sample: Sampling

  /// Reduces predictions, targets and the task's label names to what a metric needs.
  public typealias Sampling = @Sendable ([Target], [Target], [String]) -> any MetricSample

  /// Makes a row.
  ///
  /// - Parameter sample: Sufficient statistics; where none are given the metric is computed again for each item left out, n
  ///   times over n items, which a metric of many items should not ask for.
  public init(
    _ name: String, _ summary: String, of forms: [Target.Form], higherIsBetter: Bool = true,
    range: ClosedRange<Double> = 0...1, revision: Int = 1, sample: Sampling? = nil,
    compute: @escaping @Sendable ([Target], [Target], [String]) -> Double
  ) {
    self.sample =
      sample ?? { predictions, targets, labels in
        RecomputedSample(predictions: predictions, targets: targets) { compute($0, $1, labels) }
      }
    self.name = name
    self.summary = summary
    self.forms = forms
    self.higherIsBetter = higherIsBetter
    self.range = range
    self.revision = revision
    self.compute = { predictions, targets, labels in
      precondition(
        predictions.count == targets.count, "\(predictions.count) predictions for \(targets.count) targets")
      precondition(!targets.isEmpty, "'\(name)' of nothing")
      return compute(predictions, targets, labels)
    }
  }
}

extension Metric {
  /// The kinds of task that it suits, in the order of their table.
  public var kinds: [TaskKind] {
    TaskKinds.all.entries.filter { forms.contains($0.form) }.map(\.outline.kind)
  }
}

extension [Target] {
  /// The classes; traps on anything else.
  var labels: [Int] { map(\.label) }

  /// The labels that hold of each item; traps on anything else.
  var labelSets: [[Int]] { map(\.labelSet) }

  /// The numbers; traps on anything else.
  var numbers: [Double] { map(\.number) }

  /// The tags of each item; traps on anything else.
  var tags: [[Int]] { map(\.tags) }
}
