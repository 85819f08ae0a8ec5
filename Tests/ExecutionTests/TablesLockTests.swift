import Basics
import Execution
import Foundation
import TestSupport
import Testing

/// Tables of one name are replaced by one at a time.
@Suite struct TablesLockTests {
  @Test func `two that write tables of one name take turns, those of another name do not wait`() throws {
    let scratch = try Scratch()
    let store = JobStore(root: scratch.url)
    let order = Lock<[String]>([])
    let began = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    store.whileAlone(withTablesOf: "a") {
      Thread {
        began.signal()
        store.whileAlone(withTablesOf: "a") { order.withLock { $0.append("second") } }
        ended.signal()
      }.start()
      began.wait()
      store.whileAlone(withTablesOf: "b") { order.withLock { $0.append("other") } }
      Thread.sleep(forTimeInterval: 0.05)
      order.withLock { $0.append("first") }
    }
    ended.wait()
    #expect(order.withLock { $0 } == ["other", "first", "second"])
  }
}
