internal import Basics
public import Experiment
internal import Merging
internal import Tasks

extension Vocabulary {
  /// The words of all tables.
  public static var joined: Vocabulary {
    Vocabulary(
      methods: MergeMethods.all.entries.map { row in
        Method(
          name: row.name, parameters: row.parameters, rule: row.rule, tuning: tuning(of: row),
          servedBy: row.servedBy?.rawValue, evidence: row.evidence,
          training: row.training, isOrdered: row.isOrdered
        ) { given, weights in
          do throws(Diagnostic) {
            let parameters = try Parameters(given, for: row.parameters, of: "merge method '\(row.name)'")
            try row.check(parameters, weights: weights)
            return nil
          } catch {
            return error
          }
        }
      },
      metrics: Metrics.all.entries.map {
        Metric(name: $0.name, kinds: $0.kinds, higherIsBetter: $0.higherIsBetter)
      },
      samplingRules: MixtureRules.all.entries.map {
        SamplingRule(
          name: $0.name, parameters: $0.parameters, needs: $0.needs, drawsByRate: $0.drawsByRate,
          rates: $0.rates)
      },
      generatorForms: GeneratedSuite.forms,
      generatedTasks: { GeneratedSuite.template($0) })
  }

  private static func tuning(of method: MergeMethod) -> Tuning? {
    switch method.form {
    case .rule, .measured, .routed, .trained: return nil
    case .learned(let make):
      // Neither the loss of a row nor how it keeps changes depends on its parameters.
      guard let parameters = try? Parameters([:], for: method.parameters, of: method.name) else { return nil }
      let learning = make(parameters)
      return Tuning(
        needsDistributions: !learning.objective.readsLabels, takesRanges: false,
        fullMatrices: learning.fullMatrices)
    case .searched: return Tuning(needsDistributions: false, takesRanges: method.takesRanges)
    }
  }
}
