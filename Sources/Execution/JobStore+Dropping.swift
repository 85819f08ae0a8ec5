internal import Basics
internal import Foundation
internal import Machine
public import Specs

/// Finished jobs of which only what they found is kept.
///
/// The points of a grid that were not chosen are never looked at again, and their adapters and predictions are nearly all
/// that a sweep of merges writes. What is dropped is made again where something asks for it.
extension JobStore {
  /// The file that says that the others were dropped.
  private static let marker = "dropped"
  /// What stays.
  private static let kept: Set = [resultName, specName, "cost.json", ScoreBook.name, marker]

  /// Whether the job is finished and its files were dropped.
  public func isDropped(_ id: JobID) -> Bool {
    FileManager.default.fileExists(atPath: "\(path(id))/\(JobStore.marker)")
  }

  /// Whether the job is finished and all its files are there: of a job that is made again this is not so.
  func isWhole(_ id: JobID) -> Bool { contains(id) && !isDropped(id) }

  /// Removes what a finished job left, but for its result, its costs and what its predictions came to; under its lease.
  ///
  /// What a crash leaves of the rest is removed by the next call.
  package func drop(_ id: JobID) throws {
    let folder = path(id)
    do {
      // The marker first: what is missing without it is damage.
      try Data().write(to: URL(fileURLWithPath: "\(folder)/\(JobStore.marker)"))
      for name in try FileManager.default.contentsOfDirectory(atPath: folder)
      where !JobStore.kept.contains(name) {
        try JobStore.ignoringMissing { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
      }
    } catch {
      // Without its folder there is nothing to drop.
      if FileProblem.number(error) != ENOENT { throw error }
    }
  }

  private static func ignoringMissing(_ body: () throws -> Void) throws {
    do { try body() } catch {
      if FileProblem.number(error) != ENOENT { throw error }
    }
  }
}
