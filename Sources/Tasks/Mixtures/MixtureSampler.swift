internal import Basics

/// Draws examples of a cocktail.
///
/// Each task is read in shuffled epochs without replacement: an example comes again only after all others of
/// its task. Concatenation shuffles the union of all tasks once for each epoch; the other rules first draw a
/// task by its rate. A value that is a pure function of its seed, its name and how many were drawn: a copy
/// goes on where the original stood.
public struct MixtureSampler: Sendable {
  private let sizes: [Int]
  /// The share of each task from the next draw on.
  public var rates: [Double]
  private let concatenate: Bool
  private let root: RandomStream
  private var choice: RandomStream
  /// The running epoch of each task; of the union in the only place where tasks are concatenated.
  private var orders: [[Int]]
  private var positions: [Int]
  private var epochs: [Int]

  /// A sampler at its first example.
  ///
  /// - Parameters:
  ///   - sizes: Examples of each task, all above 0.
  ///   - rates: The share of each task, none negative; not read where tasks are concatenated.
  ///   - concatenate: Whether one shuffle runs over the union.
  ///   - seed: The seed of the training.
  ///   - name: Names the streams of this sampler below the seed.
  public init(sizes: [Int], rates: [Double], concatenate: Bool, seed: Int, name: String...) {
    precondition(sizes.count == rates.count, "\(sizes.count) sizes, \(rates.count) rates")
    precondition(sizes.allSatisfy { $0 > 0 } && !sizes.isEmpty, "no examples in \(sizes)")
    precondition(rates.allSatisfy { $0 >= 0 } && rates.contains { $0 > 0 }, "nothing to draw by \(rates)")
    self.sizes = sizes
    self.rates = rates
    self.concatenate = concatenate
    root = RandomStream(seed: seed, (["mixture"] + name).joined(separator: "/"))
    choice = root.stream("tasks")
    let orderCount = concatenate ? 1 : sizes.count
    orders = [[Int]](repeating: [], count: orderCount)
    positions = [Int](repeating: 0, count: orderCount)
    epochs = positions
  }

  /// Where a sampler stands.
  public struct State: Codable, Sendable, Hashable {
    var choice: UInt64
    var positions: [Int]
    var epochs: [Int]
  }

  /// Where it stands; a sampler of the same sizes, seed and name goes on from there.
  public var state: State {
    get { State(choice: choice.place, positions: positions, epochs: epochs) }
    set {
      precondition(newValue.positions.count == positions.count, "the state of another sampler")
      choice.place = newValue.choice
      (positions, epochs) = (newValue.positions, newValue.epochs)
      for index in epochs.indices {
        if epochs[index] > 0 { shuffle(index, epoch: epochs[index] - 1) } else { orders[index] = [] }
      }
    }
  }

  /// The next example: which task, and which row of it.
  public mutating func next() -> (task: Int, example: Int) {
    concatenate ? nextOfUnion() : nextByRate()
  }

  private mutating func nextByRate() -> (task: Int, example: Int) {
    let task = drawTask()
    return (task, nextInOrder(task))
  }

  private mutating func nextOfUnion() -> (task: Int, example: Int) {
    var row = nextInOrder(0)
    for (task, size) in sizes.enumerated() {
      if row < size { return (task, row) }
      row -= size
    }
    preconditionFailure("row \(row) behind \(sizes)")
  }

  private mutating func shuffle(_ index: Int, epoch: Int) {
    var stream = root.stream("order \(index)", "epoch \(epoch)")
    orders[index] = stream.permutation(concatenate ? sizes.reduce(0, +) : sizes[index])
  }

  private mutating func nextInOrder(_ index: Int) -> Int {
    if positions[index] == orders[index].count {
      shuffle(index, epoch: epochs[index])
      positions[index] = 0
      epochs[index] += 1
    }
    positions[index] += 1
    return orders[index][positions[index] - 1]
  }

  private mutating func drawTask() -> Int {
    var rest = choice.uniform() * rates.reduce(0, +)
    for (task, rate) in rates.enumerated() where rate > 0 {
      rest -= rate
      if rest < 0 { return task }
    }
    // Rounding can leave a crumb: it belongs to the last task that is drawn at all.
    return rates.lastIndex { $0 > 0 } ?? 0
  }
}
