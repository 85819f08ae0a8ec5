import Adapters
import Basics
import Checkpoints
import LinearAlgebra
import Merging
import Testing

@Suite struct AdapterMergerTests {
  private func problem(
    _ adapters: [Adapter], _ weights: [Double], _ name: String = "linear"
  ) throws -> String? {
    let method = try MergeMethods.all.entry(named: name)
    do {
      _ = try merge(adapters, weights, method)
      return nil
    } catch let diagnostic as Diagnostic {
      return diagnostic.description
    }
  }

  @Test func `no adapters, wrong weights and weights of zero are refused`() throws {
    let one = randomAdapter("one", rank: 2)
    #expect(try problem([], []) == "error: there are no adapters to merge")
    #expect(try problem([one], [1, 2]) == "error: 2 weights for 1 adapters")
    #expect(try problem([one, one], [0, 0]) == "error: all weights of the merge are zero")
    #expect(try problem([one], [.infinity]) == "error: a weight of the merge is not finite")
    #expect(
      try problem([one, one], [1, -1]) == """
        error: the weights of the merge sum to zero: no average
          use task_arithmetic for differences of models
        """)
  }

  @Test func `a factor that is not finite is refused with its adapter and layer`() throws {
    let broken = randomAdapter("runs/seven", rank: 2)
    broken.sites[1].delta.b[3, 1] = .nan
    #expect(
      try problem([randomAdapter("one", rank: 2), broken], [1, 1])
        == "runs/seven: error: lora_B of 'layer.0.value' holds NaN or infinity")
  }

  @Test func `adapters of different bases are refused with both shapes`() throws {
    let one = Adapter(name: "one", sites: [adapter("", 2, 3, [1, 2, 3, 4, 5, 6]).sites[0]])
    let two = Adapter(name: "two", sites: [adapter("", 2, 2, [1, 2, 3, 4]).sites[0]])
    #expect(
      try problem([one, two], [1, 1], "ties") == """
        two: error: 'layer' is (2, 2) here and (2, 3) in one
          only adapters of one base can be merged
        """)
  }

  @Test func `an unknown parameter is refused with the nearest name`() throws {
    let method = try MergeMethods.all.entry(named: "ties")
    #expect(
      throws: Diagnostic("unknown parameter 'densty' of merge method 'ties'", hint: "did you mean 'density'?")
    ) {
      try merge([randomAdapter("one", rank: 2)], [1], method, ["densty": .number(0.2)])
    }
  }

  @Test func `the merged adapter has scale one and keeps what its models agree on`() throws {
    var one = randomAdapter("one", rank: 2)
    var two = randomAdapter("two", rank: 3)
    one.baseModel = "base"
    two.baseModel = "base"
    one.taskType = "FEATURE_EXTRACTION"
    one.targetModules = ["query", "output"]
    two.targetModules = ["output", "query"]
    let (merged, sites) = try merge([one, two], [1, 1], MergeMethods.all.entry(named: "linear"))
    #expect(
      merged.baseModel == "base" && merged.taskType == nil && merged.targetModules == ["output", "query"])
    #expect(!merged.usesRSLoRA && merged.sites.allSatisfy { merged.scale(of: $0.delta) == 1 })
    #expect(sites.map(\.rank) == [5, 5, 5] && merged.sites.map(\.delta.rank) == [5, 5, 5])
    #expect(sites.map(\.site) == testLayers.keys.sorted())
  }

  @Test func `every row says what it is`() {
    for method in MergeMethods.all.entries {
      #expect(!method.summary.isEmpty)
      #expect(method.servedBy != nil || method.parameters.contains { $0.name == "rank" })
      for (name, value) in method.neutral {
        let spec = method.parameters.first { $0.name == name }
        #expect(spec != nil && spec?.problem(with: value) == nil, "\(method.name): \(name)")
      }
      #expect(
        method.parameters.allSatisfy { $0.problem(with: $0.defaultValue) == nil && !$0.summary.isEmpty })
    }
  }
}
