internal import Dispatch

/// Runs a body for 0, 1, … at once, on as many threads as there are cores at most, and returns when all are done.
///
/// The bodies must write different things; in which order they run is not said.
public func concurrently(_ count: Int, _ body: (Int) -> Void) {
  if count == 1 { return body(0) }
  withoutActuallyEscaping(body) { body in
    let shared = SharedBody(run: body)
    DispatchQueue.concurrentPerform(iterations: count) { shared.run($0) }
  }
}

/// Takes a body to other threads; its caller promises that the calls do not touch the same things.
private struct SharedBody: @unchecked Sendable {
  let run: (Int) -> Void
}
