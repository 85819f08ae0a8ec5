import Adapters
import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import TestSupport
import Testing

@Suite struct CheckpointMergeTests {
  private let ties = """
    merge_method: ties
    base_model: base
    models:
      - {model: m1, parameters: {weight: 1, density: 0.5}}
      - {model: m2, parameters: {weight: 0.5, density: 0.3}}
    """

  @Test func `shards and threads change no number and no file twice`() throws {
    let yard = try MergeYard()
    try yard.merge(ties, into: "one", threads: 1)
    try yard.merge(ties, into: "two", threads: 2)
    let outcome = try yard.merge(ties, into: "shards", largestShard: 1500)
    func bytes(_ path: String) throws -> Data { try Data(contentsOf: yard.url.appendingPathComponent(path)) }
    #expect(try bytes("one/model.safetensors") == bytes("two/model.safetensors"))
    #expect(outcome.files.contains("model.safetensors.index.json"))
    #expect(outcome.files.filter { $0.hasSuffix(".safetensors") }.count > 3)
    #expect(try yard.weights("one") == yard.weights("shards"))
    // What was written in shards is read like any model.
    try yard.merge(
      ties.replacingOccurrences(of: "base_model: base", with: "base_model: shards"), into: "again")
    #expect(try yard.weights("again") != yard.weights("shards"))
  }

  @Test(arguments: ["dare_linear", "dare_ties", "della", "della_linear"])
  func `what is drawn keeps the sum of magnitudes and depends on the seed alone`(method: String) throws {
    let yard = try MergeYard()
    func recipe(_ seed: Int) -> String {
      """
      merge_method: \(method)
      base_model: base
      models: [{model: m1, parameters: {weight: 1, density: 0.5}}]
      parameters: {normalize: false}
      seed: \(seed)
      """
    }
    try yard.merge(recipe(1), into: "a")
    try yard.merge(recipe(1), into: "b", threads: 1)
    try yard.merge(recipe(2), into: "c")
    let (a, base, model) = (try yard.weights("a"), try yard.weights("base"), try yard.weights("m1"))
    #expect(try a == yard.weights("b"))
    #expect(try a != yard.weights("c"))
    var (kept, count) = (0, 0)
    for name in a.keys.sorted() {
      let (merged, origin, whole) = (a[name] ?? [], base[name] ?? [], model[name] ?? [])
      let changes = zip(whole, origin).map { $0 - $1 }
      let drawn = zip(merged, origin).map { $0 - $1 }
      let factors = zip(drawn, changes).compactMap { abs($0) > 1e-6 ? $0 / $1 : nil }
      kept += factors.count
      count += changes.count
      // One factor for all that is kept of a tensor: Σ|x| before over Σ|x| after.
      guard let first = factors.first else { continue }
      #expect(factors.allSatisfy { abs($0 - first) < 1e-3 * first }, "\(name)")
      let (before, after) = (changes.reduce(0) { $0 + abs($1) }, drawn.reduce(0) { $0 + abs($1) })
      #expect(abs(before - after) < 1e-4 * before, "\(name)")
    }
    #expect(abs(Double(kept) / Double(count) - 0.5) < 0.05)
  }

  @Test func `numbers of 16 bits are rounded once, halves to even`() throws {
    let yard = try MergeYard()
    let recipe = "merge_method: linear\nmodels: [{model: m1, parameters: {weight: 1}}]\n"
    let exact = try yard.weights("m1")
    for (dtype, format) in [("bfloat16", NumberFormat.bfloat16), ("float16", .float16)] {
      try yard.merge(recipe + "dtype: float32\nout_dtype: \(dtype)", into: dtype)
      let written = try yard.weights(dtype)
      for name in exact.keys.sorted() {
        #expect(written[name] == exact[name]?.map { format.float(format.bits($0)) }, "\(name)")
      }
      #expect(try yard.text("\(dtype)/config.json").contains("\"torch_dtype\": \"\(dtype)\""))
      // And read again as they are.
      try yard.merge(recipe.replacingOccurrences(of: "m1", with: dtype), into: dtype + "2")
      #expect(try yard.weights(dtype + "2") == written)
    }
  }

