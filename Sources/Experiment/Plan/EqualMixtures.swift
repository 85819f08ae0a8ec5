internal import Specs

/// Mixtures that are written differently and draw the same.
///
/// A rule with a temperature or a cap over training sets of one size gives every task the same share, as `equal` does:
/// the same draws, the same training, one job. Concatenation draws otherwise, from one shuffled pot, and stays apart.
struct EqualMixtures {
  private var models: [JobID: [String]] = [:]
  private var order: [JobID] = []

  /// The rule `equal` where a rule gives equal shares, to the last bit; else the rule itself.
  ///
  /// Shares depend on the rows that are really read, so that nothing is changed where these could not be counted.
  static func canonical(_ sampling: SamplingSpec, _ data: [TaskData], _ vocabulary: Vocabulary)
    -> SamplingSpec
  {
    let sizes = data.compactMap(\.trainingRows)
    guard let rule = vocabulary.samplingRule(sampling.rule), rule.drawsByRate, sizes.count == data.count,
      let rates = try? rule.rates(sizes, data.map(\.spec.name), sampling),
      rates.allSatisfy({ $0 == 1 / Double(rates.count) })
    else { return sampling }
    return SamplingSpec(rule: "equal")
  }

  /// Notes the training of a cocktail.
  mutating func add(_ model: String, job: JobID) {
    if models[job] == nil { order.append(job) }
    if models[job]?.contains(model) != true { models[job, default: []].append(model) }
  }

  /// One for each set of models that share a training.
  var notes: [PlanNote] {
    var told: Set<[String]> = []
    return order.compactMap { job in
      guard let names = models[job], names.count > 1, told.insert(names).inserted else { return nil }
      return PlanNote(
        "\(names.dropLast().joined(separator: ", ")) and \(names.last ?? "") draw the same shares of the same tasks: they "
          + "are trained once and stand in the tables under each name")
    }
  }
}
