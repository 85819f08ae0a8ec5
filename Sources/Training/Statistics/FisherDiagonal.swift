public import Basics
internal import Checkpoints
public import LinearAlgebra
internal import Models
public import Outlines
internal import Specs

/// The diagonal Fisher information of some weights of a model: for every entry the mean over examples of the squared
/// gradient of log p(y|x), y being what the data say or what the model itself says.
///
/// F = 1/N · Σ_x Σ_y q(y|x)·(∂ log p(y|x) / ∂W)²: with `labels: data` q is 1 at the label of the data, with
/// `labels: model` q = p, which is the Fisher information proper. Squares are those of single examples, never of sums over
/// a batch. For one text all y are gone through; for the words of a tagged sentence, whose tags are too many together,
/// one tag each is drawn from p, which has the same mean; a number of a linear head counts as normal with variance 1.
/// Source: Matena and Raffel 2022, arXiv:2111.09832, section 3.
///
/// Cost: one backward pass for each y, and 2·T·in·out + 2·in·out FLOPs a layer, example and y.
/// Memory: 4 bytes for each measured weight, once and once more for each thread: 43 MB each for all linear layers of
/// MiniLM.
public final class FisherDiagonal {
  private let sites: [LinearLayer]
  private let labels: FisherLabels
  private let stream: RandomStream
  private let total: SiteMatrices
  private var lanes: [FisherDoor] = []
  /// Examples read.
  public private(set) var examples = 0
  /// Tokens read.
  public private(set) var tokens = 0

  /// Measures the weights of some layers.
  ///
  /// - Parameter stream: Draws the tags; each example of each task has a stream below it.
  public init(sites: [LinearLayer], labels: FisherLabels, stream: RandomStream) {
    self.sites = sites
    self.labels = labels
    self.stream = stream
    total = FisherDoor(sites: sites).sums
  }

  /// Runs a model forward and backward over some examples of a task.
  ///
  /// - Parameters:
  ///   - workspaces: One for each thread; their number changes no bit.
  ///   - progress: Called with the number of examples that are done; what it throws ends the measurement.
  public func add(
    _ examples: [TokenizedExample], _ head: TaskHead, _ reader: Reader, workspaces: [Workspace],
    progress: (Int) throws -> Void = { _ in }
  ) rethrows {
    while lanes.count < workspaces.count { lanes.append(FisherDoor(sites: sites)) }
    let stream = stream.stream(head.task.name)
    try inBatches(examples, tokens: WorkLimits.partTokens, workspaces) { lane, range, workspace in
      lanes[lane].sums.clear()
      run(
        Array(examples[range]), head, reader, lanes[lane], workspace,
        streams: range.map { stream.stream("\($0)") })
    } joined: { lane, range in
      total.add(lanes[lane].sums)
      self.examples += range.count
      tokens += examples[range].reduce(0) { $0 + $1.ids.count }
      try progress(range.upperBound)
    }
  }

  /// The squared gradients of the examples of a batch, summed into a door.
  private func run(
    _ examples: [TokenizedExample], _ head: TaskHead, _ reader: Reader, _ door: FisherDoor,
    _ workspace: Workspace, streams: [RandomStream]
  ) {
    let batch = PackedBatch(examples)
    door.rows = (0..<batch.rows).map { batch.range($0) }
    let (states, tape) = reader.forward(batch, door: door, workspace: workspace)
    let rows = 0..<batch.rows
    let features = head.features(states, rows: rows, examples: examples, workspace: workspace)
    if features.rows == 0 { return }
    let logits = head.logits(features, examples, workspace: workspace)
    var streams = streams
    let readout = head.readout
    for pass in 0..<(labels == .data ? 1 : readout.ownAnswers) {
      let mark = workspace.mark
      let dlogits = workspace.matrix(rows: logits.rows, columns: logits.columns)
      dlogits.copy(from: logits)
      var next = 0
      for (index, example) in examples.enumerated() {
        for item in 0..<head.items(example) {
          let row = dlogits.rows(next..<next + 1)
          switch labels {
          case .data: readout.score(row, of: Item(example: example, index: item))
          case .model: readout.score(row, ofOwn: pass, draw: &streams[index])
          }
          next += 1
        }
      }
      let dfeatures = head.backward(
        dlogits, features: features, logits: logits, examples, gradient: nil, workspace: workspace)
      let dhidden = workspace.zeros(rows: batch.tokens, columns: states.hidden.columns)
      head.scatter(dfeatures, states, rows: rows, examples: examples, into: dhidden)
      reader.network.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
      workspace.release(to: mark)
    }
  }

  /// Ends the measurement: (out, in) for each layer, by its path.
  public func finished() -> [(name: String, matrix: Matrix)] {
    total.scale(by: 1 / Float(max(1, examples)))
    return zip(total.sites, total.matrices).map { ($0.path, $1) }
  }
}
