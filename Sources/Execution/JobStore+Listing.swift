internal import Basics
public import Experiment
internal import Foundation
public import Specs

extension JobStore {
  /// The jobs that are finished, by one look at the store's folder: a plan of many jobs is not looked up one by one.
  public func finished() -> Set<JobID> {
    var finished: Set<JobID> = []
    for name in names() {
      if let id = JobID(hex: name), contains(id) { finished.insert(id) }
    }
    return finished
  }

  /// What stands in the store's folder; nothing where there is none.
  func names() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [] }

  /// What a user should know of jobs that an earlier version of the program left, which this one does not read; nil where
  /// there are none.
  public func earlierFormats() -> PlanNote? {
    let count = names().count { name in
      JobID(hex: name) != nil
        && FileManager.default.fileExists(atPath: "\(root.path)/\(name)/\(JobStore.earlierSpecName)")
    }
    guard count > 0 else { return nil }
    let place = root.relativePath
    return PlanNote(
      "\(count) \(count == 1 ? "job is" : "jobs are") of an earlier format and not read",
      at: Place(file: place),
      hint:
        "`find \(UserPath.quoted(place)) -name \(JobStore.earlierSpecName) -printf '%h\\0' | xargs -0 rm -r` removes them"
    )
  }

  /// What a job was asked stood in a file of this name before format 3.
  private static var earlierSpecName: String { "spec.json" }
}
