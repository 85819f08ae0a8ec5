internal import Basics
internal import Language
internal import Outlines
internal import Results
internal import Specs

/// A setting with all values that the manifest wants tried.
struct GridAxis: Sendable {
  /// `adapter.rank`.
  var path: String
  var values: [ParameterValue]

  /// All combinations, the last axis running fastest; one empty combination where there is no axis.
  static func combinations(_ axes: [GridAxis]) -> [[(path: String, value: ParameterValue)]] {
    axes.reduce([[]]) { combinations, axis in
      combinations.flatMap { combination in axis.values.map { combination + [(axis.path, $0)] } }
    }
  }

  /// `adapter.rank=4,training.learning_rate=0.001`.
  static func words(_ combination: [(path: String, value: ParameterValue)]) -> String {
    combination.map { "\($0.path)=\($0.value)" }.joined(separator: ",")
  }
}

extension ManifestReading {
  static let sections = ["budget", "adapter", "training", "sampling"]
  static let evaluationPaths = EvaluationSettings.paths

  /// The settings of a mapping, in the order of the manifest.
  func axes(_ value: Value?, prefix: String = "") -> [GridAxis] {
    (value?.entries ?? []).compactMap { entry in
      let values = entry.value.settings
      return values.isEmpty ? nil : GridAxis(path: prefix + entry.key, values: values)
    }
  }

  mutating func gridPoints(_ arms: [Manifest.Arm], taskNames: [String]) -> [Manifest.GridPoint] {
    checkBudget()
    checkTraining()
    if let sampling = root["sampling"] { checkSampling(sampling, taskNames: taskNames) }
    let sections = root.entries.filter { Self.sections.contains($0.key) }
    let all = sections.flatMap { axes($0.value, prefix: $0.key + ".") }
    let gridded = Set(
      sections.flatMap { section in
        section.value.entries.filter { entry in
          guard case .grid = entry.value.content else { return false }
          return true
        }.map { "\(section.key).\($0.key)" }
      })
    let tried = GridAxis.combinations(tunedAxes())
    return arms.enumerated().flatMap { place, arm in
      GridAxis.combinations(all).flatMap { given in
        tried.map { tried in
          let shown = given.filter { gridded.contains($0.path) }
          let combination = Self.overriding(given, tried)
          return Manifest.GridPoint(
            arm: place,
            settings: [arm.words, GridAxis.words(shown)].filter { !$0.isEmpty }.joined(separator: ","),
            evaluationSettings: GridAxis.words(shown.filter { Self.evaluationPaths.contains($0.path) }),
            tuned: GridAxis.words(tried), head: Self.head(tried),
            adapter: adapter(combination),
            training: training(combination, arm.budget ?? budget(combination)),
            budget: arm.budget ?? budget(combination),
            sampling: sampling(combination, root["sampling"], prefix: "sampling."))
        }
      }
    }
  }

  /// The settings of trainings, so many validations of which are so many steps apart.
  private func training(
    _ combination: [(path: String, value: ParameterValue)], _ budget: BudgetSpec
  ) -> TrainingSpec {
    var training = spec(TrainingSpec(), TrainingSettings.rows, "training.", combination)
    if case .number(let times)? = combination.first(where: { $0.path == "training.validate_times" })?.value,
      times > 0, case .steps(let steps) = budget
    {
      training.validateEvery = max(1, (steps + Int(times) - 1) / Int(times))
    }
    return training
  }

  private func spec<Spec>(
    _ defaults: Spec, _ rows: [SettingRow<Spec>], _ prefix: String,
    _ combination: [(path: String, value: ParameterValue)]
  ) -> Spec {
    var spec = defaults
    for row in rows {
      if let value = combination.first(where: { $0.path == prefix + row.parameter.name })?.value {
        row.apply(value, &spec)
      }
    }
    return spec
  }

  private func adapter(_ combination: [(path: String, value: ParameterValue)]) -> AdapterSpec {
    var adapter = spec(AdapterSpec(), AdapterSettings.rows, "adapter.", combination)
    // Sorted, because their order changes nothing and the job's identity must not depend on it.
    if let targets = root["adapter"]?["targets"]?.texts { adapter.targets = targets.sorted() }
    if let text = root["adapter"]?["targets"]?.text {
      adapter.targets = Self.isName(text) ? [text] : []
      adapter.targetPattern = Self.isName(text) ? nil : text
    }
    if let blocks = root["adapter"]?["layers_to_transform"]?.elements {
      adapter.layersToTransform = Set(blocks.compactMap(\.integer)).sorted()
    }
    return adapter
  }

  // MARK: Sampling

