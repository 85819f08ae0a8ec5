import Basics
import Terminal

/// The living line of work that writes many bytes: several threads tell how far they are.
final class ByteWatch: Sendable {
  private let watch = Stopwatch()
  private let pace = Lock(Pace(every: 0.2))
  private let done: String

  /// Begins now.
  ///
  /// - Parameter done: What was done with the bytes: `merged`.
  init(_ done: String) { self.done = done }

  /// Seconds since it was made.
  var seconds: Double { watch.seconds }

  func tell(_ bytes: Int, of total: Int) {
    pace.withLock { pace in
      guard pace.isDue() else { return }
      let left = seconds * Double(total - bytes) / Double(max(1, bytes))
      Console.status(
        "\(spoken(bytes: bytes)) of \(spoken(bytes: total)) \(done), \(spoken(seconds: left)) left")
    }
  }
}
