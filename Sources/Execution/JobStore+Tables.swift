internal import Foundation

extension JobStore {
  /// Runs a body that replaces the tables of a name while no other run or report does, so that a folder never holds files of
  /// two of them; the one that comes last counts.
  ///
  /// Where the file system knows no locks the body runs as it is.
  public func whileAlone<Result>(withTablesOf name: String, _ body: () throws -> Result) rethrows -> Result {
    let file = root.appendingPathComponent(".tables-\(name)")
    // Made once and never replaced: a lock is the file's, not the name's.
    try? Data().write(to: file, options: .withoutOverwriting)
    guard let handle = FileHandle(forUpdatingAtPath: file.path) else { return try body() }
    // Given back when the file is closed, also by a process that is killed.
    defer { try? handle.close() }
    while flock(handle.fileDescriptor, LOCK_EX) != 0, errno == EINTR {}
    return try body()
  }
}
