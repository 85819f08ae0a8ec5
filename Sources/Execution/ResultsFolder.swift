public import Basics
public import Experiment
public import Foundation
internal import Machine

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

  /// Looks whether tables may be replaced by those of another experiment.
  ///
  /// Editing a manifest and running it again is the usual way of work, and its tables follow it. Settings of the command
  /// line are a trial beside it: they must not take the place of tables that were paid for with others.
  ///
  /// - Parameters:
  ///   - tables: The folder of the tables; nothing is said where there are none.
  ///   - stamp: What is to be written there.
  /// - Returns: What a user should know before settings give way to the manifest alone; nil where nothing is lost.
  /// - Throws: a `Diagnostic` with the ways out where tables of other settings stand there.
  public static func check(
    _ tables: URL, mayHold stamp: TablesStamp
  ) throws(Diagnostic) -> PlanNote? {
    let lock = tables.appendingPathComponent("manifest.lock.yaml")
    guard let bytes = FileManager.default.contents(atPath: lock.path) else { return nil }
    let present = TablesStamp(lock: String(decoding: bytes, as: UTF8.self))
    let name = tables.lastPathComponent
    guard stamp.mayReplace(present) else {
      throw Diagnostic(
        "here stand the tables of the experiment with \(present.words), which those with \(stamp.words) would replace",
        at: Place(file: tables.relativePath),
        hint: "give the new ones a folder of their own by -S name=\(name)-2, or add --force to replace these")
    }
    guard stamp.settings.isEmpty, !present.settings.isEmpty, stamp.jobs != present.jobs else { return nil }
    return PlanNote(
      "the tables with \(present.words) give way to those of the manifest alone",
      at: Place(file: tables.relativePath),
      hint: "`mixology report` with these settings and -S name=\(name)-2 writes them again")
  }

  private static func probe(_ folder: URL) throws {
    let probe = folder.appendingPathComponent(".probe-\(ProcessIdentity.current.fileName)")
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
