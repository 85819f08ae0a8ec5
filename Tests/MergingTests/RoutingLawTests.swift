import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

@Suite struct RoutingLawTests {
  private static let names = MergeMethods.all.entries.filter { $0.servedBy != nil }.map(\.name)

  private func expert(_ name: String, rank: Int, weight: Double = 1) -> RoutedExpert {
    RoutedExpert(name: name, tasks: [name], adapter: randomAdapter(name, rank: rank), weight: weight)
  }

  /// Settings under which one expert is served as it is.
  private let neutral: [String: [String: ParameterValue]] = [
    "tsv_compress": ["fraction": .number(1)], "surgery": ["over": .text("linear")],
    "twin": ["fraction": .number(1)],
  ]

  @Test(arguments: names)
  func `one expert is served as it is`(name: String) throws {
    let one = expert("one", rank: 3)
    let (model, _) = try route([one], name, neutral[name] ?? [:])
    let part = try #require(model.part(for: "one"))
    for (path, delta) in one.adapter.sites {
      var change = served(model, part, path)
      if part.change != nil, model.unified != nil {
        // Twin: what all share and what is its own.
        change = zip(change, unifiedChange(model, path)).map { $0 + $1 }
      }
      #expect(relativeError(change, one.adapter.lowRank(delta).dense.floats) < 1e-6, "\(path)")
    }
  }

  @Test(arguments: names)
  func `an expert of weight zero might as well not be there`(name: String) throws {
    let two = [expert("one", rank: 3), expert("two", rank: 2, weight: 0.5)]
    let without = try route(two, name).model
    let with = try route([two[0], expert("absent", rank: 1, weight: 0), two[1]], name).model
    #expect(with.parts.map(\.name) == without.parts.map(\.name))
    for (path, _) in two[0].adapter.sites {
      #expect(unifiedChange(with, path) == unifiedChange(without, path))
      for (a, b) in zip(with.parts, without.parts) {
        #expect(served(with, a, path) == served(without, b, path))
      }
    }
  }

  @Test(arguments: names)
  func `the order of the experts orders the parts and changes none`(name: String) throws {
    let experts = [expert("one", rank: 3), expert("two", rank: 2, weight: 0.5), expert("three", rank: 1)]
    let model = try route(experts, name).model
    let turned = try route([experts[2], experts[0], experts[1]], name).model
    #expect(turned.parts.map(\.name) == ["three", "one", "two"])
    for part in model.parts {
      let other = try #require(turned.part(for: part.name))
      for (path, _) in experts[0].adapter.sites {
        #expect(relativeError(served(turned, other, path), served(model, part, path)) < 1e-5)
      }
    }
  }

