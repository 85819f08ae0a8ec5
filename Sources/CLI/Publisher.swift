import ArgumentParser
import Basics
import Execution
import Experiment
import Foundation
import Machine
import Reporting
import Results
import Specs
import Terminal

/// Writes the files of `Results/<experiment>/`.
enum Publisher {
  /// Writes what is not there yet; where that fails, says why and ends with exit code 1: nothing is wrong with the manifest.
  /// - Returns: the report, for the terminal.
  static func publish(_ results: ResultSet, loaded: LoadedManifest, plan: Plan) throws -> Report {
    do {
      return try loaded.store.whileAlone(withTablesOf: loaded.folder.lastPathComponent) {
        try write(results, loaded: loaded, plan: plan)
      }
    } catch let error as Diagnostic {
      Console.error("\(error)")
      throw ExitCode(1)
    } catch {
      let problem = Diagnostic(
        "cannot write the tables: \(FileProblem.reason(error))", at: Place(file: loaded.folder.relativePath),
        hint: (FileProblem.remedy(error).map { $0 + "; " } ?? "") + "`mixology report` writes them again")
      Console.error("\(problem)")
      throw ExitCode(1)
    }
  }

  private static func write(_ results: ResultSet, loaded: LoadedManifest, plan: Plan) throws -> Report {
    try FileManager.default.createDirectory(at: loaded.folder, withIntermediateDirectories: true)
    let report = try Report(results, items: StoredItems(store: loaded.store, plan: plan))
    for file in report.files {
      let place = loaded.folder.appendingPathComponent(file.name)
      try write(Data(file.text.utf8), to: place)
      let packed = place.appendingPathExtension("gz")
      if let bytes = file.compressed {
        try write(Data(bytes), to: packed)
      } else if file.name == "runs.csv" {
        try? FileManager.default.removeItem(at: packed)
      }
    }
    let made = MadeBy(results)
    for note in made.notes { Console.note("\(note)") }
    let versions = [("mixology", Product.version)] + made.versions
    let lock = LockFile.text(
      manifest: loaded.manifest, plan: plan, versions: versions, stamp: loaded.stamp(plan))
    try write(Data(lock.utf8), to: loaded.folder.appendingPathComponent("manifest.lock.yaml"))
    try PredictionBinder(store: loaded.store).bind(
      plan, into: loaded.folder.appendingPathComponent("predictions"))
    try PredictionArchive(store: loaded.store).write(
      plan, models: report.comparedModels, to: loaded.folder.appendingPathComponent("predictions.jsonl.gz"))
    return report
  }

  /// A file that says the same already is left alone, so that nothing looks new that is not.
  private static func write(_ data: Data, to file: URL) throws {
    if let old = try? Data(contentsOf: file), old == data { return }
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: file, options: .atomic)
  }
}
