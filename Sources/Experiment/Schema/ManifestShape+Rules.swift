internal import Basics
internal import Language
internal import Specs

/// What the reader holds of tasks, cocktails and samplings beyond their keys, as the schema says it.
extension ManifestShape {
  /// A text with at least one column in braces, as `Template` reads it.
  var template: Shape {
    let literal = #"[^{}]|\{\{|\}\}"#
    let column = #"\{[^{}][^}]*\}"#
    return .ruled(.text, [.pattern("^(?:\(literal))*\(column)(?:\(literal)|\(column))*$")])
  }

  /// A list of these metrics.
  func metrics(of metrics: [Vocabulary.Metric]) -> Shape {
    .ruled(.list(.word(metrics.map(\.name))), [.filled, .distinct])
  }

  /// Rows of a generated task, without which nothing is trained.
  var generatedRows: Shape {
    let train = Split.train.rawValue
    return .ruled(
      splits(0...10_000_000), [.needs([train]), .narrows(train, .scalar(.integer(1...10_000_000)))])
  }

  /// What a task's source and kind ask for and leave no room for.
  var taskRules: [Rule] {
    let kinds = TaskKind.allCases.map { kind in
      Rule.when(
        .says(["kind"], among: [kind.rawValue]),
        rules(of: kind) + [.narrows("metrics", metrics(suiting: kind))])
    }
    let forms = TaskKind.allCases.compactMap { kind -> Rule? in
      let forms = vocabulary.generatorForms.filter { vocabulary.generatedTasks($0)?.kind == kind }
      if forms.isEmpty { return nil }
      return .when(
        .says(["generate", "form"], among: forms),
        [.narrows("metrics", metrics(suiting: kind))])
    }
    return [
      .oneOf(["generate", "files", "data"]),
      .when(
        .has("generate"),
        [.never(["kind", "text", "pair", "target", "labels", "anchors"], because: "the form brings it")]
          + forms,
        otherwise: [.needs(["kind"])] + kinds),
    ]
  }

  private func metrics(suiting kind: TaskKind) -> Shape {
    metrics(of: vocabulary.metrics.filter { $0.kinds.contains(kind) })
  }

  private func rules(of kind: TaskKind) -> [Rule] {
    switch kind {
    case .classification:
      return [.needs(["labels"]), .never(["anchors"], because: "anchors are for regression")]
    case .regression: return [.never(["labels"], because: "a regression task has anchors")]
    case .tagging:
      let tags = Shape.ruled(.text, [.pattern("^(?:O$|B-|I-)")])
      let labels = Shape.either([
        .list(tags), .ruled(.table(.optionalText, keysAreNames: false), [.keys(tags)]),
      ])
      return [
        .needs(["labels"]), .never(["anchors", "pair"], because: "a tagging task has none"),
        .narrows("labels", labels),
      ]
    }
  }

  /// A cocktail is given in one way; a name and a sampling belong to a list of tasks.
  var cocktailRules: [Rule] {
    [.oneOf(["pairs", "subsets", "tasks"])]
      + ["pairs", "subsets"].map {
        .when(.has($0), [.never(["name", "sampling"], because: "it belongs to a list of tasks")])
      }
  }

  /// Settings that a rule needs, and settings that none of the named rules reads.
  func samplingRules(settings: [String]) -> [Rule] {
    let usual = SamplingSpec().rule
    let needs = vocabulary.samplingRules.filter { !$0.needs.isEmpty }.map {
      Rule.when(.saysSome("rule", $0.name), [.needs($0.needs)])
    }
    return needs
      + settings.map { setting in
        let strangers = vocabulary.samplingRules.filter { !$0.parameters.contains(setting) }.map(\.name)
        return .when(
          .saysOnly("rule", among: strangers, orNothing: strangers.contains(usual)),
          [.never([setting], because: "the sampling rule does not read it")])
      }
  }

  /// A point of a grid can be chosen on validation alone.
  var evaluateRules: [Rule] {
    [
      .when(
        .says(["grids"], among: ["chosen"]),
        [.narrows("splits", .ruled(.list(.text), [.notOnly(Split.test.rawValue)]))])
    ]
  }
}