  @Test(arguments: names.filter { $0 != "twin" && $0 != "surgery" })
  func `a layer that an expert lacks is no change of its own there`(name: String) throws {
    let path = "layer.0.value"
    let partial = RoutedExpert(
      name: "partial", tasks: ["partial"],
      adapter: randomAdapter("partial", rank: 2, layers: testLayers.keys.sorted().filter { $0 != path }),
      weight: 1)
    let (model, sites) = try route([partial, expert("whole", rank: 3)], name)
    #expect(sites.map(\.site) == testLayers.keys.sorted())
    #expect(
      sites.allSatisfy { $0.retainedEnergy > 0 && $0.retainedEnergy <= 1 && $0.norm > 0 && $0.rank > 0 })
    let part = try #require(model.part(for: "partial"))
    #expect(served(model, part, path).allSatisfy { $0 == 0 })
  }

  @Test(arguments: ["arrow", "smile"])
  func `an expert whose change is zero at a layer has its directions there`(name: String) throws {
    let path = "layer.0.value"
    var still = expert("still", rank: 2)
    let place = try #require(still.adapter.sites.firstIndex { $0.path == path })
    still.adapter.sites[place].delta.b = Matrix(rows: 9, columns: 2)
    let (model, _) = try route([still, expert("one", rank: 3)], name)
    guard case .token(let gate) = model.gate else {
      Issue.record("no gate of tokens")
      return
    }
    let having = model.parts.filter { $0.change?.site(path) != nil }
    #expect(having.map(\.name) == ["still", "one"])
    let rows = try #require(gate.directions.first { $0.path == path }).rows
    #expect(rows.rows == 2)
    #expect(rows.rows(0..<1).values.allSatisfy { $0 == 0 } && rows.rows(1..<2).values.contains { $0 != 0 })
  }

  @Test func `surgery draws what the merge under it draws with the same seed`() throws {
    let experts = [expert("one", rank: 2), expert("two", rank: 2)]
    let dare = try MergeMethods.all.entry(named: "dare_linear")
    for seed in [0, 7] {
      let unified = try #require(
        try route(experts, "surgery", ["over": .text("dare_linear")], seed: seed).model.unified)
      #expect(dense(unified) == dense(try merge(experts.map(\.adapter), [1, 1], dare, seed: seed).adapter))
    }
  }

  @Test(arguments: names)
  func `experts of weight zero alone are refused`(name: String) throws {
    #expect(throws: Diagnostic("all weights of the merge are zero")) {
      _ = try route([expert("one", rank: 2, weight: 0)], name)
    }
  }

  @Test func `a part of one task goes before one of several`() {
    let model = RoutedModel(
      method: "m",
      parts: [
        .init(name: "both", tasks: ["a", "b"]), .init(name: "b", tasks: ["b"]),
        .init(name: "again", tasks: ["b"]),
      ], gate: .task)
    #expect(model.part(for: "a")?.name == "both")
    #expect(model.part(for: "b")?.name == "b")
    #expect(model.part(for: "c") == nil)
  }

  @Test func `a row that routes makes no single adapter, and says so`() throws {
    let method = try MergeMethods.all.entry(named: "arrow")
    #expect(throws: Diagnostic("merge method 'arrow' makes no single adapter")) {
      _ = try merge([randomAdapter("one", rank: 2)], [1], method)
    }
  }

  @Test func `texts that are missing are asked for`() throws {
    for name in ["retrieval", "twin", "moe"] {
      let method = try MergeMethods.all.entry(named: name)
      let routing = try #require(
        RoutedMerger.routing(method, Parameters([:], for: method.parameters, of: name)))
      var model = try routing.model(of: [expert("one", rank: 2)], seed: 0).model
      #expect(throws: Diagnostic.self) {
        try routing.fit(&model, to: [], random: RandomStream(seed: 0, "none"))
      }
    }
  }

  @Test func `prototypes of a mixture are what the mean inputs of the experts do not share`() throws {
    let method = try MergeMethods.all.entry(named: "moe")
    let routing = try #require(
      RoutedMerger.routing(method, Parameters([:], for: method.parameters, of: "moe")))
    let path = "layer.1.output"
    let experts = ["one", "two"].map { name in
      RoutedExpert(
        name: name, tasks: [name], adapter: randomAdapter(name, rank: 2, layers: [path]), weight: 1)
    }
    var model = try routing.model(of: experts, seed: 0).model
    func texts(_ expert: Int, _ task: String, _ values: [Float]) -> ExpertTexts {
      ExpertTexts(
        expert: expert, task: task, isPooled: true, embeddings: Matrix(rows: 1, columns: 3),
        inputs: [path: Matrix(rows: 1, columns: 11, values: values + Array(repeating: 7, count: 9))])
    }
    // The first expert's two tasks have the mean (3, 5); the mean of both experts is (2, 3).
    try routing.fit(
      &model, to: [texts(0, "a", [2, 4]), texts(0, "b", [4, 6]), texts(1, "c", [1, 1])],
      random: RandomStream(seed: 0, "none"))
    guard case .token(let gate) = model.gate else {
      Issue.record("no gate of tokens")
      return
    }
    let root = Float(5).squareRoot()
    let expected = [1 / root, 2 / root] + Array(repeating: 0, count: 9)
    #expect(relativeError(gate.directions[0].rows.values, expected + expected.map { -$0 }) < 1e-6)
    #expect(gate.measure == .cosine && gate.experts == 2)
  }

  @Test func `surgery corrects the tasks that read pooled vectors and leaves the merge alone`() throws {
    let method = try MergeMethods.all.entry(named: "surgery")
    let routing = try #require(
      RoutedMerger.routing(
        method,
        Parameters(
          ["surgery_rank": .number(2), "iterations": .number(40)], for: method.parameters, of: "surgery")))
    #expect(routing.texts?.wantsExperts == true && routing.texts?.readsUnified == true)
    var model = try routing.model(of: [expert("one", rank: 2), expert("two", rank: 2)], seed: 0).model
    let z = randomMatrix(20, 6, RandomStream(seed: 3, "z"))
    let wanted = Matrix(rows: 20, columns: 6, values: z.values.map { $0 - 0.3 * max(0, $0) })
    let before = model.unified?.sites.map { $0.delta.a.values }
    try routing.fit(
      &model,
      to: [
        ExpertTexts(expert: 0, task: "one", isPooled: true, embeddings: z, ofExpert: wanted),
        ExpertTexts(expert: 1, task: "two", isPooled: false, embeddings: z, ofExpert: wanted),
      ], random: RandomStream(seed: 0, "fit"))
    #expect(model.unified?.sites.map { $0.delta.a.values } == before)
    #expect(model.parts.map(\.name) == ["one"])
    #expect(model.parts[0].correction?.down.rows == 2 && model.parts[0].correction?.up.rows == 6)
  }
}
