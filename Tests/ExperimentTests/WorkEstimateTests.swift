import Basics
import Experiment
import Specs
import Testing

/// The counts of the plan against a twin that walks through rows, blocks and layers one by one.
@Suite struct WorkEstimateTests {
  /// FLOPs of the products for one row of so many tokens, counted layer by layer.
  private struct Walk {
    private let blocks = 2
    private let C = 8
    private let F = 24
    /// (block, path of the layer inside it).
    var adapted: [(block: Int, path: String)]
    var rank: Int

    private var layers: [(path: String, out: Int, in: Int)] {
      [
        ("query", C, C), ("key", C, C), ("value", C, C), ("attention.output", C, C), ("up", F, C),
        ("down", C, F),
      ]
    }

    func forward(_ tokens: Int) -> Int {
      var flops = 0
      for _ in 0..<blocks {
        for layer in layers { flops += 2 * tokens * layer.out * layer.in }
        // Scores and context: every token with every other, over all heads.
        for _ in 0..<2 { flops += 2 * tokens * tokens * C }
      }
      return flops
    }

    func backward(_ tokens: Int) -> Int {
      let lowest = adapted.map(\.block).min() ?? 0
      var flops = 0
      for block in lowest..<blocks {
        for layer in layers {
          let isInput = ["query", "key", "value"].contains(layer.path)
          // Nobody needs the gradient by the input of the lowest block.
          if !(block == lowest && isInput) { flops += 2 * tokens * layer.out * layer.in }
        }
        // Gradients of context by probabilities and values, of scores by queries and keys.
        for _ in 0..<4 { flops += 2 * tokens * tokens * C }
      }
      return flops
    }

    func factors(_ tokens: Int) -> Int {
      adapted.reduce(0) { sum, site in
        let layer = layers.first { $0.path == site.path } ?? ("", 0, 0)
        // u = x·Aᵀ, dyᵀ·u, dy·B and (dy·B)ᵀ·x.
        return sum + 2 * tokens * rank * (2 * layer.in + 2 * layer.out)
      }
    }

    /// Those of a training beside the weights, where nothing is folded.
    func factorsBeside(_ tokens: Int) -> Int {
      let lowest = adapted.map(\.block).min() ?? 0
      return adapted.reduce(factors(tokens) + read(tokens)) { sum, site in
        let layer = layers.first { $0.path == site.path } ?? ("", 0, 0)
        let isEntrance = site.block == lowest && ["query", "key", "value"].contains(site.path)
        // v = dy·B and v·A, where somebody needs the gradient by the input.
        return sum + (isEntrance ? 0 : 2 * tokens * rank * (layer.in + layer.out))
      }
    }

    /// u = x·Aᵀ and u·Bᵀ beside the weights.
    func read(_ tokens: Int) -> Int {
      adapted.reduce(0) { sum, site in
        let layer = layers.first { $0.path == site.path } ?? ("", 0, 0)
        return sum + 2 * tokens * rank * (layer.in + layer.out)
      }
    }

    var folding: Int {
      adapted.reduce(0) { sum, site in
        let layer = layers.first { $0.path == site.path } ?? ("", 0, 0)
        return sum + 2 * rank * layer.out * layer.in
      }
    }
  }

  private func resources() -> FakeResources {
    var resources = FakeResources()
    resources.lengths = ["fpb/train": [3, 5, 7, 20], "fpb/test": [4, 6], "fomc/train": [2, 2]]
    return resources
  }

  private func work(_ label: String, _ more: String, _ overrides: [String] = []) throws -> JobWork {
    let plan = try plan(
      manifestText(more), ["seeds=0", "budget={passes: 1}", "training.batch_rows=25"] + overrides,
      resources: resources())
    return try #require(plan.jobs.first { $0.label == label }).work
  }

  @Test(arguments: ["query", "encoder.layer.1.attention.self.query"])
  func `a training costs what its rows cost, down to the lowest adapted block`(target: String) throws {
    let work = try work(
      "train single:fpb seed 0", "cocktails: [singles]",
      ["adapter={rank: 2, targets: ['\(target)']}", "training.max_tokens=9"])
    let blocks = target == "query" ? [0, 1] : [1]
    let walk = Walk(adapted: blocks.map { ($0, "query") }, rank: 2)
    // 100 rows, a quarter of each length, cut to 9; four steps.
    let rows = [3, 5, 7, 9].map { walk.forward($0) + walk.backward($0) + walk.factors($0) }.reduce(0, +)
    #expect(abs(work.flops - Double(25 * rows + 4 * walk.folding)) < 1e-6 * work.flops)
    #expect(work.rows == 100)
  }

