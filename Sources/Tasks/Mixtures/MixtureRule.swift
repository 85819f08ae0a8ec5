public import Basics
public import Specs

/// How often each task of a cocktail is drawn.
public struct MixtureRule: CatalogEntry {
  /// The word in a manifest.
  public let name: String
  /// One line on what it is.
  public let summary: String
  /// The settings of a `SamplingSpec` that it reads, by their words in a manifest.
  public let parameters: [String]
  /// Those of them that it cannot do without.
  public let needs: [String]
  /// Whether each draw takes a task by its share; false where one shuffle runs over all tasks.
  public let drawsByRate: Bool
  /// The share of examples drawn from each task, from the sizes of the training splits, the names of the
  /// tasks and the settings; the shares sum to 1.
  ///
  /// Throws a `Diagnostic` for a setting that is missing, out of range or not read by the rule, and for a
  /// task without examples.
  public let rates: @Sendable (_ sizes: [Int], _ tasks: [String], _ spec: SamplingSpec) throws -> [Double]

  /// Makes a row; `amounts` need not sum to 1.
  public init(
    _ name: String, _ summary: String, parameters: [String] = [], needs: [String] = [],
    drawsByRate: Bool = true,
    amounts: @escaping @Sendable (_ sizes: [Int], _ tasks: [String], _ spec: SamplingSpec) throws -> [Double]
  ) {
    self.name = name
    self.summary = summary
    self.parameters = parameters
    self.needs = needs
    self.drawsByRate = drawsByRate
    rates = { sizes, tasks, spec in
      precondition(
        sizes.count == tasks.count && !sizes.isEmpty, "\(sizes.count) sizes of \(tasks.count) tasks")
      for (task, size) in zip(tasks, sizes) where size < 1 {
        throw Diagnostic("task '\(task)' has no training examples", hint: "leave it out of the cocktail")
      }
      let given = [
        ("cap", spec.cap != nil), ("temperature", spec.temperature != nil), ("weights", spec.weights != nil),
      ]
      for (parameter, isGiven) in given where isGiven && !parameters.contains(parameter) {
        throw Diagnostic(
          "the sampling rule '\(name)' takes no '\(parameter)'", hint: "remove it or choose another rule")
      }
      let amounts = try amounts(sizes, tasks, spec)
      let total = amounts.reduce(0, +)
      guard total > 0, total.isFinite else {
        throw Diagnostic(
          "the sampling rule '\(name)' draws from no task", hint: "give one task a weight above 0")
      }
      return amounts.map { $0 / total }
    }
  }

  /// A setting that the rule cannot do without.
  static func needed<Value>(
    _ value: Value?, _ parameter: String, of rule: String
  ) throws(Diagnostic) -> Value {
    if let value { return value }
    throw Diagnostic(
      "the sampling rule '\(rule)' needs '\(parameter)'", hint: "write '\(parameter)' beside the rule")
  }

  /// min(n, cap) for each task; all of n without a cap.
  static func capped(_ sizes: [Int], at cap: Int?) throws(Diagnostic) -> [Double] {
    guard let cap else { return sizes.map(Double.init) }
    guard cap >= 1 else { throw Diagnostic("'cap' is \(cap), but must be at least 1") }
    return sizes.map { Double(min($0, cap)) }
  }
}
