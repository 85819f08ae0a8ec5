import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import TestSupport
import Testing

@Suite struct MergeLawTests {
  private let weights = [1.0, 0.5, 0.75]

  @Test(arguments: Variant.all)
  func `one model of weight one is returned under neutral parameters`(_ variant: Variant) throws {
    for rank in [1, 4] {
      let model = randomAdapter("model", rank: rank, rslora: true)
      let (merged, sites) = try merge([model], [1], variant.method, variant.neutral)
      #expect(relativeError(dense(merged), dense(model)) < 1e-6)
      #expect(sites.map(\.rank) == [rank, rank, rank])
      #expect(sites.allSatisfy { $0.retainedEnergy > 1 - 1e-9 && $0.retainedEnergy <= 1 })
    }
  }

  @Test(arguments: Variant.symmetric)
  func `the order of the models makes no difference`(_ variant: Variant) throws {
    let (mixed, weights) = (variant.models, variant.taken(weights))
    let merged = try merge(mixed, weights, variant.method, variant.parameters)
    for order in [[2, 0, 1], [1, 0, 2], [2, 1, 0]].map({ $0.filter(mixed.indices.contains) }) {
      let other = try merge(
        order.map { mixed[$0] }, order.map { weights[$0] }, variant.method, variant.parameters)
      #expect(relativeError(dense(other.adapter), dense(merged.adapter)) < 1e-6)
    }
  }

  @Test(arguments: Variant.ofChanges)
  func `equal changes merge equally in whatever factors they come`(_ variant: Variant) throws {
    let (mixed, weights) = (variant.models, variant.taken(weights))
    let merged = try merge(mixed, weights, variant.method, variant.parameters)
    let changed = [{ padded($0, by: 3) }, { rotated($0) }, { padded(rotated($0), by: 1) }]
    let others = zip(mixed, changed).map { model, change in change(model) }
    let other = try merge(others, weights, variant.method, variant.parameters)
    #expect(other.sites.map(\.rank) == merged.sites.map(\.rank))
    #expect(relativeError(dense(other.adapter), dense(merged.adapter)) < 2e-6)
  }

  @Test(arguments: Variant.all)
  func `the same call gives the same bits`(_ variant: Variant) throws {
    let (mixed, weights) = (variant.models, variant.taken(weights))
    let one = try merge(mixed, weights, variant.method, variant.parameters, seed: 5)
    let two = try merge(mixed, weights, variant.method, variant.parameters, seed: 5)
    #expect(one.sites == two.sites)
    #expect(one.adapter.sites.map(\.path) == two.adapter.sites.map(\.path))
    for (a, b) in zip(one.adapter.sites, two.adapter.sites) {
      #expect(a.delta.a.values == b.delta.a.values && a.delta.b.values == b.delta.b.values)
    }
  }

  @Test(arguments: Variant.all)
  func `more directions than the matrix has, negative and large weights give finite numbers`(
    _ variant: Variant
  ) throws {
    let many = variant.taken((0..<7).map { randomAdapter("m\($0)", rank: 4, alpha: 1000) })
    let weights = variant.taken([1, -1, 3, 0.001, 50, 1, -0.25])
    let merged = try merge(many, weights, variant.method, variant.parameters)
    #expect(dense(merged.adapter).allSatisfy { $0.isFinite })
    for site in merged.sites {
      let isZero = site.norm == 0 && site.retainedEnergy == 1 && site.rank == 1
      let isChange = site.norm > 0 && site.retainedEnergy > 0 && site.retainedEnergy <= 1
      #expect(isChange || (isZero && variant.method.mayVanish), "\(site)")
    }
  }

  @Test(arguments: Variant.all)
  func `changes of zero merge to zero, in factors of rank one`(_ variant: Variant) throws {
    let models = variant.taken([zero("a"), zero("b"), zero("c")])
    let (merged, sites) = try merge(models, variant.taken([1, 2, 1]), variant.method, variant.parameters)
    #expect(dense(merged).allSatisfy { $0 == 0 })
    #expect(sites.allSatisfy { $0.rank == 1 && $0.norm == 0 && $0.retainedEnergy == 1 })
  }

