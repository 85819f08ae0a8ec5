import Basics
import Experiment
import Foundation
import Testing

/// Things that can be said in several ways, of which one alone may stand.
@Suite struct WayTests {
  private let passes = manifestText().replacingOccurrences(of: "{steps: 200}", with: "{passes: 2}")

  @Test func `a way on the command line replaces that of the manifest`() throws {
    let plan = try plan(passes, ["budget.steps=5"])
    #expect(plan.budget == "5 optimiser steps")
    #expect(
      try ExperimentTests.plan(passes, ["budget.steps=5", "budget.tokens=100"]).budget
        == "100 training tokens")
    let generated = try read(
      manifestText(), ["tasks.fiqa={generate: {form: topic, rows: {train: 4, test: 2}}}"])
    #expect(generated.name == "finance")
  }

  @Test func `two ways in the manifest are refused as before`() {
    let text = manifestText().replacingOccurrences(of: "{steps: 200}", with: "{steps: 200, passes: 2}")
    #expect(complaint { _ = try read(text) }.contains("'budget' is set in 2 ways"))
  }

  @Test(arguments: [
    ("budget: {steps: 200}", "budget: {epochs: 3}", "did you mean 'passes'?"),
    ("budget: {steps: 200}", "budget: {zzz: 3}", "known: steps, tokens, passes, arms"),
    ("name: finance", "nme: finance", "did you mean 'name'?"),
    ("fpb: {data: fpb, kind", "fpb: {daat: fpb, kind", "did you mean 'data'?"),
    (
      "fpb, kind: classification, labels: [bad, good], family: sentiment}\n  fomc",
      "fpb, kidn: classification, labels: [bad, good]}\n  fomc",
      "did you mean 'kind'?"
    ),
    (
      "cocktails: [singles, pairs, leave_one_out, all]", "cocktails: [{taks: [fpb, fiqa]}]",
      "did you mean 'tasks'?"
    ),
  ])
  func `a misspelt key is one error`(part: String, text: String, hint: String) {
    let manifest = manifestText()
    #expect(manifest.contains(part))
    let message = complaint { _ = try read(manifest.replacingOccurrences(of: part, with: text)) }
    #expect(message.components(separatedBy: "error:").count == 2, "\(message)")
    #expect(message.hasSuffix("^ \(hint)"), "\(message)")
  }
}
