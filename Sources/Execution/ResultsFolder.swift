public import Basics
public import Foundation

/// The folders that a run writes into, looked at before it works for hours.
public enum ResultsFolder {
  /// Makes the store's folder, and writes a byte, which goes away again, into it and where the tables will stand.
  ///
  /// The folder of the tables is not made: an interrupted run leaves none.
  /// - Throws: a `Diagnostic` with what to do where the system refuses.
  public static func check(store: URL, tables: URL) throws(Diagnostic) {
    try refusing(store) {
      try FileManager.default.createDirectory(at: store, withIntermediateDirectories: true)
      try probe(store)
    }
    try refusing(tables) {
      var place = tables
      while !FileManager.default.fileExists(atPath: place.path), place.path != "/" {
        place = place.deletingLastPathComponent()
      }
      try probe(place)
    }
  }

  private static func probe(_ folder: URL) throws {
    let probe = folder.appendingPathComponent(".probe-\(ProcessInfo.processInfo.processIdentifier)")
    try Data([0]).write(to: probe)
    try FileManager.default.removeItem(at: probe)
  }

  private static func refusing(_ folder: URL, _ body: () throws -> Void) throws(Diagnostic) {
    do { try body() } catch {
      throw Diagnostic(
        "results cannot be written: \(FileProblem.reason(error))", at: Place(file: folder.relativePath),
        hint: FileProblem.remedy(error))
    }
  }
}
