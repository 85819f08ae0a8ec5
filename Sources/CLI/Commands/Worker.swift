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

  func run() throws {
    // Ctrl-C reaches the whole group; the scheduler decides when its workers end.
    signal(SIGINT, SIG_IGN)
    var performers: [String: JobPerformer] = [:]
    while let line = readLine(strippingNewline: true) {
      let request = try JSONDecoder().decode(WorkRequest.self, from: Data(line.utf8))
      let store = JobStore(root: URL(fileURLWithPath: request.store))
      let performer = performers[request.store] ?? JobPerformer(store: store)
      performers[request.store] = performer
      performer.add(locations: request.locations)
      var last = DispatchTime.now().uptimeNanoseconds
      do {
        let cost = try performer.perform(request.spec, id: request.id, worker: name) { share, note in
          let now = DispatchTime.now().uptimeNanoseconds
          guard now - last > 250_000_000 else { return }
          last = now
          try say(.progress(share: share, note: note))
        }
        try say(.done(cost))
      } catch let error as Diagnostics {
        try say(.failed(Diagnostic(error.all.map(\.description).joined(separator: "\n"))))
      } catch {
        try say(.failed(error as? Diagnostic ?? Diagnostic("\(error)")))
      }
    }
  }

  private func say(_ event: WorkEvent) throws {
    var line = try StableHash.canonicalJSON(event)
    line.append(UInt8(ascii: "\n"))
    try FileHandle.standardOutput.write(contentsOf: line)
  }
}