  /// The rule with only those parameters that it reads, so that equal draws have equal specs.
  func sampling(
    _ combination: [(path: String, value: ParameterValue)], _ value: Value?, prefix: String
  ) -> SamplingSpec {
    func setting(_ key: String) -> ParameterValue? { combination.first { $0.path == prefix + key }?.value }
    var spec = SamplingSpec()
    if case .text(let rule) = setting("rule") { spec.rule = rule }
    let read = vocabulary.samplingRule(spec.rule)?.parameters ?? []
    if read.contains("cap"), case .number(let cap) = setting("cap") { spec.cap = Int(cap) }
    if read.contains("temperature"), case .number(let temperature) = setting("temperature") {
      spec.temperature = temperature
    }
    if read.contains("weights"), let entries = value?["weights"]?.entries {
      spec.weights = [:]
      for entry in entries { spec.weights?[entry.key] = entry.value.number }
    }
    return spec
  }

  /// Reports parameters that no rule of this sampling reads, missing ones, and weights of unknown tasks.
  mutating func checkSampling(_ sampling: Value, taskNames: [String]) {
    guard sampling.entry("rule")?.value.isBroken != true else { return }
    let words = sampling["rule"]?.settings ?? [.text(SamplingSpec().rule)]
    let names = words.map(\.description)
    let rules = names.compactMap(vocabulary.samplingRule)
    for key in ["cap", "temperature", "weights"] {
      guard let entry = sampling.entry(key),
        !rules.contains(where: { $0.parameters.contains(key) })
      else { continue }
      let readers = vocabulary.samplingRules.filter { $0.parameters.contains(key) }.map(\.name)
      report(
        "'\(key)' has no effect with the sampling rule '\(names.joined(separator: "', '"))'",
        at: entry.keyPlace,
        hint: "it belongs to rule: \(readers.joined(separator: " or rule: "))")
    }
    for rule in rules {
      for key in rule.needs where !sampling.has(key) {
        report("the sampling rule '\(rule.name)' needs '\(key)'", at: (sampling["rule"] ?? sampling).place)
      }
    }
    for entry in sampling["weights"]?.entries ?? [] where !taskNames.contains(entry.key) {
      report(
        "unknown task '\(entry.key)'", at: entry.keyPlace, hint: suggestion(for: entry.key, among: taskNames))
    }
    let weights = sampling["weights"]?.entries.compactMap(\.value.number) ?? []
    if !weights.isEmpty, weights.count == taskNames.count, weights.allSatisfy({ $0 == 0 }) {
      report("all weights are 0", at: sampling["weights"]?.place)
    }
  }

  // MARK: Checks

  /// Whether a text for targets is one name: as an expression it would say the same of whole paths, and else nothing.
  private static func isName(_ targets: String) -> Bool {
    targets.allSatisfy { $0.isLetter || $0.isNumber || "_.-".contains($0) }
  }

  private mutating func checkTargetPattern() {
    guard let targets = root["adapter"]?["targets"], let pattern = targets.text, !Self.isName(pattern) else {
      return
    }
    do { _ = try Regex(pattern) } catch {
      return report(
        "'\(pattern)' is no regular expression: \(error)", at: targets.place,
        hint: "a list of names needs none: [query, value]")
    }
    guard let blocks = root["adapter"]?.entry("layers_to_transform") else { return }
    report(
      "'layers_to_transform' has no effect beside a regular expression", at: blocks.keyPlace,
      hint: "say the blocks in the expression, or name layers in a list")
  }

  /// Validations are counted over steps, and said in one way.
  private mutating func checkTimes(_ times: Entry, _ every: [ParameterValue]) {
    if every != [.number(0)] {
      report(
        "'validate_times' beside 'validate_every'", at: times.keyPlace,
        hint: "keep one: both say when to validate")
    }
    let budget = root["budget"]
    let arms = budget?["arms"]?.elements ?? budget.map { [$0] } ?? []
    if let other = arms.first(where: { !$0.has("steps") && ($0.has("tokens") || $0.has("passes")) }) {
      report(
        "'validate_times' needs a budget of steps", at: times.keyPlace,
        hint: "give validate_every, or budget.steps in place of what stands in line \(other.place.line ?? 0)")
    }
  }

  private mutating func checkTraining() {
    if let targets = root["adapter"]?["targets"], targets.elements?.isEmpty ?? false {
      report("'adapter.targets' is empty", at: targets.place, hint: "name at least one linear layer")
    }
    checkTargetPattern()
    guard let training = root["training"], training.entry("validate_every")?.value.isBroken != true else {
      return
    }
    let every = training["validate_every"]?.settings ?? [.number(0)]
    if let times = training.entry("validate_times"),
      times.value.settings.contains(where: { $0 != .number(0) })
    {
      checkTimes(times, every)
      return
    }
    guard every.contains(.number(0)) else { return }
    for key in ["patience", "keep_best", "validate_rows"] {
      guard let entry = training.entry(key),
        entry.value.settings.contains(where: { $0 != .number(0) && $0 != .flag(false) })
      else { continue }
      report(
        "'\(key)' has no effect without validation", at: entry.keyPlace,
        hint: "set validate_every to a number of steps")
    }
  }
}
