import Foundation
import LinearAlgebra
import Models
import TestSupport
import Testing

/// Heads and losses against PyTorch (generate_heads.py) and against finite differences in Double.
@Suite struct HeadTests {
  struct Golden: Decodable {
    let rows: Int
    let channels: Int
    let cases: [Case]
  }

  struct Case: Decodable, CustomTestStringConvertible {
    let loss: String
    let head: String
    let outputs: Int
    let features: [Float]
    let weight: [Float]
    let bias: [Float]
    let labels: [Int]
    let targets: [Double]
    let anchors: [Double]
    let scale: Float
    let predicted: [Double]
    let value: Double
    let logits: [Float]
    let dfeatures: [Float]
    let dweight: [Float]
    let dbias: [Float]
    var testDescription: String { "\(loss) over \(head)" }

    /// The loss of a row of logits, which become the gradient.
    func loss(_ logits: Matrix, row: Int, weight: Float) -> Double {
      switch loss {
      case "cross_entropy": Loss.crossEntropy(logits, label: labels[row], weight: weight)
      case "squared_error": Loss.squaredError(logits, target: targets[row], weight: weight)
      default: Loss.anchoredCrossEntropy(logits, target: targets[row], anchors: anchors, weight: weight)
      }
    }
  }

  static let golden = Result {
    let data = try Data(contentsOf: Reference.golden("models/heads.json"))
    return try JSONDecoder().decode(Golden.self, from: data)
  }
  /// The losses that stand in Models; those of readouts are tested with them.
  private static let losses = ["cross_entropy", "squared_error", "anchored"]
  static var cases: [Case] { (try? golden.get().cases.filter { losses.contains($0.loss) }) ?? [] }

  /// What our head gives for a case: the mean loss and all gradients.
  struct Outcome {
    var value = 0.0
    var logits: [Float] = []
    var dfeatures: [Float] = []
    var dweight: [Float] = []
    var dbias: [Float] = []
  }

  static func ours(_ item: Case, rows: Int, channels: Int) -> Outcome {
    let workspace = Workspace()
    let weight = Matrix(rows: item.outputs, columns: channels, values: item.weight)
    let dweight = Matrix(rows: item.outputs, columns: channels)
    let dbias = Matrix(rows: 1, columns: item.outputs)
    let head: Head
    if item.head == "linear" {
      head = .linear(weight: weight, bias: Matrix(rows: 1, columns: item.outputs, values: item.bias))
    } else {
      weight.normaliseRows()
      head = .cosine(labels: weight, scale: item.scale)
    }
    let features = Matrix(rows: rows, columns: channels, values: item.features)
    let logits = head.forward(features, workspace: workspace)
    let dlogits = logits.copied()
    var outcome = Outcome(logits: logits.values)
    let share = 1 / Float(rows)
    for row in 0..<rows {
      outcome.value += item.loss(dlogits.rows(row..<row + 1), row: row, weight: share)
    }
    outcome.value /= Double(rows)
    let gradient = Head.linear(weight: dweight, bias: dbias)
    outcome.dfeatures =
      head.backward(dlogits, features: features, logits: logits, gradient: gradient, workspace: workspace)
      .values
    outcome.dweight = dweight.values
    outcome.dbias = dbias.values
    return outcome
  }

  @Test func `there is a case for every loss and head`() throws {
    #expect(Set(Self.cases.map(\.loss)) == Set(Self.losses) && Self.cases.count == 5)
  }

  @Test(arguments: cases) func `loss and gradients equal PyTorch's`(_ item: Case) throws {
    let golden = try Self.golden.get()
    let ours = Self.ours(item, rows: golden.rows, channels: golden.channels)
    #expect(abs(ours.value - item.value) < 1e-6 * max(1, item.value))
    #expect(relativeError(ours.logits, item.logits) < 1e-6)
    #expect(relativeError(ours.dfeatures, item.dfeatures) < 1e-5)
    if item.head == "linear" {
      #expect(relativeError(ours.dweight, item.dweight) < 1e-5)
      #expect(relativeError(ours.dbias, item.dbias) < 1e-5)
    } else {
      #expect(ours.dweight.allSatisfy { $0 == 0 }, "label embeddings are frozen")
    }
  }

  @Test(arguments: cases) func `the gradient by the features is the slope of the loss`(_ item: Case) throws {
    let golden = try Self.golden.get()
    let ours = Self.ours(item, rows: golden.rows, channels: golden.channels)
    let start = item.features.map(Double.init)
    let h = 1e-5
    let slopes = start.indices.map { i in
      var up = start
      var down = start
      up[i] += h
      down[i] -= h
      let above = Self.loss(item, features: up, rows: golden.rows, channels: golden.channels)
      let below = Self.loss(item, features: down, rows: golden.rows, channels: golden.channels)
      return Float((above - below) / (2 * h))
    }
    #expect(relativeError(ours.dfeatures, slopes) < 1e-5)
  }

