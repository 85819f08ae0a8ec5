import Foundation

/// A temporary folder with a manifest, data and results; it goes away with the value.
final class Workplace: Sendable {
  let folder: URL

  init(manifest: String = Workplace.tiny) throws {
    folder = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent("mixology-test-\(Int.random(in: 0..<Int.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try write(manifest, to: "m.yaml")
  }

  /// A copy of another one as it stands.
  init(copying other: Workplace) throws {
    folder = other.folder.deletingLastPathComponent()
      .appendingPathComponent("mixology-test-\(Int.random(in: 0..<Int.max))")
    try FileManager.default.copyItem(at: other.folder, to: folder)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Three generated tasks over an encoder that is pretrained at once; 106 jobs.
  static let tiny = """
    name: tiny
    seeds: [0, 1]
    base:
      pretrain: {hidden: 32, layers: 2, heads: 2, intermediate: 64, sentences: 120, steps: 10, batch_rows: 8}
    tasks:
      news: {generate: {form: sentiment, rows: {train: 24, validation: 12, test: 12}}}
      score: {generate: {form: score, rows: {train: 24, validation: 12, test: 12}}}
      names: {generate: {form: entities, rows: {train: 24, validation: 12, test: 12}}, head: labels}
    cocktails: [singles, all]
    budget: {steps: 6}
    adapter: {rank: 4, alpha: 8, targets: [query, value]}
    training: {learning_rate: 1e-3, batch_rows: 8, max_tokens: 32}
    merges:
      - {method: linear, of: singles}
      - {method: ties, of: singles, density: 0.5}
    """

  func write(_ text: String, to name: String) throws {
    let file = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data((text + "\n").utf8).write(to: file)
  }

  func read(_ name: String) throws -> String {
    try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
  }

  /// Every file below a folder with its bytes, by relative path.
  func files(below name: String, where isWanted: (String) -> Bool = { _ in true }) throws -> [String: Data] {
    let root = folder.appendingPathComponent(name)
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: root.path) where isWanted(path) {
      let file = root.appendingPathComponent(path)
      if let data = try? Data(contentsOf: file) { files[path] = data }
    }
    return files
  }

  /// The tables and predictions, without what a run cost.
  func tables() throws -> [String: Data] {
    try files(below: "Results/tiny") { $0 != "costs.csv" }
  }

  /// What the jobs left, without what they cost.
  func artefacts() throws -> [String: Data] {
    try files(below: "Results/.store") { !$0.hasSuffix("cost.json") }
  }

  /// The names in the store of finished jobs, or of attempts.
  func stored(attempts: Bool = false) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path + "/Results/.store")
    return (names ?? []).filter { $0.hasPrefix("attempt-") == attempts && !$0.contains(".") }.sorted()
  }
}

/// The tiny experiment, run to its end once for all tests that compare with it.
enum Finished {
  private static let made = Result {
    let place = try Workplace()
    // Statics live to the end of the process, which runs no deinit.
    atexit {
      if let place = try? Finished.get().place { try? FileManager.default.removeItem(at: place.folder) }
    }
    return (place, try Program.run("run", "m.yaml", "--workers", "2", in: place.folder))
  }

  static func get() throws -> (place: Workplace, outcome: Outcome) { try made.get() }
}
