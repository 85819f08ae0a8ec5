internal import Basics
internal import LinearAlgebra

/// The workspaces of one worker, one a thread; they live as long as the worker: later repeats allocate nothing.
final class BenchWorker: Sendable {
  private let workspaces: Lock<[Workspace]>

  init(threads: Int) {
    workspaces = Lock((0..<threads).map { _ in Workspace() })
  }

  /// Lends them out.
  func withWorkspaces(_ body: ([Workspace]) throws -> Void) rethrows {
    try workspaces.withLock { try body($0) }
  }
}