  @Test func `an adapter behind a plus is folded in`() throws {
    let yard = try MergeYard()
    let a = Matrix(rows: 2, columns: 8, values: (0..<16).map { Float($0 % 5) / 8 - 0.25 })
    let b = Matrix(rows: 4, columns: 2, values: (0..<8).map { Float($0 % 3) / 4 })
    let path = "model.layers.1.self_attn.k_proj"
    try PEFTAdapter.write(
      Adapter(name: "a", sites: [(path, AdapterSite(a: a, b: b, alpha: 6))]),
      to: yard.url.path + "/adapter")
    try yard.merge("merge_method: linear\nmodels: [{model: base+adapter, parameters: {weight: 1}}]")
    let (merged, base) = (try yard.weights("out"), try yard.weights("base"))
    for name in base.keys.sorted() where name != path + ".weight" { #expect(merged[name] == base[name]) }
    let change = DoubleMatrix(b) * DoubleMatrix(a)
    let expected = zip(base[path + ".weight"] ?? [], change.values).map { $0 + Float(3 * $1) }
    #expect(relativeError(merged[path + ".weight"] ?? [], expected) < 1e-6)
    // On its own base it is the change that is merged.
    try yard.merge(
      """
      merge_method: task_arithmetic
      base_model: base
      models: [{model: base+adapter, parameters: {weight: -1}}]
      """)
    let negated = zip(base[path + ".weight"] ?? [], change.values).map { $0 - Float(3 * $1) }
    #expect(relativeError(try yard.weights("out")[path + ".weight"] ?? [], negated) < 1e-6)
  }

  @Test func `tied heads are left to the embeddings, whole numbers and buffers stay`() throws {
    let yard = try MergeYard()
    for model in ["base", "m1", "m2"] {
      let text = TinyCheckpoint.llamaConfiguration.replacingOccurrences(of: "false", with: "true")
      try Data(text.utf8).write(to: yard.url.appendingPathComponent(model + "/config.json"))
    }
    let outcome = try yard.merge(ties)
    #expect(outcome.tensors == TinyCheckpoint.llamaShapes.count - 1)
    #expect(try yard.weights("out")["lm_head.weight"] == nil)
  }

  @Test func `the folder tells what it is`() throws {
    let yard = try MergeYard()
    try Data("{}".utf8).write(to: yard.url.appendingPathComponent("base/tokenizer_config.json"))
    let outcome = try yard.merge(ties)
    #expect(
      outcome.files == [
        "README.md", "config.json", "merge.json", "model.safetensors", "tokenizer_config.json",
      ])
    let card = try yard.text("out/README.md")
    let top =
      "---\nbase_model:\n- \"base\"\n- \"m1\"\n- \"m2\"\nlibrary_name: transformers\ntags:\n- merge\n- mixology\n---\n"
    #expect(card.hasPrefix(top + "# out\n"))
    #expect(card.contains("```yaml\n\(ties)\n```\n"))
    // All but the layers is as the base has it, a float a float.
    #expect(try yard.text("out/config.json").contains("\"rope_theta\": 10000.0"))
    #expect(CheckpointMerger.files(writtenTo: yard.url.path + "/out") == Set(outcome.files))
    let names = try FileManager.default.contentsOfDirectory(atPath: yard.url.path)
    #expect(!names.contains { $0.hasSuffix(".partial") })
  }

  @Test func `tokens are brought together`() throws {
    let yard = try MergeYard()
    func tokenizer(_ tokens: [String], _ model: String, rows: Int) throws {
      let vocabulary = tokens.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
      let text = #"{"added_tokens": [], "model": {"type": "BPE", "vocab": {\#(vocabulary)}, "merges": []}}"#
      try Data(text.utf8).write(to: yard.url.appendingPathComponent(model + "/tokenizer.json"))
      let configuration = TinyCheckpoint.llamaConfiguration.replacingOccurrences(
        of: "\"vocab_size\": 10", with: "\"vocab_size\": \(rows)")
      try Data(configuration.utf8).write(to: yard.url.appendingPathComponent(model + "/config.json"))
      try yard.change(model) { tensor in
        guard tensor.shape == [10, 8] else { return tensor }
        return NamedTensor(
          tensor.name, shape: [rows, 8],
          Matrix(rows: rows, columns: 8, values: Array(tensor.values.values.prefix(rows * 8))))
      }
    }
    try tokenizer(["a", "b", "c"], "m1", rows: 3)
    try tokenizer(["c", "x", "a", "y"], "m2", rows: 4)
    let recipe = """
      merge_method: linear
      models: [{model: m1, parameters: {weight: 1}}, {model: m2, parameters: {weight: 3}}]

      """
    #expect(yard.refusal(recipe).contains("add tokenizer_source: base or union"))
    let (one, two) = (try yard.weights("m1"), try yard.weights("m2"))
    func row(_ weights: [String: [Float]], _ index: Int) -> [Float] {
      Array((weights["lm_head.weight"] ?? []).dropFirst(8 * index).prefix(8))
    }
    func mean(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { ($0 + 3 * $1) / 4 } }
    try yard.merge(recipe + "tokenizer_source: union")
    let union = try yard.weights("out")
    #expect(union["lm_head.weight"]?.count == 5 * 8)
    for (index, expected) in [
      mean(row(one, 0), row(two, 2)), row(one, 1), mean(row(one, 2), row(two, 0)), row(two, 1), row(two, 3),
    ].enumerated() {
      #expect(relativeError(row(union, index), expected) < 1e-6, "row \(index)")
    }
    let ids = try TokenizerVocabulary(folder: yard.url.path + "/out").ids
    #expect(ids.sorted { $0.value < $1.value }.map(\.key.text) == ["a", "b", "c", "x", "y"])
    #expect(ids.values.sorted() == [0, 1, 2, 3, 4])
    #expect(try yard.text("out/config.json").contains("\"vocab_size\": 5"))
    try yard.merge(recipe + "tokenizer: {source: m2}")
    let second = try yard.weights("out")
    for (index, expected) in [
      mean(row(one, 2), row(two, 0)), row(two, 1), mean(row(one, 0), row(two, 2)), row(two, 3),
    ].enumerated() {
      #expect(relativeError(row(second, index), expected) < 1e-6, "row \(index)")
    }
  }
}
