import Basics
import Foundation
import Testing

@Suite(.timeLimit(.minutes(1))) struct LockTests {
  @Test func `many threads count without losing one`() {
    let count = Lock(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<10_000 { count.withLock { $0 += 1 } }
    }
    #expect(count.withLock { $0 } == 80_000)
  }

  @Test func `an error leaves the lock open and its value as it was changed`() {
    let state = Lock([1])
    #expect(throws: CancellationError.self) {
      try state.withLock {
        $0.append(2)
        throw CancellationError()
      }
    }
    #expect(state.withLock { $0 } == [1, 2])
  }

  @Test func `a time before the last one is not due and traps nothing`() {
    var pace = Pace(every: 0.2)
    let due = [0, 0.1, 0.25, 0.2, 0.1, 0.44, 0.46, 0, 10].map { pace.isDue(at: $0) }
    #expect(due == [false, false, true, false, false, false, true, false, true])
  }

  @Test func `of many threads that ask at once one is told that it is time`() {
    let pace = Lock(Pace(every: 0.05))
    let told = Lock(0)
    let watch = Stopwatch()
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      while watch.seconds < 0.5 {
        if pace.withLock({ $0.isDue() }) { told.withLock { $0 += 1 } }
      }
    }
    let count = told.withLock { $0 }
    #expect(count >= 1 && Double(count) <= watch.seconds / 0.05)
  }

  @Test func `a stopwatch never runs backwards`() {
    let watch = Stopwatch()
    var last = watch.seconds
    #expect(last >= 0)
    for _ in 0..<1000 {
      let now = watch.seconds
      #expect(now >= last)
      last = now
    }
  }
}
