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

/// Runs a body for 0, 1, … of some number, every lane its share of them.
///
/// The bodies must write different things; in which order they run is not said.
public func concurrently(_ count: Int, lanes: Int, _ body: (Int) -> Void) {
  concurrently(max(1, min(lanes, count))) { lane in
    for index in stride(from: lane, to: count, by: lanes) { body(index) }
  }
}

/// Runs a body for 0, 1, … of some number in rounds, and joins what each left in their order: sums and lists are then the
/// same whatever the number of lanes.
///
/// - Parameters:
///   - lanes: How many run at once.
///   - depth: How many a lane does before lanes wait for each other, so that unequal ones even out.
///   - body: Gets its lane and its number; a lane does one at a time, in order.
///   - joined: Gets the same after a round, on the caller's thread; what it throws ends all.
public func inRounds(
  _ count: Int, lanes: Int, depth: Int = 1, _ body: (_ lane: Int, _ index: Int) -> Void,
  joined: (_ lane: Int, _ index: Int) throws -> Void
) rethrows {
  for first in stride(from: 0, to: count, by: lanes * depth) {
    let end = min(first + lanes * depth, count)
    concurrently(end - first, lanes: lanes) { body($0 % lanes, first + $0) }
    for index in first..<end { try joined((index - first) % lanes, index) }
  }
}

/// What a body makes of 0, 1, … of some number, in order; of several errors that of the least number is thrown.
///
/// The bodies must not write the same things.
/// - Parameters:
///   - lanes: How many run at once; their number changes no result.
///   - depth: How many a lane does before an error ends all.
public func collected<Part>(
  _ count: Int, lanes: Int, depth: Int = 8, _ body: (_ index: Int) throws -> Part
) throws -> [Part] {
  let lanes = (0..<max(1, min(lanes, count))).map { _ in LaneParts<Part>() }
  var all: [Part] = []
  try inRounds(count, lanes: lanes.count, depth: depth) { lane, index in
    lanes[lane].parts.append(Result { try body(index) })
  } joined: { lane, _ in
    all.append(try lanes[lane].parts.removeFirst().get())
  }
  return all
}

/// What a lane has made since lanes last waited for each other.
private final class LaneParts<Part> {
  var parts: [Result<Part, any Error>] = []
}

/// Takes a body to other threads; its caller promises that the calls do not touch the same things.
private struct SharedBody: @unchecked Sendable {
  let run: (Int) -> Void
}
