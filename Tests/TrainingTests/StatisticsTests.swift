import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import ModelFixtures
import Models
import Outlines
import Specs
import Tasks
import TestSupport
import Testing
import Training

/// Gram matrices of inputs and Fisher information, against PyTorch and PEFT on a tiny BERT.
@Suite struct StatisticsTests {
  private struct Cases: Decodable {
    let rows: [[Int32]]
    let labels: [Int]
    let numbers: [Double]
    let words: [[Int]]
    let tags: [[Int]]
  }

  private let golden: SafeTensorsFile
  private let cases: Cases
  private let weights: any Network
  private let sites: [LinearLayer]

  init() throws {
    let folder = Reference.golden("models")
    golden = try SafeTensorsFile(path: folder.appendingPathComponent("statistics.safetensors").path)
    cases = try JSONDecoder().decode(
      Cases.self, from: Data(contentsOf: folder.appendingPathComponent("statistics.json")))
    let pico = try PicoNetwork()
    let parameters = try pico.loraParameters()
    sites = parameters.factors.map(\.site)
    weights = pico.network.owning(sites)
    fold(parameters.factors, of: pico.network, into: weights)
  }

  private func examples(_ target: (Int) -> Target, tagged: Bool = false) -> [TokenizedExample] {
    cases.rows.enumerated().map { index, ids in
      TokenizedExample(
        ids: ids, types: ids.map { _ in 0 }, wordStarts: tagged ? cases.words[index] : [],
        target: target(index))
    }
  }

  private func head(_ name: String, _ kind: TaskKind, outputs: Int) throws -> TaskHead {
    let task = TaskSpec(
      name: name, kind: kind, source: .files([:]),
      labels: (0..<outputs).map { LabelSpec(name: "\($0)", description: "\($0)") }, metrics: [], head: .linear
    )
    let head = Head.linear(
      weight: try golden.matrix("\(name).weight"), bias: try golden.matrix("\(name).bias"))
    return TaskHead(task: task, head: head)
  }

  private func fisher(
    _ examples: [TokenizedExample], _ head: TaskHead, _ labels: FisherLabels, threads: Int = 1
  ) throws -> [(name: String, matrix: Matrix)] {
    let fisher = FisherDiagonal(
      sites: sites, labels: labels, stream: RandomStream(seed: 0, "test"))
    try fisher.add(
      examples, head, Reader(weights, pooling: .mean), workspaces: (0..<threads).map { _ in Workspace() })
    #expect(fisher.examples == examples.count)
    return fisher.finished()
  }

  private func expectEqual(
    _ found: [(name: String, matrix: Matrix)], _ prefix: String, below most: Double = 1e-5
  ) throws {
    #expect(found.map(\.name) == sites.map(\.path))
    for (name, matrix) in found {
      let error = relativeError(matrix.values, try golden.floats("\(prefix).\(name)"))
      #expect(error < most, "\(prefix) at \(name): \(error)")
    }
  }

  @Test func `Gram matrices of the inputs equal PyTorch's, once for query, key and value`() throws {
    let grams = InputGrams(sites: sites)
    try grams.add(examples { _ in .label(0) }, weights, workspaces: [Workspace()])
    let found = grams.finished()
    #expect(grams.tokens == 26)
    #expect(found.count == 8)
    #expect(found.map(\.name).first == "encoder.layer.0.attention.self")
    for (name, matrix) in found {
      let error = relativeError(matrix.values, try golden.floats("gram.\(name)"))
      #expect(error < 1e-5, "\(name): \(error)")
      #expect(matrix.transposed().values == matrix.values)
    }
  }

  @Test func `Fisher information of classes equals PyTorch's, over the data's labels and the model's`() throws
  {
    let examples = examples { .label(cases.labels[$0]) }
    let head = try head("head", .classification, outputs: 3)
    try expectEqual(try fisher(examples, head, .data), "classes.data")
    try expectEqual(try fisher(examples, head, .model), "classes.model")
  }

  @Test func `Fisher information of numbers equals PyTorch's`() throws {
    let examples = examples { .number(cases.numbers[$0]) }
    let head = try head("regression", .regression, outputs: 1)
    try expectEqual(try fisher(examples, head, .data), "number.data")
    try expectEqual(try fisher(examples, head, .model), "number.model")
  }

  @Test func `Fisher information of tags equals PyTorch's, and drawn tags have the same mean`() throws {
    let examples = examples({ .tags(cases.tags[$0]) }, tagged: true)
    let head = try head("tagger", .tagging, outputs: 4)
    try expectEqual(try fisher(examples, head, .data), "tags.data")
    let many = (0..<600).flatMap { _ in examples }
    try expectEqual(try fisher(many, head, .model), "tags.model", below: 0.15)
  }

  @Test func `the number of threads changes no bit, and another stream draws other tags`() throws {
    let tags = (0..<60).flatMap { _ in examples({ .tags(cases.tags[$0]) }, tagged: true) }
    let head = try head("tagger", .tagging, outputs: 4)
    let one = try fisher(tags, head, .model)
    for threads in [2, 3] {
      let other = try fisher(tags, head, .model, threads: threads)
      #expect(zip(one, other).allSatisfy { $0.matrix.values == $1.matrix.values })
    }
    let drawn = FisherDiagonal(
      sites: sites, labels: .model, stream: RandomStream(seed: 1, "test"))
    try drawn.add(tags, head, Reader(weights, pooling: .mean), workspaces: [Workspace()])
    #expect(drawn.finished()[0].matrix.values != one[0].matrix.values)

    let grams = try (1...3).map { threads in
      let grams = InputGrams(sites: sites)
      try grams.add(
        (0..<5).flatMap { _ in tags }, weights, workspaces: (0..<threads).map { _ in Workspace() })
      return grams.finished()
    }
    for other in grams.dropFirst() {
      #expect(zip(grams[0], other).allSatisfy { $0.matrix.values == $1.matrix.values })
    }
  }

  @Test func `frozen states lead to the same inputs`() throws {
    let examples = examples { _ in .label(0) }
    let upper = sites.filter { $0.block == 1 }
    let found = try [true, false].map { isFrozen in
      let states =
        isFrozen
        ? FrozenStates(weights, below: 1, examples: examples, workspaces: [Workspace()]) : nil
      let grams = InputGrams(sites: upper)
      try grams.add(examples, weights, states: states, workspaces: [Workspace()])
      return grams.finished()
    }
    #expect(found[0].count == 4)
    #expect(zip(found[0], found[1]).allSatisfy { $0.matrix.values == $1.matrix.values })
  }

  @Test func `a head of label descriptions gives information at every layer, of classes and of anchors`()
    throws
  {
    let base = try Toy.base(layers: 2)
    for kind in [TaskKind.classification, .regression] {
      let task = Toy.training(kind, .labels, base: base, train: 5)
      let head = TaskHead(
        task: task.task, head: base.labelHead(task.task, scale: 20, workspace: Workspace()))
      let found = try [FisherLabels.data, .model].map { labels in
        let fisher = FisherDiagonal(
          sites: base.network.outline.layers, labels: labels,
          stream: RandomStream(seed: 0, "test"))
        try fisher.add(task.train, head, base.reader, workspaces: [Workspace()])
        return fisher.finished().map(\.matrix)
      }
      for (data, model) in zip(found[0], found[1]) {
        #expect(data.values.allSatisfy { $0 >= 0 } && data.values.contains { $0 > 0 })
        #expect(data.values != model.values && model.values.contains { $0 > 0 })
      }
      #expect(found[0].count == 12)
    }
  }
}
