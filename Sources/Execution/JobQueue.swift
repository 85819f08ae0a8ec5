internal import Experiment
internal import Specs

/// The jobs that wait, and which of them comes next; the scheduler runs by it and the plan's estimate of time too.
///
/// Jobs come in the order of the plan as soon as their inputs are there, so that a model is evaluated right after its
/// training. Towards the end the job at the head of the longest chain comes first: where half of what each worker has
/// left would pass while that chain runs, it must not be the last to start.
struct JobQueue {
  private let jobs: [PlannedJob]
  private let workers: Double
  private let seconds: [Double]
  /// Seconds of a job and of the longest chain of jobs that wait for it.
  private var chains: [Double]
  private var dependents: [[Int]]
  /// Inputs that are not there yet.
  private var missing: [Int]
  private var indices: [JobID: Int] = [:]
  /// Indices of jobs that nobody took, in the order of the plan.
  private var waiting: [Int] = []
  /// The same, the longest chain first.
  private var byChain: [Int] = []
  /// Seconds of all that wait.
  private var rest = 0.0

  /// The jobs that are not finished.
  init(
    _ all: [PlannedJob], workers: Int, isFinished: (JobID) -> Bool, seconds: (PlannedJob) -> Double
  ) {
    let jobs = all.filter { !isFinished($0.id) }
    self.jobs = jobs
    self.workers = Double(workers)
    self.seconds = jobs.map(seconds)
    chains = self.seconds
    dependents = jobs.map { _ in [] }
    missing = jobs.map { _ in 0 }
    for (index, job) in jobs.enumerated() { indices[job.id] = index }
    for (index, job) in jobs.enumerated() {
      for input in job.spec.inputs where !isFinished(input) {
        // An input that nobody makes keeps the job waiting for ever.
        missing[index] += 1
        if let source = indices[input] { dependents[source].append(index) }
      }
    }
    var isKnown = jobs.map { _ in false }
    for index in jobs.indices { measureChain(index, &isKnown) }
    waiting = Array(jobs.indices)
    byChain = waiting.sorted { (-chains[$0], $0) < (-chains[$1], $1) }
    rest = self.seconds.reduce(0, +)
  }

  private mutating func measureChain(_ index: Int, _ isKnown: inout [Bool]) {
    if isKnown[index] { return }
    isKnown[index] = true
    for next in dependents[index] { measureChain(next, &isKnown) }
    chains[index] = seconds[index] + (dependents[index].map { chains[$0] }.max() ?? 0)
  }

  /// Whether no job waits.
  var isEmpty: Bool { waiting.isEmpty }

  /// Takes the next job whose inputs are there; nil where there is none at present.
  mutating func next() -> PlannedJob? {
    guard var index = waiting.first(where: isReady) else { return nil }
    if let longest = byChain.first(where: isReady), 2 * workers * chains[longest] >= rest { index = longest }
    rest -= seconds[index]
    if let place = waiting.firstIndex(of: index) { waiting.remove(at: place) }
    if let place = byChain.firstIndex(of: index) { byChain.remove(at: place) }
    return jobs[index]
  }

  private func isReady(_ index: Int) -> Bool { missing[index] == 0 }

  private mutating func remove(_ isLost: (Int) -> Bool) {
    for index in waiting where isLost(index) { rest -= seconds[index] }
    waiting.removeAll(where: isLost)
    byChain.removeAll(where: isLost)
  }

  /// A job is done: what needs only it can come.
  mutating func finish(_ id: JobID) {
    guard let index = indices[id] else { return }
    for dependent in dependents[index] { missing[dependent] -= 1 }
  }

  /// A job failed: takes out all that needs it, and returns that in the order of the plan.
  mutating func fail(_ id: JobID) -> [PlannedJob] {
    guard let index = indices[id] else { return [] }
    var lost: Set<Int> = []
    var open = [index]
    while let next = open.popLast() {
      open += dependents[next].filter { lost.insert($0).inserted }
    }
    let skipped = waiting.filter(lost.contains)
    remove(lost.contains)
    return skipped.map { jobs[$0] }
  }

  /// Takes out everything.
  mutating func clear() {
    remove { _ in true }
  }
}
