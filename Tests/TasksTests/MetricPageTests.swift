import Basics
import Foundation
import Specs
import TaskFixtures
import Tasks
import TestSupport
import Testing

/// Documentation.docc/Metrics.md of the tasks, made from the rows of the table.
///
/// Rewritten with UPDATE_SNAPSHOTS=1.
@Suite struct MetricPageTests {
  private static let file = Reference.package.appendingPathComponent(
    "Sources/Tasks/Documentation.docc/Metrics.md")

  private var page: String {
    var lines = [
      "# Metrics", "",
      "What a task can be measured by: the words under `metrics` in a manifest.", "",
      "The first metric of a task decides: it chooses on validation and stands in the comparison. Values are those of",
      "scikit-learn, SciPy and seqeval (Tests/Golden/metrics), but that a correlation with a constant is 0, not NaN.",
      "",
      "This page is made by the tests of the module, which fail where it is out of date.", "",
      "| metric | what | for | range | better |",
      "|---|---|---|---|---|",
    ]
    for metric in Metrics.all.entries {
      // A kind that owes its fixture is told of with all that it owes, this page among it.
      let kinds = metric.kinds.filter { KindFixture.all[$0] != nil }.map(\.rawValue)
      lines.append(
        "| `\(metric.name)` | \(metric.summary) | \(kinds.joined(separator: ", ")) | "
          + "\(end(metric.range.lowerBound)) to \(end(metric.range.upperBound)) | "
          + "\(metric.higherIsBetter ? "higher" : "lower") |")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func end(_ value: Double) -> String {
    value.isFinite ? "\(Int(value))" : value > 0 ? "∞" : "−∞"
  }

  @Test func `the page of metrics is that of the table`() throws {
    if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
      try FileManager.default.createDirectory(
        at: Self.file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try page.write(to: Self.file, atomically: true, encoding: .utf8)
    }
    let stored = try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n")
    let page = page.split(separator: "\n")
    // A metric that owes more than its line is told of with all that it owes.
    let missing = try MetricTests.owed().map { "| `\($0.metric)` |" }
    let changed =
      page.filter { line in !stored.contains(line) && !missing.contains { line.hasPrefix($0) } }
      + stored.filter { !page.contains($0) }
    let isOrdered = changed != [] || stored == page.filter { stored.contains($0) }
    #expect(
      changed == [] && isOrdered,
      "Metrics.md is out of date: make it again with `UPDATE_SNAPSHOTS=1 make test FILTER=MetricPageTests`")
  }
}