  @Test(arguments: Variant.ofChanges)
  func `a missing site counts as a change of zero`(_ variant: Variant) throws {
    let mixed = variant.models
    let path = "layer.0.value"
    let partial = randomAdapter("partial", rank: 2, layers: testLayers.keys.sorted().filter { $0 != path })
    let filled = Adapter(
      name: "partial filled", sites: partial.sites + zero("zero").sites.filter { $0.path == path })
    let weights = variant.taken(weights)
    let others = mixed.dropFirst()
    let missing = try merge([partial] + others, weights, variant.method, variant.parameters)
    let present = try merge([filled] + others, weights, variant.method, variant.parameters)
    #expect(missing.adapter.sites.map(\.path) == testLayers.keys.sorted())
    #expect(relativeError(dense(missing.adapter), dense(present.adapter)) < 1e-6)
  }

  @Test(arguments: Variant.all)
  func `a model of weight zero might as well not be there`(_ variant: Variant) throws {
    let mixed = variant.models
    let absent = randomAdapter("absent", rank: mixed[0].sites[0].delta.rank)
    var (with, weights) = (mixed, variant.taken(weights))
    let without = try merge(mixed, weights, variant.method, variant.parameters)
    with.insert(absent, at: 1)
    weights.insert(0, at: 1)
    let merged = try merge(with, weights, variant.method, variant.parameters)
    #expect(dense(merged.adapter) == dense(without.adapter))
  }

  @Test(arguments: Variant.all)
  func `the parameter rank cuts every site and the energy says what is lost`(_ variant: Variant) throws {
    let (mixed, weights) = (variant.models, variant.taken(weights))
    let whole = try merge(
      mixed, weights, variant.method, variant.parameters.merging(["rank": .number(64)]) { $1 })
    let cut = try merge(
      mixed, weights, variant.method, variant.parameters.merging(["rank": .number(2)]) { $1 })
    #expect(cut.sites.map(\.rank) == [2, 2, 2])
    for (full, small) in zip(whole.sites, cut.sites) {
      #expect(abs(small.retainedEnergy - (small.norm * small.norm) / (full.norm * full.norm)) < 1e-6)
      #expect(abs(full.retainedEnergy - 1) < 1e-9)
    }
  }
}

/// The same change with columns of zeros behind its factors.
func padded(_ adapter: Adapter, by extra: Int) -> Adapter {
  remade(adapter) { b, a in
    (
      .besideEachOther([b, DoubleMatrix(rows: b.rows, columns: extra)]),
      .belowEachOther([a, DoubleMatrix(rows: extra, columns: a.columns)])
    )
  }
}

/// The same change with B·M and M⁻¹·A for an orthogonal M.
func rotated(_ adapter: Adapter) -> Adapter {
  remade(adapter) { b, a in
    let m = DoubleMatrix(randomMatrix(a.rows, a.rows, RandomStream(seed: 1, "rotation"))).thinQR.q
    return (b * m, .product(m, a, transposeA: true))
  }
}

func remade(
  _ adapter: Adapter, _ change: (DoubleMatrix, DoubleMatrix) -> (DoubleMatrix, DoubleMatrix)
) -> Adapter {
  let sites = adapter.sites.map { path, delta in
    let (b, a) = change(DoubleMatrix(delta.b), DoubleMatrix(delta.a))
    return (
      path: path,
      delta: AdapterSite(a: a.matrix, b: b.matrix, alpha: adapter.scale(of: delta) * Double(a.rows))
    )
  }
  return Adapter(name: adapter.name + " again", sites: sites)
}

private func zero(_ name: String) -> Adapter {
  let sites = testLayers.keys.sorted().map { path in
    let (out, inner) = testLayers[path] ?? (1, 1)
    let stream = RandomStream(seed: 0, name)
    let a = randomMatrix(2, inner, stream)
    return (path: path, delta: AdapterSite(a: a, b: Matrix(rows: out, columns: 2), alpha: 2))
  }
  return Adapter(name: name, sites: sites)
}
