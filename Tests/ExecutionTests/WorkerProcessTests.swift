import Basics
import Execution
import Experiment
import Foundation
import Specs
import TestSupport
import Testing

/// Workers that are shell scripts: what the scheduler's end of the protocol makes of answers and of crashes.
@Suite(.serialized, .timeLimit(.minutes(1))) struct WorkerProcessTests {
  private let scratch: Scratch
  private let request: WorkRequest

  init() throws {
    scratch = try Scratch()
    let job = try Jobs.train(0)
    request = WorkRequest(id: job.id, spec: job.spec, attempt: "a", store: "/nowhere", locations: [:])
  }

  private func worker(
    _ script: String, onRestart: @escaping @Sendable (WorkerDeath) -> Void = { _ in }
  ) -> WorkerProcess {
    WorkerProcess(
      executable: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script],
      environment: ["PATH": "/usr/bin:/bin", "MARK": scratch.url.appendingPathComponent("mark").path],
      onRestart: onRestart)
  }

  @Test func `what a worker has to say is handed on, and is no failure`() async throws {
    let notes = Lock<[Diagnostic]>([])
    let note = Diagnostic("the file is not what was written", at: Place(file: "/cache/a"), hint: "made anew")
    let script = "read -r line; \(try line(.note(note))); \(try line(.done(.some(wall: 7))))"
    let worker = WorkerProcess(
      executable: URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", script], environment: [:],
      onNote: { note in notes.withLock { $0.append(note) } })
    #expect(try await worker.run(request) { _, _ in } == .some(wall: 7))
    #expect(notes.withLock { $0 } == [note])
  }

  private func line(_ event: WorkEvent) throws -> String {
    "echo '\(String(decoding: try StableHash.canonicalJSON(event), as: UTF8.self))'"
  }

  private func complaint(_ worker: WorkerProcess) async -> String {
    do {
      _ = try await worker.run(request) { _, _ in }
      return "nothing was refused"
    } catch {
      return "\(error)"
    }
  }

  @Test func `one process does job after job and tells its progress`() async throws {
    let worker = worker(
      """
      while read line; do
        echo chatter of a library
        \(try line(.progress(share: 0.25, note: "loss 1.5")))
        \(try line(.done(.some(wall: 7))))
      done
      """)
    let notes = Lock<[String]>([])
    for _ in 0..<3 {
      let cost = try await worker.run(request) { share, note in
        notes.withLock { $0.append("\(share) \(note)") }
      }
      #expect(cost == .some(wall: 7))
    }
    await worker.stop()
    #expect(notes.withLock { $0 } == ["0.25 loss 1.5", "0.25 loss 1.5", "0.25 loss 1.5"])
  }

  @Test func `the request reaches the process as it is`() async throws {
    let worker = worker(
      """
      while read -r line; do printf '%s' "$line" > "$MARK"; \(try line(.done(.some()))); done
      """)
    _ = try await worker.run(request) { _, _ in }
    await worker.stop()
    let data = try Data(contentsOf: scratch.url.appendingPathComponent("mark"))
    let read = try JSONDecoder().decode(WorkRequest.self, from: data)
    #expect(read.id == request.id)
    #expect(read.spec == request.spec)
    #expect(read.spec.id() == request.id)
  }

  @Test func `a failed job is the worker's own message, and the process goes on`() async throws {
    let failure = Diagnostic("no such label", at: Place(file: "a.jsonl", line: 3), hint: "add it")
    let worker = worker(
      """
      read line; \(try line(.failed(failure)))
      read line; \(try line(.done(.some())))
      read line
      """)
    #expect(await complaint(worker) == failure.description)
    #expect(try await worker.run(request) { _, _ in } == .some())
    await worker.stop()
  }

  @Test func `a job whose process dies is tried once more in a new one, which is told`() async throws {
    let deaths = Lock<[WorkerDeath]>([])
    let worker = worker(
      """
      read line
      if [ ! -e "$MARK" ]; then : > "$MARK"; echo 'out of luck' >&2; kill -9 $$; fi
      \(try line(.done(.some())))
      read line
      """
    ) { death in deaths.withLock { $0.append(death) } }
    #expect(try await worker.run(request) { _, _ in } == .some())
    await worker.stop()
    let told = deaths.withLock { $0 }
    #expect(told.map(\.job) == [request.id])
    #expect(told.map(\.end) == [.signal(9)])
    #expect(told.map(\.lastWords) == [["out of luck"]])
  }

  @Test func `deaths of one end have two causes where the last words differ`() async throws {
    var causes: [WorkerDeath.Cause] = []
    for (number, words) in ["no room", "no luck", "no room"].enumerated() {
      let deaths = Lock<[WorkerDeath]>([])
      let worker = worker(
        """
        read line
        if [ ! -e "$MARK.\(number)" ]; then : > "$MARK.\(number)"; echo '\(words)' >&2; exit 3; fi
        \(try line(.done(.some())))
        read line
        """
      ) { death in deaths.withLock { $0.append(death) } }
      #expect(try await worker.run(request) { _, _ in } == .some())
      await worker.stop()
      causes += deaths.withLock { $0 }.map(\.cause)
    }
    #expect(causes.count == 3)
    #expect(causes[0] == causes[2] && causes[0] != causes[1])
  }

  @Test func `a process that dies between two jobs is told too`() async throws {
    let deaths = Lock<[WorkerDeath]>([])
    let worker = worker("read line; \(try line(.done(.some()))); echo bye >&2; exit 7") { death in
      deaths.withLock { $0.append(death) }
    }
    #expect(try await worker.run(request) { _, _ in } == .some())
    try await Task.sleep(for: .milliseconds(100))
    #expect(try await worker.run(request) { _, _ in } == .some())
    await worker.stop()
    let told = deaths.withLock { $0 }
    #expect(told.map(\.job) == [nil])
    #expect(told.map(\.end) == [.code(7)])
    #expect(told.map(\.lastWords) == [["bye"]])
  }

  @Test(arguments: [
    ("read line; exit 3", "exit code 3", nil),
    ("exit 4", "exit code 4", nil),
    ("read line; kill -9 $$", "signal 9, SIGKILL", "is there enough memory? try --workers 1"),
    ("read line; kill -11 $$", "signal 11, SIGSEGV", nil),
    (
      "read line; echo 'Fatal error: no word' >&2; echo >&2; echo '  at line 3' >&2; kill -4 $$",
      "signal 4, SIGILL", "its last words:\n    Fatal error: no word\n      at line 3"
    ),
    (
      "read line; echo heap >&2; kill -9 $$", "signal 9, SIGKILL",
      "is there enough memory? try --workers 1\n  its last words:\n    heap"
    ),
  ])
  func `a job that kills two processes is reported with how they ended and what they said last`(
    _ script: String, _ end: String, _ hint: String?
  ) async {
    let worker = worker(script)
    let told = "error: the worker process died twice under this job (\(end))"
    #expect(await complaint(worker) == told + (hint.map { "\n  " + $0 } ?? ""))
  }

  @Test func `of much that a process said the end is kept, and it never waits for a reader`() async throws {
    let worker = worker(
      "read line; i=0; while [ $i -lt 20000 ]; do echo \"line $i\" >&2; i=$((i+1)); done; exit 3")
    let told = await complaint(worker).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    #expect(told.suffix(20) == (19980..<20000).map { "line \($0)" })
    #expect(told.count == 22)
  }

  @Test func `a job that another run has taken over is let go of, and the next one is done`() async throws {
    let deaths = Lock(0)
    let worker = worker(
      """
      if [ ! -e "$MARK" ]; then read line; : > "$MARK"; exec sleep 60; fi
      while read line; do \(try line(.done(.some()))); done
      """, onRestart: { _ in deaths.withLock { $0 += 1 } })
    let running = Task { await complaint(worker) }
    let mark = scratch.url.appendingPathComponent("mark").path
    while !FileManager.default.fileExists(atPath: mark) { try await Task.sleep(for: .milliseconds(2)) }
    await worker.abandon(JobID(number: 1))
    await worker.abandon(request.id)
    #expect(await running.value == "error: another run has taken the job over")
    #expect(try await worker.run(request) { _, _ in } == .some())
    await worker.stop()
    #expect(deaths.withLock { $0 } == 0)
  }

  @Test func `a worker goes on after a job that killed it`() async throws {
    let worker = worker(
      """
      read line
      if [ -e "$MARK" ]; then \(try line(.done(.some()))); read line; fi
      exit 5
      """)
    #expect(await complaint(worker).contains("exit code 5"))
    try Data().write(to: scratch.url.appendingPathComponent("mark"))
    #expect(try await worker.run(request) { _, _ in } == .some())
    await worker.stop()
  }

  @Test func `a request that nobody reads ends neither the run nor the job`() async throws {
    let worker = worker(
      """
      read line; \(try line(.done(.some())))
      if [ ! -e "$MARK" ]; then : > "$MARK"; exec 0<&-; sleep 0.3; exit 6; fi
      read line
      """)
    #expect(try await worker.run(request) { _, _ in } == .some())
    try await Task.sleep(for: .milliseconds(100))
    #expect(try await worker.run(request) { _, _ in } == .some())
    await worker.stop()
  }

  @Test func `a run goes on with the other jobs when a worker dies`() async throws {
    let (a, b) = (try Jobs.train(0), try Jobs.train(1))
    let worker = worker(
      """
      while read line; do
        case "$line" in *\(a.id)*) kill -9 $$;; esac
        \(try line(.done(.some())))
      done
      """)
    let plan = Jobs.plan([a, b, try Jobs.evaluate(a)])
    let summary = await Scheduler(
      plan: plan, store: scratch.store, runners: [worker], keepGoing: true, report: { _ in }
    ).run()
    #expect(summary.failed == 1)
    #expect(summary.skipped == 1)
    #expect(summary.done == 1)
    #expect(
      scratch.store.failure(a.id)?.what == "the worker process died twice under this job (signal 9, SIGKILL)")
  }

  @Test func `a program that is not there is refused`() async {
    let worker = WorkerProcess(
      executable: scratch.url.appendingPathComponent("nothing"), arguments: [], environment: [:])
    #expect(await complaint(worker) != "nothing was refused")
  }
}
