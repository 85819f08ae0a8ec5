import ArgumentParser
import Basics
import Execution
import Foundation

/// The other end of `WorkerProcess`: requests on standard input, events on standard output.
struct Worker: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Does jobs for a scheduler (used by run).", shouldDisplay: false)

  @Option(help: "The worker's name in costs.csv.")
  var name = "local-0"

  @Option(help: "Threads that share a job's arithmetic.")
  var threads = 1

  func run() throws {
    // Ctrl-C reaches the whole group; the scheduler decides when its workers end.
    signal(SIGINT, SIG_IGN)
    let requests = RequestQueue()
    let weights = SharedWeights(environment: ProcessInfo.processInfo.environment) { note in
      // A scheduler that is gone ends this process, and needs no note.
      try? Worker.say(.note(note))
    }
    let facts = FactsCache(environment: ProcessInfo.processInfo.environment)
    var performers: [String: JobPerformer] = [:]
    while let line = requests.next() {
      let request = try JSONDecoder().decode(WorkRequest.self, from: Data(line.utf8))
      let store = JobStore(root: URL(fileURLWithPath: request.store))
      let performer =
        performers[request.store]
        ?? JobPerformer(store: store, threads: threads, weights: weights, facts: facts)
      performers[request.store] = performer
      performer.add(locations: request.locations)
      requests.onEnd { store.abandonAttempt(request.id, request.attempt) }
      try perform(request, performer, requests)
      facts.save()
      requests.onEnd {}
    }
  }

  private func perform(
    _ request: WorkRequest, _ performer: JobPerformer, _ requests: RequestQueue
  ) throws {
    var pace = Pace(every: 0.25)
    do {
      let cost = try performer.perform(
        request.spec, id: request.id, attempt: request.attempt, worker: name, run: request.run,
        predictedSeconds: request.predictedSeconds,
        exclusively: requests.exclusively
      ) { share, note in
        guard pace.isDue() else { return }
        try Worker.say(.progress(share: share, note: note))
      }
      try Worker.say(.done(cost))
    } catch let error as Diagnostics {
      let joined = error.all.count == 1 ? error.all[0] : Diagnostic(joining: error.all)
      try Worker.say(.failed(joined))
    } catch {
      try Worker.say(.failed(error as? Diagnostic ?? Diagnostic("\(error)")))
    }
  }

  private static func say(_ event: WorkEvent) throws {
    var line = try StableHash.canonicalJSON(event)
    line.append(UInt8(ascii: "\n"))
    try FileHandle.standardOutput.write(contentsOf: line)
  }
}

extension Diagnostic {
  /// Several findings in one, for a protocol that carries one: the first, with the others as its hint.
  fileprivate init(joining all: [Diagnostic]) {
    self = all[0]
    hint = ([all[0].hint].compactMap(\.self) + all.dropFirst().map(\.description)).joined(separator: "\n")
  }
}

/// Lines of standard input, read by a thread of its own that notices at once when the scheduler is gone: then the
/// process ends, in the middle of a job too, and leaves nothing half done behind.
private final class RequestQueue: Sendable {
  private struct State {
    var lines: [String] = []
    var isBusy = false
    var cleanUp: @Sendable () -> Void = {}
  }

  private let state = Lock(State())
  /// Counts the lines that wait, and the end.
  private let arrivals = DispatchSemaphore(value: 0)

  init() {
    let reader = Thread { [self] in
      while let line = readLine(strippingNewline: true) {
        state.withLock { $0.lines.append(line) }
        arrivals.signal()
      }
      end()
    }
    reader.start()
  }

  /// The next request; nil where there will be none.
  func next() -> String? {
    state.withLock { $0.isBusy = false }
    arrivals.wait()
    return state.withLock { state in
      state.isBusy = !state.lines.isEmpty
      return state.lines.isEmpty ? nil : state.lines.removeFirst()
    }
  }

  /// Does something that must not fall between the clean-up and the end.
  func exclusively(_ body: () -> Void) { state.withLock { _ in body() } }

  /// What to do where the scheduler goes before the job is done.
  func onEnd(_ action: @escaping @Sendable () -> Void) {
    state.withLock { $0.cleanUp = action }
  }

  private func end() {
    state.withLock { state in
      guard state.isBusy else { return }
      state.cleanUp()
      // No exit handlers: the other thread is in the middle of its arithmetic.
      _exit(1)
    }
    arrivals.signal()
  }
}
