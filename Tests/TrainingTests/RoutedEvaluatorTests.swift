import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Models
import Outlines
import Specs
import Tasks
import TestSupport
import Testing
import Training

@Suite struct RoutedEvaluatorTests {
  private let targets = ["query", "value", "output.dense"]

  /// A random adapter of the toy base.
  private func adapter(_ name: String, _ base: BaseModel, rank: Int = 3, scale: Double = 0.2) throws
    -> Adapter
  {
    let outline = base.network.outline
    let parameters = LoRAParameters(
      sites: try outline.chosen(by: LayerTargets(targets)), rank: rank, scale: 2)
    var stream = RandomStream(seed: 5, "factors", name)
    Matrix(storage: parameters.storage, rows: 1, columns: parameters.storage.count).withMutableSpan { span in
      for i in 0..<span.count { span[i] = Float(stream.normal() * scale) }
    }
    return parameters.adapter(
      name: name, alpha: 2 * Double(rank), dropout: 0, rslora: false, targets: targets)
  }

  private func part(_ name: String, _ base: BaseModel, rank: Int = 3) throws -> RoutedModel.Part {
    RoutedModel.Part(name: name, tasks: [name], change: try adapter(name, base, rank: rank))
  }

  private func batch(_ base: BaseModel) -> PackedBatch {
    var batch = PackedBatch()
    for example in Toy.training(.classification, .labels, base: base, train: 6).train {
      batch.append(ids: example.ids, types: example.types)
    }
    return batch
  }

  private func hidden(
    _ model: RoutedModel, _ base: BaseModel, _ gates: GatedDoor.Gates, on weights: (any Network)? = nil
  ) throws -> [Float] {
    let batch = batch(base)
    let door = GatedDoor(try GatedFactors(model, outline: base.network.outline), gates: gates, batch: batch)
    return (weights ?? base.network).hidden(batch, workspace: Workspace(), door: door).values
  }

  private func folded(_ adapter: Adapter, _ base: BaseModel) throws -> [Float] {
    try base.network.folding(adapter).hidden(batch(base), workspace: Workspace()).values
  }

  /// Gates of tokens by the first row of each A: any direction serves these laws.
  private func tokenGate(_ parts: [RoutedModel.Part], temperature: Double, experts: Int) -> TokenGate {
    let paths = Set(parts.flatMap { $0.change?.sites.map(\.path) ?? [] }).sorted()
    return TokenGate(
      measure: .magnitude, temperature: temperature, experts: experts, width: 1,
      directions: paths.map { path in
        (
          path,
          DoubleMatrix.belowEachOther(
            parts.compactMap { $0.change?.site(path).map { DoubleMatrix($0.a.rows(0..<1)) } }
          ).matrix
        )
      })
  }

