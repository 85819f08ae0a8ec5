public import Basics
public import LinearAlgebra

/// One tensor of all models of a checkpoint merge, with the parameters that hold for it.
public struct TensorGroup: Sendable {
  /// Its name in the merged checkpoint.
  public let name: String
  /// How many sizes it has.
  public let dimensions: Int
  /// θ_0; nil where the merge has no base.
  public let base: ModelTensor?
  /// θ_t, without the base.
  public let models: [ModelTensor]
  /// The parameters of the merge.
  public let shared: Parameters
  /// The parameters of each model.
  public let own: [Parameters]
  /// A stream of this tensor; rules that draw take one below it per model.
  public let random: RandomStream

  /// Takes merged numbers, block after block: the index of the first one and a block whose rows lie end to end.
  public typealias Sink = (_ start: Int, _ block: Matrix) throws -> Void

  /// Collects tensors of one shape.
  public init(
    name: String, dimensions: Int, base: ModelTensor?, models: [ModelTensor], shared: Parameters,
    own: [Parameters], random: RandomStream
  ) {
    precondition(models.count == own.count, "\(models.count) models, parameters of \(own.count)")
    for model in models + [base].compactMap(\.self) {
      precondition(model.rows == (base ?? models[0]).rows, "models of different shapes at '\(name)'")
    }
    self.name = name
    self.dimensions = dimensions
    self.base = base
    self.models = models
    self.shared = shared
    self.own = own
    self.random = random
  }

  /// θ_t − θ_0, or θ_t where there is no base.
  var changes: [ChangeRows] { models.map { ChangeRows($0, minus: base) } }

  /// θ_t.
  var wholes: [ChangeRows] { models.map { ChangeRows($0, minus: nil) } }

  /// The weight of each model.
  var weights: [Double] { own.map { $0.number("weight") } }

  /// Streams of the models.
  var streams: [RandomStream] { models.indices.map { random.stream("\($0)") } }

  /// Sends Σ_t of what `sum` makes of every block of the changes on, with θ_0 added where there is one.
  ///
  /// Sums in doubles, rounded to floats once.
  func send(
    _ changes: [ChangeRows], to sink: Sink,
    sum: (_ blocks: ArraySlice<Matrix>, _ start: Int, _ sums: inout [Double]) throws -> Void
  ) throws {
    let all = changes + [base.map { ChangeRows($0, minus: nil) }].compactMap(\.self)
    var start = 0
    var sums: [Double] = []
    try ChangeRows.forEachBlock(all) { blocks in
      sums.reset(blocks[0].count)
      try sum(blocks.prefix(changes.count), start, &sums)
      let target = blocks[blocks.count - 1]
      finish(sums, into: target)
      try sink(start, target)
      start += target.count
    }
  }

  /// Turns a block of the base, or any block where there is none, into the merged numbers, rounded once.
  func finish(_ sums: [Double], into target: Matrix) {
    target.withMutableSpan { TensorGroup.finish(sums, isOnBase: base != nil, &$0) }
  }

  private static func finish(_ sums: [Double], isOnBase: Bool, _ target: inout MutableSpan<Float>) {
    let sums = sums.span
    precondition(sums.count == target.count, "\(sums.count) sums for \(target.count) numbers")
    if isOnBase {
      for i in 0..<target.count { target[i] = Float(Double(target[i]) + sums[i]) }
    } else {
      for i in 0..<target.count { target[i] = Float(sums[i]) }
    }
  }
}

/// The factors of the models in a sum of tensors.
enum TensorFactors {
  /// One per model.
  case tensor([Double])
  /// Per row, one per model.
  case rows([[Double]])
  /// Per column, one per model.
  case columns([[Double]])
}

extension TensorGroup {
  /// Sends Σ_t c_t·x_t on, x_t the changes on the base, or the whole tensors where there is none.
  func send(_ factors: TensorFactors, of changes: [ChangeRows], to sink: Sink) throws {
    let columns = models[0].columns
    try send(changes, to: sink) { blocks, start, sums in
      for (t, block) in blocks.enumerated() {
        block.withSpan { numbers in
          switch factors {
          case .tensor(let factors):
            TensorGroup.add(numbers, factors[t], to: &sums, 0..<numbers.count)
          case .rows(let factors):
            for row in 0..<block.rows {
              let factor = factors[start / columns + row][t]
              TensorGroup.add(numbers, factor, to: &sums, row * columns..<(row + 1) * columns)
            }
          case .columns(let factors):
            for i in 0..<numbers.count { sums[i] += factors[i % columns][t] * Double(numbers[i]) }
          }
        }
      }
    }
  }

  private static func add(
    _ numbers: Span<Float>, _ factor: Double, to sums: inout [Double], _ range: Range<Int>
  ) {
    var sums = sums.mutableSpan
    precondition(numbers.count == sums.count, "\(numbers.count) numbers for \(sums.count) sums")
    for i in range { sums[i] += factor * Double(numbers[i]) }
  }
}
