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
    let outlines = vocabulary.kinds.map(\.outline)
    let kinds = outlines.map { outline in
      Rule.when(
        .says(["kind"], among: [outline.kind.rawValue]),
        rules(of: outline) + [.narrows("metrics", metrics(suiting: outline.kind))])
    }
    let forms = outlines.map(\.kind).compactMap { kind -> Rule? in
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
        [
          .never(["kind", "text", "pair", "target", "labels", "anchors"], because: "the form brings it"),
          .never(["by"], because: "generated rows have no columns"),
        ] + forms,
        otherwise: [.needs(["kind"])] + kinds),
    ]
  }

  private func metrics(suiting kind: TaskKind) -> Shape {
    metrics(of: vocabulary.metrics.filter { $0.kinds.contains(kind) })
  }

  private func rules(of kind: KindOutline) -> [Rule] {
    let strange = [
      ("labels", kind.labels != nil), ("anchors", kind.takesAnchors), ("pair", kind.takesPairs),
    ].filter { !$0.1 }.map(\.0)
    var rules: [Rule] = kind.labels == nil ? [] : [.needs(["labels"])]
    if !strange.isEmpty { rules.append(.never(strange, because: "a \(kind.kind) task has none")) }
    if let form = kind.labels?.form {
      let label = Shape.ruled(.text, [.pattern(form.pattern)])
      let labels = Shape.either([
        .list(label), .ruled(.table(.optionalText, keysAreNames: false), [.keys(label)]),
      ])
      rules.append(.narrows("labels", labels))
    }
    return rules
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
