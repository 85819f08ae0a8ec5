import Foundation
import Testing

/// A run that tries, chooses and trains what it chose.
@Suite struct TryTests {
  private static let manifest =
    Workplace.tiny.replacingOccurrences(of: "density: 0.5", with: "density: {grid: [0.3, 0.6]}")
      + """

      tune:
        seeds: [7, 8]
        training: {learning_rate: [1e-3, 1e-2]}
        head: [labels, linear]
      """

  @Test func `tries choose, other seeds are reported, and a second run has nothing to do`() throws {
    let place = try Workplace(manifest: Self.manifest)
    let plan = try Program.run("plan", "m.yaml", "--workers", "1", in: place.folder)
    #expect(plan.status == 0 && plan.output.contains(" tried ones; about"), "\(plan.errors)")
    #expect(plan.output.contains("  waits for what validation chooses, which may be another one: "))
    let outcome = try Program.run("run", "m.yaml", in: place.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let heads = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("tiny: ") }
    #expect(heads.count >= 2 && heads.dropLast().allSatisfy { $0.hasSuffix("of what validation chooses") })
    #expect(heads.last?.contains("; then about") == false, "\(outcome.errors)")
    let tables = try place.tables()
    let predictions = try place.files(below: "Results/tiny/predictions").keys
    #expect(predictions.contains { $0.hasSuffix(".seed1.jsonl") })
    #expect(!predictions.contains { $0.hasSuffix(".seed7.jsonl") || $0.hasSuffix(".seed8.jsonl") })
    let tuning = try place.read("Results/tiny/tuning.csv").split(separator: "\n")
    // Of each model one of four points is chosen, with a line for the mean and one a task.
    #expect(tuning.dropFirst().count { $0.contains("single:news,") && $0.hasSuffix(",true") } >= 2)
    #expect(tuning.contains { $0.contains("merge:ties(density=0.6)") })
    let again = try Program.run("run", "m.yaml", "--verbose", in: place.folder)
    #expect(again.status == 0 && !again.errors.contains("done:"), "\(again.errors)")
    #expect(try place.tables() == tables)
    #expect(try Program.run("plan", "m.yaml", in: place.folder).output.hasSuffix("nothing to run\n"))
    // The same bytes with one worker, wherever it stopped.
    let other = try Workplace(manifest: Self.manifest)
    #expect(try Program.run("run", "m.yaml", "--workers", "1", "--quiet", in: other.folder).status == 0)
    #expect(try other.tables() == tables)
  }
}
