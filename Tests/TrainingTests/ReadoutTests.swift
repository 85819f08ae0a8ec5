import Basics
import Foundation
import LinearAlgebra
import Models
import Specs
import TaskFixtures
import Tasks
import TestSupport
import Testing
import Training

/// Every row of the table of readouts against PyTorch (generate_heads.py).
@Suite struct ReadoutTests {
  /// What a row of a case asks of a readout whose targets are of a form.
  private func target(_ form: Target.Form, _ item: HeadGolden.Case, _ index: Int) -> Target {
    switch form {
    case .label: .label(item.labels[index])
    case .number: .number(item.targets[index])
    case .tags: .tags([item.labels[index]])
    case .labels: .labels(item.sets[index])
    }
  }

  @Test func `every readout has the losses and the gradients of PyTorch`() throws {
    let golden = try HeadGolden.read()
    for row in Readouts.all.entries {
      let kind = TaskKinds.all.entries.first { kind in
        HeadKind.allCases.contains { kind.readout($0) == row.name }
      }
      guard let form = kind?.form else {
        Issue.record("the readout '\(row.name)' is that of no kind of task: name it in a row of Tasks/Kinds")
        continue
      }
      // A readout without golden numbers is told of with its kind, by KindTests.
      for item in golden.cases(of: row.name) { check(row, item, golden, form) }
    }
  }

  private func check(
    _ row: ReadoutRow, _ item: HeadGolden.Case, _ golden: HeadGolden, _ form: Target.Form
  ) {
    let (n, C) = (golden.rows, golden.channels)
    let workspace = Workspace()
    let weight = Matrix(rows: item.outputs, columns: C, values: item.weight)
    if item.head == "cosine" { weight.normaliseRows() }
    let bias = Matrix(rows: 1, columns: item.bias.count, values: item.bias)
    let head: Head =
      item.head == "linear" ? .linear(weight: weight, bias: bias) : .cosine(labels: weight, scale: item.scale)
    let readout = row.make(
      TaskSpec(
        name: "a", kind: TaskKind("any"), source: .files([:]),
        labels: item.anchors.map { LabelSpec(name: "\($0)", description: "", value: $0) }, metrics: []))
    #expect(readout.outputs == item.outputs, "\(row.name)")
    let features = Matrix(rows: n, columns: C, values: item.features)
    let logits = head.forward(features, workspace: workspace)
    let dlogits = logits.copied()
    var value = 0.0
    for index in 0..<n {
      let example = TokenizedExample(ids: [0], types: [0], wordStarts: [0], target: target(form, item, index))
      let line = dlogits.rows(index..<index + 1)
      value += readout.loss(line, of: Item(example: example, index: 0), weight: 1 / Float(n)) / Double(n)
      let prediction = readout.prediction(logits.rows(index..<index + 1), for: example)
      #expect(prediction.form == example.target.form)
      if case .number(let number) = prediction { #expect(abs(number - item.predicted[index]) < 1e-5) }
    }
    #expect(abs(value - item.value) < 1e-6 * max(1, item.value), "\(row.name) over \(item.head)")
    let dfeatures = head.backward(
      dlogits, features: features, logits: logits, gradient: nil, workspace: workspace)
    #expect(relativeError(dfeatures.values, item.dfeatures) < 1e-5, "\(row.name) over \(item.head)")
  }

  @Test func `scores of labels that hold by themselves are those of all sets of labels together`() throws {
    let readout = try Readouts.all.entry(named: "labels").make(
      TaskSpec(
        name: "a", kind: TaskKind("any"), source: .files([:]),
        labels: (0..<3).map { LabelSpec(name: "\($0)", description: "") }, metrics: []))
    let (z, direction): ([Float], [Float]) = ([0.5, -1.25, 2], [1, -0.75, 0.5])
    func square(_ row: Matrix) -> Double {
      let along = zip(row.values, direction).reduce(0.0) { $0 + Double($1.0 * $1.1) }
      return along * along
    }
    var stream = RandomStream(seed: 0, "unused")
    let found = (0..<readout.ownAnswers).reduce(0.0) { sum, answer in
      let row = Matrix(rows: 1, columns: 3, values: z)
      readout.score(row, ofOwn: answer, draw: &stream)
      return sum + square(row)
    }
    var expected = 0.0
    for bits in 0..<8 {
      let labels = (0..<3).filter { bits & 1 << $0 != 0 }
      let shares = z.enumerated().map { 1 / (1 + exp(labels.contains($0) ? -Double($1) : Double($1))) }
      let row = Matrix(rows: 1, columns: 3, values: z)
      let example = TokenizedExample(ids: [0], types: [0], wordStarts: [], target: .labels(labels))
      readout.score(row, of: Item(example: example, index: 0))
      expected += shares.reduce(1, *) * square(row)
    }
    #expect(abs(found - expected) < 1e-6 * expected)
  }
}
