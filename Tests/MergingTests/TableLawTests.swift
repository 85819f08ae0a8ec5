import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Merging
import TestSupport
import Testing

/// Laws of the whole table that tell its rows apart, or that concern what surrounds a rule.
@Suite struct TableLawTests {
  private let weights = [1.0, 0.5, 0.75]

  private func merged(
    _ variant: Variant, _ models: [Adapter]? = nil, _ weights: [Double]? = nil, seed: Int = 0
  ) throws -> [Float] {
    let (models, weights) = (variant.taken(models ?? variant.models), variant.taken(weights ?? self.weights))
    return dense(try merge(models, weights, variant.method, variant.parameters, seed: seed).adapter)
  }

  @Test(arguments: Variant.all)
  func `the size of the changes is that of the merged one, but where a row says otherwise`(
    _ variant: Variant
  ) throws {
    let factor = 0x1p-10
    let small = variant.models.map { model in
      Adapter(
        name: model.name,
        sites: model.sites.map { path, delta in
          (path, AdapterSite(a: delta.a, b: delta.b, alpha: delta.alpha * factor))
        }, usesRSLoRA: model.usesRSLoRA)
    }
    let expected = try merged(variant).map { $0 * Float(factor) }
    let error = relativeError(try merged(variant, small), expected)
    #expect(
      variant.method.isHomogeneous ? error < 1e-6 : error > 1e-3,
      "\(error): the row's isHomogeneous says which of the two it should be")
  }

  /// Rows that weigh a part of what they do: neither sums nor averages.
  private static let mixed = [
    "lines": "the first factor is divided by the weights, the depth is not",
    "consensus": "masks compare a bare change with the weighted sum",
    "tall_mask": "masks compare a bare change with the weighted sum",
    "svc": "compares the merge with the bare changes",
    "wudi": "steps of Adam have a size of their own",
  ]

  @Test(arguments: Variant.all)
  func `twice the weights are the same average or twice the sum`(_ variant: Variant) throws {
    let once = try merged(variant)
    let twice = try merged(variant, nil, weights.map { 2 * $0 })
    let errors = [relativeError(twice, once), relativeError(twice, once.map { 2 * $0 })]
    #expect(
      (errors.min() ?? 1 < 1e-6) != (Self.mixed[variant.method.name] != nil),
      "\(errors): where that is right, TableLawTests.mixed says why")
  }

  @Test(arguments: Variant.all)
  func `the seed matters where a row draws and nowhere else`(_ variant: Variant) throws {
    let (one, two) = (try merged(variant, seed: 1), try merged(variant, seed: 2))
    if variant.method.draws && variant.parameters["density"] == nil {
      #expect(relativeError(one, two) > 1e-2)
    } else {
      #expect(one == two)
    }
  }

  @Test(arguments: Variant.ofMatrices)
  func `a change in factors merges like the same change in full`(_ variant: Variant) throws {
    let full = variant.models.map { model in
      remade(model) { b, a in (DoubleMatrix(diagonal: Array(repeating: 1, count: b.rows)), b * a) }
    }
    #expect(relativeError(try merged(variant, full), try merged(variant)) < 1e-5)
  }

  @Test func `a preset is tuned like its base, but in what makes it one`() throws {
    func grids(_ name: String) throws -> [String: [ParameterValue]] {
      let method = try #require(MergeMethods.all.entries.first { $0.name == name })
      return Dictionary(uniqueKeysWithValues: method.parameters.map { ($0.name, $0.usual) })
    }
    for (preset, base) in [("ties@paper", "ties"), ("ties_svd", "ties"), ("dare_linear@peft", "dare_linear")]
    {
      #expect(try grids(preset) == grids(base))
    }
    let wholeBand = try grids("breadcrumbs@mergekit")
    #expect(wholeBand["density"] == [], "by default it keeps everything")
    #expect(try wholeBand["scale"] == grids("breadcrumbs")["scale"] && wholeBand["scale"] != [])
  }

  @Test(arguments: Variant.all)
  func `a number that is none is refused with its adapter and tensor`(_ variant: Variant) throws {
    for bad in [Float.nan, -.infinity] {
      let models = variant.models
      models[1].sites[2].delta.a[0, 3] = bad
      #expect(
        throws: Diagnostic(
          "lora_A of 'layer.1.output' holds NaN or infinity", at: Place(file: models[1].name))
      ) { try merged(variant, models) }
    }
  }

  @Test(arguments: Variant.all)
  func `what is written for PEFT and read again is the merged change`(_ variant: Variant) throws {
    let (models, weights) = (variant.models, variant.taken(weights))
    let (adapter, _) = try merge(models, weights, variant.method, variant.parameters)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try PEFTAdapter.write(adapter, to: folder)
    let read = try PEFTAdapter.read(folder)
    #expect(read.sites.map(\.path) == adapter.sites.map(\.path))
    #expect(dense(read) == dense(adapter))
  }

  @Test func `a merge too large for floats is refused with its layer`() throws {
    for (alpha, name) in [
      (1e300, "task_arithmetic"), (1e80, "task_arithmetic"), (1e80, "tsv_m"), (1e80, "ties"),
    ] {
      let huge = randomAdapter("huge", rank: 2, alpha: alpha)
      #expect(
        throws: Diagnostic.refusal(
          "the merged change of 'layer.0.query' is not finite",
          hint: "a weight, an alpha or a parameter is far too large")
      ) { try merge([huge], [1e20], MergeMethods.all.entry(named: name), ["scale": .number(1)]) }
    }
  }

  @Test func `a model that stands twice draws the same twice`() throws {
    let model = randomAdapter("model", rank: 2)
    let row = try MergeMethods.all.entry(named: "dare_linear")
    let twice = try merge([model, model], [1, 1], row, ["rank": .number(64)]).adapter
    let once = try merge([model], [2], row, ["rank": .number(64)]).adapter
    #expect(relativeError(dense(twice), dense(once)) < 1e-6)
  }

  @Test(arguments: MergeMethods.all.entries.map(\.name))
  func `every row has a formula and a cost, and base rows keep bare names`(name: String) throws {
    let row = try MergeMethods.all.entry(named: name)
    #expect(!row.notes.formula.isEmpty && !row.notes.cost.isEmpty)
    #expect(row.base != nil || !name.contains("@"))
    if let base = row.base { #expect(try MergeMethods.all.entry(named: base).base == nil) }
  }

  @Test func `what models, weights and parameters say together is checked before any model is read`() throws {
    func problem(_ name: String, _ weights: [Double], _ given: [String: ParameterValue] = [:]) throws
      -> String?
    {
      let row = try MergeMethods.all.entry(named: name)
      let parameters = try Parameters(given, for: row.parameters, of: name)
      do throws(Diagnostic) {
        try row.check(parameters, weights: weights)
        return nil
      } catch {
        return error.what
      }
    }
    let cancel = "the weights of the merge sum to zero: no average"
    for name in ["linear", "model_stock", "karcher", "cart", "star"] {
      #expect(try problem(name, [1, 1, -2]) == cancel, "\(name)")
    }
    #expect(try problem("task_arithmetic", [1, 1, -2]) == nil)
    #expect(try problem("slerp", [1, 1, 1]) == "merge method 'slerp' takes at most 2 models, not 3")
    #expect(try problem("slerp", [1, 0, 1]) == nil)
    #expect(
      try problem("cart", [1, 1]) == "cart of two models is their average, whatever its fraction and scale")
    #expect(try problem("consensus", [1]) == "no entry can serve 2 of 1 models: the merge would be zero")
    #expect(try problem("tall_mask", [1, 1], ["task": .number(3)]) == "task 3 of 2 models")
    #expect(try problem("emr", [1, 1], ["task": .number(3)]) == "task 3 of 2 models")
    #expect(
      try problem("della", [1], ["density": .number(0.9)])
        == "density 0.9 ± epsilon 0.15 are not probabilities between 0 and 1")
    for (name, word) in [("search", "try"), ("surgery", "over")] {
      #expect(
        try problem(name, [1, 1, 1], [word: .text("slerp")])
          == "merge method 'slerp' takes at most 2 models, not 3")
    }
    for weights in [[1, -0.5], [1, 2]] {
      #expect(
        try problem("search", weights, ["search_weights": .flag(true)])
          == "the search of weights begins with those given, and \(weights[1]) is not in 0…1.5")
      #expect(try problem("search", weights) == nil)
    }
    #expect(try problem("linear", [0, 0]) == "all weights of the merge are zero")
    #expect(try problem("linear", [.nan]) == "a weight of the merge is not finite")
  }

  @Test(arguments: Variant.all)
  func `the least rank is kept that keeps the energy asked for`(_ variant: Variant) throws {
    func merged(_ name: String, _ value: Double) throws -> MergeOutcome {
      let given = variant.parameters.merging([name: .number(value)]) { $1 }
      return try merge(variant.taken(variant.models), variant.taken(weights), variant.method, given)
    }
    func change(_ adapter: Adapter, _ path: String) -> [Float] {
      adapter.site(path).map { adapter.lowRank($0).dense.floats } ?? []
    }
    let cut = try merged("energy", 0.9)
    for site in cut.sites {
      #expect(site.retainedEnergy >= 0.9 - 1e-12)
      let same = try merged("rank", Double(site.rank))
      #expect(relativeError(change(same.adapter, site.site), change(cut.adapter, site.site)) < 1e-6)
      guard site.rank > 1 else { continue }
      let less = try merged("rank", Double(site.rank - 1)).sites.first { $0.site == site.site }
      #expect(try #require(less).retainedEnergy < 0.9)
    }
    let both = try merge(
      variant.taken(variant.models), variant.taken(weights), variant.method,
      variant.parameters.merging(["energy": .number(0.9), "rank": .number(1)]) { $1 })
    #expect(both.sites.allSatisfy { $0.rank == 1 })
  }

  @Test(arguments: Variant.all)
  func `a layer that depth turns round is merged like any other`(_ variant: Variant) throws {
    func merged(_ gain: Double) throws -> [[Float]] {
      let given = variant.parameters.merging(["depth_gain": .number(gain)]) { $1 }
      let adapter = try merge(
        variant.taken(variant.models), variant.taken(weights), variant.method, given
      ).adapter
      return adapter.sites.map { adapter.lowRank($0.delta).dense.floats }
    }
    // The last block is as deep as can be: 1 − 2 = −1.
    for (turned, plain) in zip(try merged(-2), try merged(0)) {
      let signs = [plain, plain.map { -$0 }]
      #expect(signs.contains { relativeError(turned, $0) < 1e-6 })
    }
    #expect(try merged(-2) != merged(0))
  }

  @Test func `depth_gain over any row is LiNeS`() throws {
    let models = Variant(method: try MergeMethods.all.entry(named: "ties"), parameters: [:]).models
    let row = try MergeMethods.all.entry(named: "task_arithmetic")
    let deep = try merge(models, weights, row, ["scale": .number(0.5), "depth_gain": .number(0.6)]).adapter
    let total = weights.reduce(0, +)
    let lines = try merge(
      models, weights, MergeMethods.all.entry(named: "lines"),
      ["alpha": .number(0.5 * total), "beta": .number(0.3)]
    ).adapter
    #expect(relativeError(dense(deep), dense(lines)) < 1e-6)
  }
}
