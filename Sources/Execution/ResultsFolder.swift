public import Basics
public import Foundation

/// The folders that a run writes into, looked at before it works for hours.
public enum ResultsFolder {
  /// Makes each folder and writes a byte into it, which goes away again.
  ///
  /// - Throws: a `Diagnostic` with what to do where the system refuses.
  public static func check(_ folders: [URL]) throws(Diagnostic) {
    for folder in folders {
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let probe = folder.appendingPathComponent(".probe-\(ProcessInfo.processInfo.processIdentifier)")
        try Data([0]).write(to: probe)
        try FileManager.default.removeItem(at: probe)
      } catch {
        throw Diagnostic(
          "results cannot be written: \(FileProblem.reason(error))", at: Place(file: folder.relativePath),
          hint: FileProblem.remedy(error))
      }
    }
  }
}