  @Test func `an evaluation is forward passes and one folding`() throws {
    let work = try work("predict single:fpb seed 0 on fpb test", "cocktails: [singles]\nadapter: {rank: 2}")
    let walk = Walk(
      adapted: [0, 1].flatMap { [($0, "query"), ($0, "value")] }, rank: 2)
    #expect(work.flops == Double(50 * (walk.forward(4) + walk.forward(6)) + walk.folding))
    let base = try self.work("predict base on fpb test", "cocktails: [singles]")
    #expect(base.flops == Double(50 * (walk.forward(4) + walk.forward(6))))
  }

  @Test func `in bf16 factors run beside the weights, in trainings and passes, but for wide ones`() throws {
    let more = "cocktails: [singles]"
    let rounded = ["training.precision=bfloat16", "evaluate.precision=bfloat16", "task_defaults.head=linear"]
    func work(_ label: String, _ rank: Int, _ overrides: String...) throws -> JobWork {
      try self.work(label, more, ["adapter={rank: \(rank)}", "training.max_tokens=9"] + rounded + overrides)
    }
    let sites = [0, 1].flatMap { [($0, "query"), ($0, "value")] }
    let (narrow, wide) = (Walk(adapted: sites, rank: 1), Walk(adapted: sites, rank: 2))
    let train = "train single:fpb seed 0"
    for walk in [narrow, wide] {
      // However wide: what steps change is never folded.
      let work = try work(train, walk.rank)
      let rows = [3, 5, 7, 9].map { walk.forward($0) + walk.backward($0) }.reduce(0, +)
      let factors = [3, 5, 7, 9].map(walk.factorsBeside).reduce(0, +)
      #expect(abs(work.flops - Double(25 * (rows + factors))) < 1e-6 * work.flops)
      #expect(abs(work.roundedFLOPs - Double(25 * rows)) < 1e-6 * work.flops)
    }
    let test = "predict single:fpb seed 0 on fpb test"
    let forward = 50 * (narrow.forward(4) + narrow.forward(6))
    let beside = try work(test, 1)
    #expect(beside.flops == Double(forward + 50 * (narrow.read(4) + narrow.read(6))))
    #expect(beside.roundedFLOPs == Double(forward))
    // Folded, and with them the keys, which lie in the same matrix: 500 tokens, two blocks.
    let folded = try work(test, 2)
    #expect(folded.flops == Double(forward + wide.folding))
    #expect(folded.roundedFLOPs == Double(forward - 2 * 500 * 2 * 3 * 64))
    // Validations, two of them, read the factors too.
    let (plain, checked) = try (work(train, 1), work(train, 1, "training.validate_every=3"))
    let once = try work("predict single:fpb seed 0 on fpb validation", 1)
    #expect(abs(checked.flops - plain.flops - 2 * once.flops) < 1e-6 * plain.flops)
    // With dropout, in floats too, one v less where gradients pass, which is in the upper block.
    for precision in ["float32", "bfloat16"] {
      let dropped = try work(train, 1, "adapter.dropout=0.5", "training.precision=\(precision)")
      let spared = 25 * 24 * 2 * 2 * 8
      #expect(abs(dropped.flops - plain.flops + Double(spared)) < 1e-6 * plain.flops, "\(precision)")
    }
  }