  /// The mean loss of a case, written down plainly in Double.
  private static func loss(_ item: Case, features: [Double], rows: Int, channels C: Int) -> Double {
    var sum = 0.0
    for row in 0..<rows {
      let f = Array(features[row * C..<(row + 1) * C])
      let logits = (0..<item.outputs).map { k in
        let w = item.weight[k * C..<(k + 1) * C].map(Double.init)
        let dot = zip(f, w).reduce(0) { $0 + $1.0 * $1.1 }
        if item.head == "linear" { return dot + Double(item.bias[k]) }
        return Double(item.scale) * dot / length(f) / length(w)
      }
      sum += plainLoss(item, logits, row: row)
    }
    return sum / Double(rows)
  }

  private static func plainLoss(_ item: Case, _ logits: [Double], row: Int) -> Double {
    let target = item.targets[row]
    if item.loss == "squared_error" { return (logits[0] - target) * (logits[0] - target) }
    let total = logits.reduce(0) { $0 + exp($1) }
    let surprise = logits.map { log(total) - $0 }
    if item.loss == "cross_entropy" { return surprise[item.labels[row]] }
    // The anchors ascend: a line between the two surprises around the target.
    guard let above = item.anchors.firstIndex(where: { $0 > target }) else {
      return surprise[item.outputs - 1]
    }
    if above == 0 { return surprise[0] }
    let share = (target - item.anchors[above - 1]) / (item.anchors[above] - item.anchors[above - 1])
    return share * surprise[above] + (1 - share) * surprise[above - 1]
  }

  private static func length(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  @Test(arguments: cases) func `the number that logits stand for equals PyTorch's`(_ item: Case) throws {
    let golden = try Self.golden.get()
    let ours = Self.ours(item, rows: golden.rows, channels: golden.channels)
    let logits = Matrix(rows: golden.rows, columns: item.outputs, values: ours.logits)
    let anchors = item.loss == "squared_error" ? [] : item.anchors
    for (row, expected) in item.predicted.enumerated() {
      #expect(abs(Loss.predictedValue(logits.rows(row..<row + 1), anchors: anchors) - expected) < 1e-5)
    }
  }

  @Test func `the order of anchors makes no difference`() {
    let logits: [Float] = [0.5, -1, 2, 0.25]
    let anchors = [-1, -0.25, 0.5, 2]
    let order = [2, 0, 3, 1]
    for target in [-3, -1, -0.5, 0.5, 1.9, 2, 7] {
      let straight = Matrix(rows: 1, columns: 4, values: logits)
      let mixed = Matrix(rows: 1, columns: 4, values: order.map { logits[$0] })
      let one = Loss.anchoredCrossEntropy(straight, target: target, anchors: anchors, weight: 1)
      let two = Loss.anchoredCrossEntropy(
        mixed, target: target, anchors: order.map { anchors[$0] }, weight: 1)
      #expect(abs(one - two) < 1e-12)
      #expect(relativeError(mixed.values, order.map { straight.values[$0] }) < 1e-6)
    }
  }

  @Test func `the loss over many rows is the mean of the losses of each`() throws {
    let values: [Float] = [0.5, -1, 2, 0.25, 0, 1, 3, -2, -0.5, 0.75, 1.5, -3]
    let together = Matrix(rows: 3, columns: 4, values: values)
    let single = Matrix(rows: 3, columns: 4, values: values)
    let labels = [2, 0, 1]
    let mean = Loss.crossEntropy(together, labels: labels)
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      sum += Loss.crossEntropy(single.rows(row..<row + 1), label: label, weight: 1 / 3)
    }
    #expect(abs(mean - sum / 3) < 1e-6)
    #expect(relativeError(together.values, single.values) < 1e-6)
  }

  @Test func `huge logits give a finite loss and gradient`() {
    let logits = Matrix(rows: 1, columns: 3, values: [1e4, -1e4, 0])
    #expect(Loss.crossEntropy(logits, label: 0, weight: 1) == 0)
    #expect(logits.values == [0, 0, 0])
    let wrong = Matrix(rows: 1, columns: 3, values: [1e4, -1e4, 0])
    #expect(Loss.crossEntropy(wrong, label: 1, weight: 1).isFinite)
    #expect(wrong.values == [1, -1, 0])
  }

  @Test func `the first of equal logits is the prediction`() {
    let logits = Matrix(rows: 2, columns: 3, values: [1, 2, 2, -1, -1, -1])
    #expect(Loss.argmax(logits, row: 0) == 1)
    #expect(Loss.argmax(logits, row: 1) == 0)
  }
}
