internal import Basics
public import Experiment
internal import Merging
internal import Tasks
internal import Training

extension Vocabulary {
  /// The words of all tables.
  public static var joined: Vocabulary {
    Vocabulary(
      kinds: TaskKinds.all.entries.map { Kind($0.outline, readout: { Readouts.outline(of: $0) }) },
      methods: MergeMethods.all.entries.map { row in
        Method(
          name: row.name, parameters: row.parameters, rule: row.rule, servedBy: row.servedBy?.rawValue,
          demands: { given in
            // Values that a row does not take are told by the check, and by the reader before it.
            let parameters = try? Parameters(given, for: row.parameters, of: row.name)
            return parameters.map(row.demands) ?? MergeDemands()
          }
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
}
