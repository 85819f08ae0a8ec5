import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// Documentation.docc/Conformance.md of the merge methods, made from the rows and the golden numbers.
///
/// Rewritten with UPDATE_SNAPSHOTS=1.
@Suite struct ConformanceTests {
  private static let file = Reference.package.appendingPathComponent(
    "Sources/Merging/Documentation.docc/Conformance.md")

  /// What the golden numbers of a method come from and how far the merges are from them.
  private struct Finding {
    var references: [String] = []
    var cases = 0
    var error = 0.0
  }

  private func findings() throws -> [String: Finding] {
    var findings: [String: Finding] = [:]
    for group in try Golden.files.flatMap({ try Golden.groups($0) }) {
      let models = group.models
      for item in group.cases {
        let method = try MergeMethods.all.entry(named: item.method)
        let (merged, _) = try merge(
          models, item.weights, method, item.parameters, evidence: group.evidence(for: method))
        var finding = findings[item.method] ?? Finding()
        finding.cases += 1
        for (path, delta) in merged.sites {
          let error = relativeError(merged.lowRank(delta).dense.floats, item.expected[path] ?? [])
          finding.error = max(finding.error, error)
        }
        let reference = item.by.split(separator: ",")[0]
        let named = [Self.programs[String(reference)] ?? String(reference)]
        for name in named + (item.reference == nil ? [] : ["FusionBench"])
        where !finding.references.contains(name) {
          finding.references.append(name)
        }
        findings[item.method] = finding
      }
    }
    return findings
  }

  private static let programs = [
    "numpy": "formula in NumPy", "peft": "PEFT", "mergekit": "mergekit", "torch": "formula in torch",
    "fusion_bench": "FusionBench",
  ]

  private func page() throws -> (text: String, errors: [String: Double]) {
    let findings = try findings()
    var lines = [
      "# Conformance", "",
      "How far every merge method is from an independent program on the same adapters.", "",
      "The error is the largest ‖ΔW − ΔW_reference‖ ÷ ‖ΔW_reference‖ of any layer of any case in Tests/Golden/merge.",
      "Adapters are stored in single precision, so 1e-7 is as near as a merge can come. A formula in NumPy is the rule",
      "written a second time on full matrices, where no other program has it or none that gives it out alone. Rules that",
      "draw are compared on equal draws.",
      "",
      "References: \(try versions()).", "",
      "This page is made by the tests of the module, which fail where it is out of date.", "",
      "| method | paper | reference | cases | error | differences on purpose |",
      "|---|---|---|---:|---:|---|",
    ]
    for row in MergeMethods.all.entries {
      let finding = findings[row.name] ?? Finding()
      let paper = row.paper.map { "[\($0)](https://arxiv.org/abs/\($0))" } ?? ""
      let difference = row.base == nil ? row.notes.differences ?? "none" : row.summary
      let references = finding.cases == 0 ? [elsewhere(row)] : finding.references.sorted()
      lines.append(
        "| `\(row.name)` | \(paper) | \(references.joined(separator: ", ")) | \(finding.cases) | "
          + (finding.cases == 0 ? "–" : String(format: "%.0e", finding.error))
          + " | \(difference.replacingOccurrences(of: "|", with: "\\|")) |")
    }
    return (lines.joined(separator: "\n") + "\n", findings.mapValues(\.error))
  }

  /// What a method is held against that needs data, so that adapters alone say nothing of it.
  private func elsewhere(_ row: MergeMethod) -> String {
    switch row.form {
    case .rule, .measured: ""
    case .learned: "gradients: PyTorch, on a small encoder"
    case .routed: "parts and gates: formula in NumPy or PyTorch, Arrow PEFT"
    case .searched: "the merges that it tries are rows of this table"
    case .trained(let rule, _): "a recipe of trainings and of `\(rule.name)`"
    }
  }

  private func versions() throws -> String {
    let files = ["versions.txt", "versions_linear.txt"]
    let lines = try files.flatMap { name in
      try String(contentsOf: Reference.golden("merge/\(name)"), encoding: .utf8).split(separator: "\n").map(
        String.init)
    }
    return Set(lines).sorted().joined(separator: ", ") + ", fusion-bench 0.2.33"
  }

  /// A line without its error, and the error.
  private func parted(_ line: Substring) -> (text: String, error: Double?) {
    var cells = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard cells.count > 6, let error = Double(cells[5].trimmingCharacters(in: .whitespaces)) else {
      return (String(line), nil)
    }
    cells[5] = ""
    return (cells.joined(separator: "|"), error)
  }

  @Test func `the conformance table is that of the rows and of their golden numbers`() throws {
    let (text, _) = try page()
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
      try FileManager.default.createDirectory(
        at: Self.file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: Self.file, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOf: Self.file, encoding: .utf8)
    let (now, then) = (lines(text), lines(stored))
    // A row without the golden numbers that it needs is told of by their test.
    let missing = try Golden.missing()
    let outOfDate = (now.order + then.order.filter { now.parts[$0] == nil }).filter {
      !missing.contains($0) && now.parts[$0]?.text != then.parts[$0]?.text
    }
    #expect(
      outOfDate == [],
      """
      Conformance.md is out of date: make it again with UPDATE_SNAPSHOTS=1 in the environment of \
      `make test FILTER=ConformanceTests`, and look at the difference
      """)
    for name in now.order {
      // Rounding differs between processors, by some bits.
      guard let measured = now.parts[name]?.error, let said = then.parts[name]?.error else { continue }
      #expect(measured <= 4 * said + 1e-8 && said <= 4 * measured + 1e-8, "\(name)")
    }
  }

  /// The lines of a page by what they are about: a row by its method, others by themselves.
  private func lines(_ page: String) -> (order: [String], parts: [String: (text: String, error: Double?)]) {
    var order: [String] = []
    var parts: [String: (text: String, error: Double?)] = [:]
    for line in page.split(separator: "\n") {
      let cells = line.split(separator: "`", maxSplits: 2)
      let name = line.hasPrefix("| `") && cells.count > 1 ? String(cells[1]) : String(line)
      if parts[name] == nil { order.append(name) }
      parts[name] = parted(line)
    }
    return (order, parts)
  }
}
