public import Basics
public import Experiment
internal import Foundation
internal import Machine
internal import Specs

/// Whether what a plan has still to write fits on the disk of its store.
public struct DiskSpace: Sendable {
  /// Bytes that all open jobs will write, by the plan.
  public var needed: Double
  /// Bytes that the first one of them will write.
  public var next: Double
  /// Bytes that are free; nil where the system does not say.
  public var free: Double?
  private let place: String

  /// What a file system takes for itself where a file is written.
  private static let least = 1e6

  /// Looks at a plan and its store.
  public init(_ plan: Plan, _ progress: PlanProgress, _ store: JobStore) {
    self.init(
      plan, progress, place: store.root.relativePath,
      free: MachineFacts.freeDisk(at: store.root.path).map(Double.init))
  }

  /// The same of a disk with so many free bytes.
  package init(_ plan: Plan, _ progress: PlanProgress, place: String, free: Double?) {
    let open = plan.jobs.lazy.filter { progress.isOpen($0.id) }.map(\.work.disk)
    needed = open.reduce(0, +)
    next = open.first ?? 0
    self.place = place
    self.free = free
  }

  /// What keeps the next job from being done; nil where it fits, or where nothing is to be done.
  public var problem: Diagnostic? {
    guard let free, needed > 0, free < next + DiskSpace.least else { return nil }
    return Diagnostic(
      "the disk is full: the next job writes about \(megabytes(next)), and \(megabytes(free)) are free",
      at: Place(file: place), hint: remedy)
  }

  /// What a user should know where the disk may not do for all of it; nil where it does.
  public var note: PlanNote? {
    guard problem == nil, let free, free < needed else { return nil }
    return PlanNote(
      "the disk may be too small: the jobs write about \(megabytes(needed)), and \(megabytes(free)) are free",
      at: Place(file: place), hint: remedy)
  }

  /// How to go on where the disk refuses to take more.
  var remedy: String {
    "make room for about \(megabytes(needed)), or name another folder by --results; what is done is kept: run again"
  }

  private func megabytes(_ bytes: Double) -> String { "\(Int((bytes / 1e6).rounded(.up))) MB" }
}
