internal import Synchronization

#if THREAD_SANITIZER
  internal import Foundation
#endif

/// A value that several threads share: it can be reached under the lock only, so the compiler checks that nobody forgets it.
///
/// What belongs to one decision is read inside the lock too, clocks among it: two threads that read the time first and
/// come in the other order would see it go backwards.
public struct Lock<State>: ~Copyable, Sendable {
  private let mutex: Mutex<State>
  #if THREAD_SANITIZER
    // Thread Sanitizer does not see that the kernel hands a contended Mutex on, but knows the locks of POSIX: behind one of
    // them the Mutex is never contended.
    private let gate = NSLock()
  #endif

  /// Takes the value.
  public init(_ state: consuming sending State) {
    mutex = Mutex(state)
  }

  /// Does something with the value while nobody else can.
  public borrowing func withLock<Result, Failure: Error>(
    _ body: (inout sending State) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    #if THREAD_SANITIZER
      gate.lock()
      defer { gate.unlock() }
    #endif
    return try mutex.withLock(body)
  }
}
