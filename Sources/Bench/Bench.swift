package import ArgumentParser
internal import Basics
internal import Execution
internal import Foundation
internal import LinearAlgebra

/// Measurements, one JSON line each.
package struct Bench: ParsableCommand {
  package init() {}

  package static let configuration = CommandConfiguration(
    abstract: "Measures this machine and this program; one JSON line a measurement.",
    discussion: """
      Fractions are of the SGEMM peak that was measured directly before and after, in the same process: machines \
      drift, ratios do not. Without --base the rows go through all-MiniLM-L6-v2 from the cache, or through random \
      weights of its shape; without --data they are generated with lengths like those of news sentences.
      """,
    subcommands: measurements + [BenchCompare.self, BenchBaseline.self])

  /// The table of benches; a new one is a file in this folder and a line here.
  static let measurements: [any ParsableCommand.Type] = [
    BenchGEMM.self, BenchTrain.self, BenchEvaluate.self, BenchLengths.self, BenchStepMemory.self,
    BenchFrozen.self, BenchPrecision.self, BenchMerge.self, BenchMerges.self, BenchTokenize.self,
  ]
}
