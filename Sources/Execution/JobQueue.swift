internal import Experiment
internal import Specs

/// The jobs that wait, and which of them comes next; the scheduler runs by it and the plan's estimate of time too.
///
/// Jobs come in the order of the plan as soon as their inputs are there, so that a model is evaluated right after its
/// training. Towards the end the job at the head of the longest chain comes first: where half of what each worker has
/// left would pass while that chain runs, it must not be the last to start.
///
/// Cost: O(log jobs) for each job, and some hundred bytes.
struct JobQueue {
  private let jobs: [PlannedJob]
  private let workers: Double
  /// What each job of the plan takes.
  let seconds: [Double]
  /// Seconds of a job and of the longest chain of jobs that wait for it.
  private var chains: [Double]
  private var dependents: Dependents
  /// Inputs that are not there yet.
  private var missing: [Int32]
  private var indices: [JobID: Int] = [:]
  /// Whether nobody took a job, in the order of the plan.
  private var isWaiting: [Bool]
  private var count = 0
  /// Jobs whose inputs are there, the first one of the plan on top; those that were taken are passed over.
  private var ready = Heap()
  /// The same, the longest chain on top.
  private var longest = Heap()
  /// Seconds of all that wait.
  private var rest = 0.0

  /// The jobs that are not finished.
  init(
    _ all: [PlannedJob], workers: Int, isFinished: (JobID) -> Bool, seconds: (PlannedJob) -> Double
  ) {
    jobs = all
    self.workers = Double(workers)
    isWaiting = all.indices.map { !isFinished(all[$0].id) }
    self.seconds = isWaiting.enumerated().map { $1 ? seconds(all[$0]) : 0 }
    chains = self.seconds
    missing = Array(repeating: 0, count: all.count)
    indices.reserveCapacity(all.count)
    for index in all.indices where isWaiting[index] { indices[all[index].id] = index }
    var arrows: [(from: Int, to: Int)] = []
    for index in all.indices where isWaiting[index] {
      for input in all[index].spec.inputs where !isFinished(input) {
        // An input that nobody makes keeps the job waiting for ever.
        missing[index] += 1
        if let source = indices[input] { arrows.append((source, index)) }
      }
    }
    dependents = Dependents(jobs: all.count, arrows)
    // Every job stands after its inputs.
    for index in all.indices.reversed() where isWaiting[index] {
      chains[index] += dependents[index].lazy.map { [chains] in chains[$0] }.max() ?? 0
    }
    count = isWaiting.count { $0 }
    rest = self.seconds.reduce(0, +)
    for index in all.indices where isWaiting[index] && missing[index] == 0 { push(index) }
  }

  /// Whether no job waits.
  var isEmpty: Bool { count == 0 }

  private mutating func push(_ index: Int) {
    ready.push(key: Double(index), index)
    longest.push(key: -chains[index], index)
  }

  /// Takes the next job whose inputs are there; nil where there is none at present.
  mutating func next() -> PlannedJob? { nextIndex().map { jobs[$0] } }

  /// The same by its place in the plan.
  mutating func nextIndex() -> Int? {
    guard var index = ready.first(where: { isWaiting[$0] }) else { return nil }
    if let head = longest.first(where: { isWaiting[$0] }), 2 * workers * chains[head] >= rest { index = head }
    remove(index)
    return index
  }

  private mutating func remove(_ index: Int) {
    isWaiting[index] = false
    rest -= seconds[index]
    count -= 1
  }

  /// A job is done: what needs only it can come.
  mutating func finish(_ id: JobID) {
    if let index = indices[id] { finish(index) }
  }

  /// The same by its place in the plan.
  mutating func finish(_ index: Int) {
    for dependent in dependents[index] {
      missing[dependent] -= 1
      if missing[dependent] == 0, isWaiting[dependent] { push(dependent) }
    }
  }

  /// A job failed: takes out all that needs it, and returns that in the order of the plan.
  mutating func fail(_ id: JobID) -> [PlannedJob] {
    guard let index = indices[id] else { return [] }
    var lost: Set<Int> = []
    var open = [index]
    while let next = open.popLast() {
      open += dependents[next].filter { lost.insert($0).inserted }
    }
    let skipped = lost.filter { isWaiting[$0] }.sorted()
    for index in skipped { remove(index) }
    return skipped.map { jobs[$0] }
  }

  /// Takes out everything.
  mutating func clear() {
    for index in isWaiting.indices where isWaiting[index] { remove(index) }
  }
}

/// Which jobs need each job, end to end.
private struct Dependents {
  private var starts: [Int]
  private var all: [Int]

  init(jobs: Int, _ arrows: [(from: Int, to: Int)]) {
    starts = Array(repeating: 0, count: jobs + 1)
    for arrow in arrows { starts[arrow.from + 1] += 1 }
    for index in 0..<jobs { starts[index + 1] += starts[index] }
    all = Array(repeating: 0, count: arrows.count)
    var next = starts
    for arrow in arrows {
      all[next[arrow.from]] = arrow.to
      next[arrow.from] += 1
    }
  }

  subscript(index: Int) -> ArraySlice<Int> { all[starts[index]..<starts[index + 1]] }
}

/// Indices with the least key on top, of equal keys the least index.
private struct Heap {
  private var entries: [(key: Double, index: Int)] = []

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    (entries[a].key, entries[a].index) < (entries[b].key, entries[b].index)
  }

  mutating func push(key: Double, _ index: Int) {
    entries.append((key, index))
    var child = entries.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// The topmost index that is still wanted; those above it go.
  mutating func first(where isWanted: (Int) -> Bool) -> Int? {
    while let top = entries.first?.index {
      if isWanted(top) { return top }
      pop()
    }
    return nil
  }

  private mutating func pop() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count && isBefore(child, least) {
        least = child
      }
      if least == parent { return }
      entries.swapAt(parent, least)
      parent = least
    }
  }
}