  @Test func `a gate that reads the text passes it twice, and experts of tokens run beside the weights`()
    throws
  {
    var vocabulary = Vocabulary.small
    let rows = ParameterSpec("rows", .integer(1...1000), default: .number(10), "texts")
    vocabulary.methods += [
      .init(
        name: "twin", parameters: [rows], servedBy: Serving.routedByText,
        demands: Vocabulary.asking { .texts(rows: Int($0("rows"))) }),
      .init(name: "arrow", parameters: [], servedBy: Serving.routedByToken),
      .init(name: "masks", parameters: [], servedBy: Serving.taskKnown),
    ]
    let text = manifestText(
      "merges: [{method: twin, of: [fpb, fomc]}, {method: arrow, of: [fpb, fomc]}, {method: masks, of: [fpb]}]\n"
        + "adapter: {rank: 2}")
    let manifest = try ManifestReader.read(text, path: "a.yaml", overrides: [], vocabulary: vocabulary)
    let plan = try Planner(vocabulary: vocabulary, resources: resources()).plan(manifest)
    func flops(_ label: String) throws -> Double {
      try #require(plan.jobs.first { $0.label == label }).work.flops
    }
    func tested(_ name: String) throws -> Double { try flops("predict merge:\(name) seed 0 on fpb test") }
    let walk = Walk(
      adapted: [0, 1].flatMap { [($0, "query"), ($0, "value")] }, rank: 2)
    let forward = 50 * (walk.forward(4) + walk.forward(6))
    #expect(try tested("masks") == Double(forward + walk.folding))
    #expect(try tested("twin") == Double(2 * forward + walk.folding))
    // 500 tokens; two experts, each with x·Aᵀ, u·Bᵀ and one direction in four layers of 8 and 8.
    #expect(try tested("arrow") == Double(forward + walk.folding + 500 * 2 * 4 * 2 * (2 * 16 + 8)))
    // Ten rows of each of two tasks, 8.75 and 2 tokens long in the mean, at three times the speed of merges.
    let seen = try flops("merge merge:twin seed 0") - flops("merge merge:arrow seed 0")
    let fpb = [3, 5, 7, 20].map { walk.forward($0) }.reduce(0, +)
    #expect(abs(seen - Double(fpb * 10 / 4 + 10 * walk.forward(2)) / 3) < 1)
  }

  @Test func `a tuning that makes changes in full holds them, and what it says beside them`() throws {
    var vocabulary = Vocabulary.small
    vocabulary.methods += [0, 3].map { full in
      .init(
        name: "learned\(full)", parameters: [],
        demands: Vocabulary.asking { _ in
          .tuned(.init(.learned(.init(steps: 0, batch: 0, fullMatrices: full, readsLabels: false))))
        })
    }
    let text = manifestText(
      "merges: [{method: learned0, of: [fpb, fomc]}, {method: learned3, of: [fpb, fomc]}]\nadapter: {rank: 2}"
    )
    let manifest = try ManifestReader.read(text, path: "a.yaml", overrides: [], vocabulary: vocabulary)
    let plan = try Planner(vocabulary: vocabulary, resources: resources()).plan(manifest)
    func memory(_ full: Int) throws -> Double {
      try #require(plan.jobs.first { $0.label == "tune merge:learned\(full) seed 0" }).work.memory
    }
    // Two models and three more, 4 bytes for each of four layers of 8 by 8.
    #expect(try memory(3) - memory(0) == 5 * 4 * 4 * 64)
  }

  @Test func `budgets of steps, tokens and passes come to the rows that they draw`() throws {
    func rows(_ label: String, _ overrides: String...) throws -> Double {
      try work(label, "cocktails: [singles, {name: two, tasks: [fpb, fomc]}]", overrides).rows
    }
    let (single, two) = ("train single:fpb seed 0", "train cocktail:two seed 0")
    #expect(try rows(single, "budget={steps: 8}") == 200)
    #expect(try rows(single, "budget={steps: 8}", "training.accumulation=2") == 400)
    // 8.75 tokens a row, and half a batch beyond.
    #expect(try rows(single, "budget={tokens: 875}") == 112.5)
    #expect(try rows(single, "budget={passes: 3}") == 300)
    #expect(try rows(two, "budget={passes: 1}") == 200)
    // 8.75 and 2 tokens in equal shares.
    let tokens = try rows(two, "budget={steps: 8}", "training.batch_tokens=1075")
    #expect(abs(tokens - 8 * 200) < 1e-9)
  }

  @Test func `validations while training are forward passes on top`() throws {
    let more = "cocktails: [singles]\nadapter: {rank: 2}"
    let plain = try work("train single:fpb seed 0", more)
    let checked = try work("train single:fpb seed 0", more, ["training.validate_every=3"])
    let once = try work("predict base on fpb validation", more)
    // Four steps: after the third and at the end.
    #expect(abs(checked.flops - plain.flops - 2 * once.flops) < 1e-6 * plain.flops)
  }

