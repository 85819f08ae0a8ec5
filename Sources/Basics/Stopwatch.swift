/// The time since it was made, on a clock that only goes forward: never below zero.
///
/// The one place that reads such a clock. Times are seconds as numbers with a sign, so that the difference of two that
/// were taken in another order is a small mistake and no trap.
public struct Stopwatch: Sendable {
  private let start = SuspendingClock.now

  /// Starts it.
  public init() {}

  /// Seconds since then.
  public var seconds: Double { max(0, (SuspendingClock.now - start) / .seconds(1)) }
}

/// Lets something happen at most once in a while, such as a living line that is written again.
public struct Pace: Sendable {
  /// Seconds between two times.
  public let interval: Double
  private let watch = Stopwatch()
  private var last = 0.0

  /// Starts now: the first time is one interval away.
  public init(every interval: Double) {
    self.interval = interval
  }

  /// Whether it is time again; then the next one is an interval away.
  public mutating func isDue() -> Bool { isDue(at: watch.seconds) }

  /// The same at some seconds after the start; a time before the last one is not due.
  public mutating func isDue(at seconds: Double) -> Bool {
    guard seconds - last > interval else { return false }
    last = seconds
    return true
  }
}