  @Test func `an expert alone is its folded weights, whoever decides`() throws {
    let base = try Toy.base(layers: 2)
    let one = try part("one", base)
    let wanted = try folded(try #require(one.change), base)
    let gate = tokenGate([one], temperature: 1, experts: 1)
    let byToken = RoutedModel(method: "m", parts: [one], gate: .token(gate))
    #expect(relativeError(try hidden(byToken, base, .tokens(gate)), wanted) < 1e-5)
    let ones = Matrix(rows: 6, columns: 1, values: Array(repeating: 1, count: 6))
    #expect(relativeError(try hidden(byToken, base, .texts(ones)), wanted) < 1e-5)
    // The change is large enough to be seen.
    let plain = base.network.hidden(batch(base), workspace: Workspace()).values
    #expect(relativeError(plain, wanted) > 0.01)
  }

  @Test func `a hard gate is that expert's own folded weights, text by text`() throws {
    let base = try Toy.base(layers: 2)
    let parts = try [part("one", base), part("two", base, rank: 2), part("three", base, rank: 1)]
    let model = RoutedModel(method: "m", parts: parts, gate: .task)
    let chosen = [0, 2, 1, 1, 0, 2]
    let gates = Matrix(rows: 6, columns: 3)
    for (row, expert) in chosen.enumerated() { gates[row, expert] = 1 }
    let mixed = Matrix(
      rows: batch(base).tokens, columns: 16, values: try hidden(model, base, .texts(gates)))
    for (expert, part) in parts.enumerated() {
      let own = Matrix(
        rows: mixed.rows, columns: 16, values: try folded(try #require(part.change), base))
      for row in chosen.indices where chosen[row] == expert {
        let tokens = batch(base).range(row)
        #expect(relativeError(mixed.rows(tokens).values, own.rows(tokens).values) < 1e-5)
      }
    }
  }

  @Test func `equal gates are the mean of the changes`() throws {
    let base = try Toy.base(layers: 2)
    let parts = try [part("one", base), part("two", base, rank: 2)]
    let mean = Adapter(
      name: "mean",
      sites: try zip(try #require(parts[0].change).sites, try #require(parts[1].change).sites).map { a, b in
        let sum = LowRank.sum([
          try #require(parts[0].change).lowRank(a.delta).scaled(by: 0.5),
          try #require(parts[1].change).lowRank(b.delta).scaled(by: 0.5),
        ])
        return (a.path, AdapterSite(a: sum.a.matrix, b: sum.b.matrix, alpha: Double(sum.rank)))
      })
    let wanted = try folded(mean, base)
    let model = RoutedModel(method: "m", parts: parts, gate: .task)
    let halves = Matrix(rows: 6, columns: 2, values: Array(repeating: 0.5, count: 12))
    #expect(relativeError(try hidden(model, base, .texts(halves)), wanted) < 1e-5)
    // So hot that all logits are equal.
    let gate = tokenGate(parts, temperature: 1e9, experts: 2)
    let hot = RoutedModel(method: "m", parts: parts, gate: .token(gate))
    #expect(relativeError(try hidden(hot, base, .tokens(gate)), wanted) < 1e-5)
  }

  /// A gate that sends texts to the expert whose known text they are.
  private func retrieval(_ texts: Matrix, owners: [Int]) -> RoutedModel.Gate {
    texts.normaliseRows()
    return .text(
      TextGate(
        readsUnified: false,
        rule: .neighbours(index: texts, owners: owners, neighbours: 1, experts: 1, together: false)))
  }

  @Test func `texts that go to an expert get its predictions, whatever the threads and states`() throws {
    let base = try Toy.base(layers: 2)
    let parts = try [part("one", base), part("two", base, rank: 2)]
    let task = Toy.training(.regression, .labels, base: base, train: 24)
    let head = TaskHead(task: task.task, head: base.labelHead(task.task, scale: 20, workspace: Workspace()))
    let known = Evaluator(network: base.network, pooling: base.pooling).pooled(task.train)
    let owners = (0..<24).map { $0 % 2 }
    let model = RoutedModel(method: "m", parts: parts, gate: retrieval(known, owners: owners))
    let evaluator = RoutedEvaluator(model, base: base)
    let answers = try evaluator.predict(task.train, head: head)
    for (expert, part) in parts.enumerated() {
      let own = try Evaluator(network: base.network.folding(#require(part.change)), pooling: base.pooling)
        .predict(task.train, head: head)
      var (same, different) = (0, 0)
      for row in owners.indices {
        guard case .number(let a) = answers[row].target, case .number(let b) = own[row].target else {
          continue
        }
        if owners[row] == expert, abs(a - b) < 1e-5 { same += 1 }
        if owners[row] != expert, abs(a - b) > 1e-4 { different += 1 }
      }
      #expect(same == 12 && different > 0, "\(same) of 12")
    }
    #expect(evaluator.readsBase)
    #expect(try evaluator.predict(task.train, head: head, embeddings: known) == answers)
    let turned = Matrix(
      rows: 24, columns: 16, values: (0..<24).reversed().flatMap { known.rows($0..<$0 + 1).values })
    #expect(try evaluator.predict(task.train, head: head, embeddings: turned) != answers)
    let three = try evaluator.predict(
      task.train, head: head, workspaces: (0..<3).map { _ in Workspace() })
    #expect(three == answers)
  }

  @Test func `gates by text and by token depend on no thread, and kept states change no bit`() throws {
    let base = try Toy.base(layers: 3)
    var parts = try [part("one", base), part("two", base, rank: 2)]
    for t in parts.indices {
      // Nothing below the second block, so that states can be kept.
      parts[t].change?.sites.removeAll { $0.path.hasPrefix("encoder.layer.0.") }
    }
    let task = Toy.training(.regression, .labels, base: base, train: 24)
    let head = TaskHead(task: task.task, head: base.labelHead(task.task, scale: 20, workspace: Workspace()))
    let gates: [RoutedModel.Gate] = [
      .token(tokenGate(parts, temperature: 1, experts: 2)),
      .text(
        TextGate(
          readsUnified: false,
          rule: .linear(
            weight: Matrix(rows: 2, columns: 16, values: (0..<32).map { Float($0 % 5) - 2 }),
            bias: Matrix(rows: 1, columns: 2), experts: 2))),
    ]
    for gate in gates {
      let evaluator = RoutedEvaluator(RoutedModel(method: "m", parts: parts, gate: gate), base: base)
      #expect(evaluator.lowestLayer == 1)
      let one = try evaluator.predict(task.train, head: head)
      let states = FrozenStates(
        base.network, below: 1, examples: task.train, workspaces: [Workspace(), Workspace()])
      #expect(try evaluator.predict(task.train, head: head, workspaces: [Workspace(), Workspace()]) == one)
      #expect(try evaluator.predict(task.train, head: head, states: states) == one)
      #expect(Set(one).count > 1)
    }
  }

  @Test func `a known task is served by its own part, masked or not, and another task by what all share`()
    throws
  {
    let base = try Toy.base(layers: 2)
    let unified = try adapter("unified", base)
    let own = try adapter("own", base, rank: 1)
    let path = unified.sites[0].path
    let rows = unified.sites[0].delta.b.rows
    var mask = BitMask(rows: rows, columns: unified.sites[0].delta.a.columns)
    for entry in stride(from: 0, to: mask.rows * mask.columns, by: 3) { mask[entry] = true }
    let model = RoutedModel(
      method: "m", unified: unified,
      parts: [
        .init(name: "own", tasks: ["own"], change: own),
        .init(name: "masked", tasks: ["masked"], masks: [(path, mask)], scale: 1.5),
      ], gate: .task)
    func weights(_ weights: any Network) -> [Float] {
      weights.outline.layers.flatMap { weights.weight($0).values }
    }
    #expect(
      try weights(base.network.folding(model, for: "own")) == weights(base.network.folding(own)))
    #expect(
      try weights(base.network.folding(model, for: "other")) == weights(base.network.folding(unified)))
    let masked = try base.network.folding(model, for: "masked")
    let change = unified.lowRank(unified.sites[0].delta).dense.floats
    for site in base.network.outline.layers {
      let (before, after) = (base.network.weight(site).values, masked.weight(site).values)
      if site.path != path {
        #expect(before == after)
      } else {
        let wanted = before.indices.map { before[$0] + (mask[$0] ? 1.5 * change[$0] : 0) }
        #expect(relativeError(after, wanted) < 1e-6 && relativeError(before, wanted) > 1e-3)
      }
    }
  }

  @Test func `a correction of zero is none, and tagging is not corrected`() throws {
    let base = try Toy.base(layers: 2)
    let unified = try adapter("unified", base)
    func model(_ up: Float, _ task: String) -> RoutedModel {
      RoutedModel(
        method: "m", unified: unified,
        parts: [
          .init(
            name: task, tasks: [task],
            correction: .init(
              down: Matrix(rows: 2, columns: 16, values: (0..<32).map { Float($0 % 3) - 1 }),
              up: Matrix(rows: 16, columns: 2, values: Array(repeating: up, count: 32))))
        ], gate: .task)
    }
    for kind in [TaskKind.regression, .tagging] {
      let task = Toy.training(kind, .labels, base: base, train: 24)
      let head = TaskHead(task: task.task, head: base.labelHead(task.task, scale: 20, workspace: Workspace()))
      let plain = try Evaluator(network: base.network.folding(unified), pooling: base.pooling)
        .predict(task.train, head: head)
      func answers(_ up: Float, _ name: String) throws -> [Prediction] {
        try RoutedEvaluator(model(up, name), base: base).predict(task.train, head: head)
      }
      #expect(try answers(0, "toy") == plain)
      #expect(try answers(3, "another") == plain)
      #expect(try (answers(3, "toy") == plain) == (kind == .tagging))
    }
  }

  @Test func `a model of another base is refused`() throws {
    let base = try Toy.base(layers: 2)
    let deep = try part("deep", Toy.base(layers: 3))
    let model = RoutedModel(
      method: "m", parts: [deep], gate: .token(tokenGate([deep], temperature: 1, experts: 1)))
    let task = Toy.training(.regression, .labels, base: base, train: 4)
    let head = TaskHead(task: task.task, head: base.labelHead(task.task, scale: 20, workspace: Workspace()))
    let complaint = complaint { _ = try RoutedEvaluator(model, base: base).predict(task.train, head: head) }
    #expect(complaint.contains("the adapter was made for another base"))
  }
}