  @Test func `the memory of a training is the base, its copies and the tape of the fullest batch`() throws {
    let more = "cocktails: [singles]\nadapter: {rank: 2, targets: [query]}"
    let work = try work("train single:fpb seed 0", more, ["training.max_tokens=9", "training.batch_rows=4"])
    // 50 embeddings of 8; two blocks of 4·8² + 2·8·24, and of 3·8² stacked, once more for the folded copies.
    let weights: Double = 4 * (400 + 1280 + 384 + 384)
    // Four rows of 9 tokens at most; a block saves 8·8 + 24 + 2 numbers a token and 2 heads · 41/6 probabilities.
    let perToken: Double = 64 + 24 + 2 + 2 * 41.0 / 6
    // Two blocks, and the gradients of one and a half.
    let tape: Double = 4 * 3.5 * 36 * perToken
    // Two layers, rank 2, 8 in and 8 out: parameters, gradients and AdamW's two moments.
    let factors: Double = 16 * 64
    let expected: Double = 90e6 + weights + tape + factors
    #expect(abs(work.memory - expected) < 1)
  }

  @Test func `a worker holds each form of the base that jobs of the plan read, and wide merges in floats`()
    throws
  {
    func memory(_ label: String, _ overrides: String...) throws -> Double {
      try work(
        label, "cocktails: [singles]\nmerges: [{method: linear, of: [fpb, fomc]}]",
        ["adapter={rank: 1, targets: [query]}", "training.precision=bfloat16"] + overrides
      ).memory
    }
    let linear = "task_defaults.head=linear"
    let train = "train single:fpb seed 0"
    // 50 embeddings of 8, two blocks of 4·8² + 2·8·24 weights, and of 3·8² stacked.
    let (embeddings, layers, stacked): (Double, Double, Double) = (400, 1280, 384)
    let rounded = try memory(train, linear, "evaluate.precision=bfloat16")
    let both = try memory(train, linear, "evaluate.precision=float32")
    #expect(both - rounded == 4 * (embeddings + layers + stacked))
    // Label heads are made from floats.
    #expect(try memory(train, "evaluate.precision=bfloat16") == both)
    // Of rank 1 the factors run beside a weight of 8 by 8; the merge of two has rank 2 and is folded, with all that is stacked.
    let single = try memory("predict single:fpb seed 0 on fpb test", "evaluate.precision=bfloat16")
    let merge = try memory("predict merge:linear seed 0 on fpb test", "evaluate.precision=bfloat16")
    #expect(merge - single == 4 * stacked + 4 * 2 * 16)
  }

  @Test func `blocks below the lowest adapter are counted once, not for every model and pass`() throws {
    func works(_ targets: String) throws -> (train: JobWork, evaluate: JobWork) {
      let more = "cocktails: [singles]\nadapter: {rank: 2, targets: [\(targets)]}"
      let passes = ["budget.passes=3"]
      return (
        try work("train single:fpb seed 0", more, passes),
        try work("predict single:fpb seed 0 on fpb test", more, passes)
      )
    }
    let (all, upper) = (try works("query"), try works("layer.1.attention.self.query"))
    // Folding is 2·2·8·8 a layer, of which there are two and one; the rest is one block of two.
    #expect(abs((all.evaluate.flops - 512) - 2 * (upper.evaluate.flops - 256)) < 1)
    #expect(upper.evaluate.memory > all.evaluate.memory - 4 * 192)
    // Forward 3·2 against 3·1 + 1 blocks, backward two against one (without the gradient below query, key and value).
    #expect(upper.train.flops < 0.66 * all.train.flops)
    #expect(upper.train.flops > 0.5 * all.train.flops)
  }

  @Test func `the disk grows with the rank and with the rows`() throws {
    let more = "cocktails: [singles]\nadapter: {targets: [query]}"
    func disk(_ label: String, _ overrides: String...) throws -> Double {
      try work(label, more, overrides).disk
    }
    // 4 bytes · 2 layers · (8 + 8) for each rank more.
    let train = "train single:fpb seed 0"
    #expect(try disk(train, "adapter.rank=6") - disk(train, "adapter.rank=2") == 4 * 4 * 2 * 16)
    let test = "predict base on fpb test"
    // A hash, a label and two halves in the store, and a line with two names for people.
    let stored: Double = 8 + 1 + 2 * 2
    let line: Double = 120 + 3 + (2 * 3.5 + 9)
    let perRow = stored + line
    #expect(
      abs(try disk(test) - disk(test, "tasks.fpb.limits={test: 60}") - 40 * perRow) < 1e-6)
  }
}
