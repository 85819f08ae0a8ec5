import ArgumentParser
import Execution
import Machine

/// How many workers there are, and with how many threads each.
struct WorkerArguments: ParsableArguments {
  @Option(help: "Worker processes; as many as cores hold their threads where not said.")
  var workers: Int?

  @Option(
    help: """
      Threads of each worker, of which trainings and evaluations use up to two for each 1,280 tokens of a batch; \
      their number changes no result. More workers are faster while jobs wait.
      """)
  var threads = 1

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers must be at least 1") }
    if threads < 1 { throw ValidationError("--threads must be at least 1") }
  }

  /// Workers.
  var count: Int { workers ?? max(1, MachineFacts.cores / threads) }
}
