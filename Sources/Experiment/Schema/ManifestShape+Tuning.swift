internal import Basics
internal import Language
internal import Specs

extension ManifestShape {
  /// What is tried for every model alike.
  var tune: [Field] {
    let sampling = ParameterSpec(
      "rule", .choice(vocabulary.samplingRules.map(\.name)), default: .text(SamplingSpec().rule),
      "the rule's name")
    // What evaluations read would make other data of the same rows.
    let evaluated = ManifestReading.evaluationPaths.map { $0.dropFirst("training.".count) }
    return [
      Field(
        "seeds", .ruled(.list(.scalar(.integer(0...2_147_483_647))), [.filled, .distinct]), required: true,
        "the seeds that try and choose, and report nothing"),
      Field("head", tried(.choice(HeadKind.allCases.map(\.rawValue))), "heads of all tasks"),
      Field(
        "training",
        tried(TrainingSettings.rows.map(\.parameter).filter { !evaluated.contains($0.name[...]) }),
        "values of training settings"),
      Field("adapter", tried(AdapterSettings.rows.map(\.parameter)), "values of adapter settings"),
      Field("budget", tried(BudgetSettings.parameters), "budgets, of which one is chosen for each model"),
      Field(
        "sampling", tried([sampling, SamplingSettings.cap, SamplingSettings.temperature]), "ways to draw"),
      Field(
        "report", .ruled(.list(.name), [.filled, .distinct]),
        "what the seeds of 'seeds' train whatever is chosen: singles, pairs, leave_one_out, all, or names; singles and all where "
          + "nothing is said"),
    ]
  }

  private func tried(_ kind: ParameterSpec.Kind) -> Shape {
    .ruled(.list(.scalar(kind)), [.filled, .distinct])
  }

  private func tried(_ parameters: [ParameterSpec]) -> Shape {
    .object(parameters.map { Field($0.name, tried($0.kind), $0.summary) })
  }
}
