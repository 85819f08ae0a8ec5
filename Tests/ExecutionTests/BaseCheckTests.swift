import Basics
import Checkpoints
import Execution
import Experiment
import Foundation
import LinearAlgebra
import Models
import Specs
import Tasks
import TestSupport
import Testing
import Tokenizers
import Training

/// What is said about a base before any job starts.
@Suite struct BaseCheckTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  static let vocabulary =
    WordPieceVocabulary.specials + ["up", "down", "Up", "##s", "good", "bad", "-", "b", "org"]

  var folder: String { scratch.url.appendingPathComponent("base").path }

  func resources() -> DiskResources {
    DiskResources(
      facts: FactsCache(folder: scratch.url.appendingPathComponent("facts")), folder: "", environment: [:])
  }

  /// A sound base of two layers, but for what is changed.
  ///
  /// - Parameters:
  ///   - changed: Replaced in config.json.
  ///   - tensors: What becomes of the tensors.
  func make(
    changed: [String: Any] = [:], vocabulary: [String] = vocabulary, lowercase: Bool = true,
    tensors: (inout [NamedTensor]) -> Void = { _ in }
  ) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let shape = NetworkFamilies.pretrained(
      layers: 2, hidden: 8, heads: 2, intermediate: 12, vocabulary: Self.vocabulary.count, positions: 12)
    try JSONFile.write(JSON(shape.configuration), to: folder + "/config.json")
    if !changed.isEmpty {
      let file = URL(fileURLWithPath: folder + "/config.json")
      var keys = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
      keys.merge(changed) { _, new in new }
      try JSONSerialization.data(withJSONObject: keys).write(to: file)
    }
    try write(
      "tokenizer.json",
      String(
        decoding: WordPieceVocabulary.tokenizerJSON(vocabulary: vocabulary, lowercase: lowercase),
        as: UTF8.self))
    let weights = shape.random(over: Storage(count: shape.floats), stream: RandomStream(seed: 0))
    var named = weights.tensors
    tensors(&named)
    try SafeTensorsWriter.write(named, to: folder + "/model.safetensors")
  }

  func write(_ name: String, _ text: String) throws {
    let file = URL(fileURLWithPath: folder + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// What is said, with bare file names.
  func complaints() -> [String] {
    do {
      _ = try resources().base(folder)
      return []
    } catch let error as Diagnostics {
      return error.all.map { "\($0)".replacingOccurrences(of: folder + "/", with: "") }
    } catch {
      return ["not Diagnostics: \(error)"]
    }
  }

  // MARK: Sound bases

  @Test func `a sound base is sound, and the tensors that are looked for are those that are read`() throws {
    try make()
    #expect(complaints() == [])
    let model = try BaseFolder.open(folder)
    let wanted = try NetworkFamilies.describe(folder: folder).tensors
    #expect(wanted.map(\.name).sorted() == model.network.tensors.map(\.name).sorted())
    for tensor in model.network.tensors {
      #expect(wanted.first { $0.name == tensor.name }?.shape == tensor.shape, "\(tensor.name)")
    }
  }

  @Test func `what was found sound is believed until a file changes, whatever its size and time`() throws {
    let file = folder + "/model.safetensors"
    func touch(_ seconds: TimeInterval) throws {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: seconds)], ofItemAtPath: file)
    }
    try make()
    try touch(1_600_000_000)
    let first = resources()
    _ = try first.base(folder)
    first.facts.save()
    #expect(complaints() == [])
    // Other numbers under the same size and time: an inode has a time that nobody can set back.
    try make { $0[0].values[0, 0] = .nan }
    try touch(1_600_000_000)
    #expect(complaints().count == 1)
    try make()
    #expect(complaints() == [])
    try write("tokenizer_config.json", #"{"do_lower_case": false}"#)
    #expect(complaints().count == 1)
  }

  // MARK: config.json

  @Test(arguments: [
    ("is_decoder", "sees only the tokens before it"),
    ("add_cross_attention", "attends to another model as well"),
  ])
  func `what changes the forward pass and is not computed is refused`(key: String, does: String) throws {
    try make(changed: [key: true])
    #expect(
      complaints() == [
        """
        config.json: error: \(key) is true, which is not supported: a token of such a model \(does)
          take an encoder; where the model was trained as one, set \(key) to false
        """
      ])
    try make(changed: [key: false])
    #expect(complaints() == [])
  }

  @Test func `everything is told at once`() throws {
    try make(
      changed: ["hidden_act": "none_such", "is_decoder": true], vocabulary: Self.vocabulary + ["more"]
    ) {
      $0.removeAll { $0.name.hasSuffix("LayerNorm.bias") }
    }
    try write("1_Pooling/config.json", #"{"pooling_mode_max_tokens": true}"#)
    try write("tokenizer_config.json", #"{"tokenize_chinese_chars": false}"#)
    #expect(
      complaints().map { $0.split(separator: "\n")[0] } == [
        "config.json: error: hidden_act 'none_such' is not supported",
        "config.json: error: is_decoder is true, which is not supported: a token of such a model sees only the tokens before it",
        "model.safetensors: error: the checkpoint has no tensor 'embeddings.LayerNorm.bias' and 4 more that the model needs",
        "1_Pooling/config.json: error: pooling by pooling_mode_max_tokens is not supported",
        "tokenizer_config.json: key 'tokenize_chinese_chars': error: 'tokenize_chinese_chars' is false, but tokenizer.json "
          + "has 'handle_chinese_chars' true in its normalizer: transformers would read texts otherwise",
        "tokenizer.json: error: the tokenizer has ids up to 14 ('more'), the word embeddings only 14 rows",
      ])
  }

  // MARK: Weights

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `a number that is none names its tensor`(number: Float) throws {
    try make { tensors in
      for i in tensors.indices where tensors[i].name == "encoder.layer.1.output.dense.weight" {
        tensors[i].values[3, 2] = number
      }
    }
    #expect(
      complaints().map { $0.split(separator: "\n")[0] } == [
        "model.safetensors: tensor 'encoder.layer.1.output.dense.weight': error: the tensor holds NaN or infinity"
      ])
  }

  @Test func `numbers that are none in tensors that no job reads are nothing to it`() throws {
    try make {
      $0.append(NamedTensor("pooler.dense.bias", shape: [1], Matrix(rows: 1, columns: 1, values: [.nan])))
    }
    #expect(complaints() == [])
  }

  @Test func `a prefix before all names is told as one`() throws {
    try make { for i in $0.indices { $0[i].name = "module." + $0[i].name } }
    #expect(
      complaints() == [
        """
        model.safetensors: error: the checkpoint has no tensor 'embeddings.word_embeddings.weight' and 36 more that the \
        model needs
          its tensors begin with 'module.': save the bare model, without what stands around it
        """
      ])
  }

  @Test func `a table of other rows than config_json says names both`() throws {
    try make(changed: ["vocab_size": 20])
    #expect(
      complaints() == [
        """
        model.safetensors: tensor 'embeddings.word_embeddings.weight': error: the tensor has shape [14, 8], the model needs \
        [20, 8]
          config.json has 'vocab_size' 20, and the table 14 rows: one of the two is of another model
        """
      ])
  }

  @Test func `a shape that many tensors lack is told once`() throws {
    try make(changed: ["intermediate_size": 16])
    #expect(complaints().count == 3)
    #expect(complaints().allSatisfy { $0.hasSuffix("\n  the same in one more tensor") })
  }

  // MARK: Indices past a table

  @Test func `a tokenizer with more tokens than rows is refused`() throws {
    try make(vocabulary: Self.vocabulary + ["[NEW]"])
    #expect(
      complaints() == [
        """
        tokenizer.json: error: the tokenizer has ids up to 14 ('[NEW]'), the word embeddings only 14 rows
          save the model after resize_token_embeddings, or take the added tokens out of the tokenizer
        """
      ])
  }

  @Test func `special tokens past the table and past the positions are refused`() throws {
    try make(changed: ["max_position_embeddings": 2]) { tensors in
      for i in tensors.indices where tensors[i].name == "embeddings.position_embeddings.weight" {
        tensors[i] = NamedTensor(tensors[i].name, Matrix(rows: 2, columns: 8))
      }
    }
    let file = folder + "/tokenizer.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try write(
      "tokenizer.json",
      text.replacingOccurrences(
        of: #""ids": [3], "tokens": ["[SEP]"]"#, with: #""ids": [99], "tokens": ["[SEP]"]"#))
    #expect(
      complaints().map { $0.split(separator: "\n")[0] } == [
        "tokenizer.json: error: the tokenizer has ids up to 99, the word embeddings only 14 rows",
        "tokenizer.json: error: the special tokens alone take 3 positions, the base has 2",
      ])
  }

  // MARK: Tasks

  func task(_ labels: [(String, String)], head: HeadKind = .labels, pair: String? = nil) -> TaskSpec {
    TaskSpec(
      name: "t", kind: .classification, source: .files([:]), pair: pair,
      labels: labels.map { LabelSpec(name: $0.0, description: $0.1) }, metrics: ["accuracy"], head: head)
  }

  func notes(_ task: TaskSpec) -> [String] {
    resources().fit(of: task, base: folder).notes.map(\.what)
  }

  @Test func `what does not go with answers is told`() throws {
    try make()
    var asked = task([("a", "up"), ("b", "down")], head: .answers)
    #expect(notes(asked) == [])
    asked.text = "{text}: "
    #expect(
      notes(asked) == [
        "the prompt of the task 't' ends in white space, which most tokenizers make one token with the word behind it"
      ])
    let pair = task([("a", "up"), ("b", "down")], head: .answers, pair: "{other}")
    #expect(
      resources().fit(of: pair, base: folder).problems.first?.what
        == "the task 't' has a 'pair', and what a decoder answers is one text")
  }

  @Test func `special tokens written in a template are told, with what the base makes of them`() throws {
    try make()
    func note(_ text: String, pair: String? = nil) -> [Diagnostic] {
      var task = task([("a", "up"), ("b", "down")], pair: pair)
      task.text = text
      return resources().fit(of: task, base: folder).notes
    }
    #expect(
      note("{a} [SEP] {b}") == [
        Diagnostic(
          "'text' of the task 't' writes '[SEP]' between its columns, which the base reads as its special token, with both "
            + "sides as parts of one text",
          hint: "put the second text into 'pair': the base then gets two texts as it knows them")
      ])
    #expect(
      note("<s> {a}", pair: "{b}").map(\.description) == [
        """
        error: 'text' of the task 't' writes '<s>' between its columns, which the base reads as letters like any others
          leave it out: special tokens are put around the texts anyway
        """
      ])
    #expect(note("{a} and {b} [1]") == [])
  }

  @Test func `labels that are one text to the base are told, with a linear head they are nothing to it`()
    throws
  {
    try make()
    let labels = [("a", "Up"), ("b", "down"), ("c", "up"), ("d", "UP"), ("e", "🚀"), ("f", "🙂 山")]
    #expect(
      notes(task(labels)) == [
        "the base's tokenizer knows no word of the labels 'e' and 'f' of the task 't': "
          + "nothing can tell them apart",
        "the labels 'a', 'c' and 'd' of the task 't' are one text to the base's tokenizer, 'Up': "
          + "nothing can tell them apart",
      ])
    #expect(notes(task(labels, head: .linear)) == [])
    // Of no meaning to a random base are they all alike.
    #expect(notes(task([("a", "good"), ("b", "bad"), ("c", "good 🚀")])).allSatisfy { $0.contains("cosine") })
    #expect(notes(task([("B-ORG", "B-ORG"), ("B-org", "B-org")])).count == 1)
    try make(lowercase: false)
    try write("tokenizer_config.json", #"{"do_lower_case": false}"#)
    let near = notes(task([("a", "up"), ("b", "Up")]))
    #expect(near.count == 1)
    #expect(
      near.first?.hasPrefix(
        "the descriptions of the labels 'a' and 'b' of the task 't' are nearly one text to the base: their cosine is 0.9"
      ) == true)
    #expect(notes(task([("a", "up"), ("b", "Up")], head: .linear)) == [])
  }

  @Test func `labels that differ only behind the last position are one text`() throws {
    try make()
    let long = String(repeating: "good ", count: 12)
    #expect(notes(task([("a", long + "up"), ("b", long + "down")])).count == 1)
  }

  @Test func `pairs need a base with two token types`() throws {
    try make(changed: ["type_vocab_size": 1]) { tensors in
      for i in tensors.indices where tensors[i].name == "embeddings.token_type_embeddings.weight" {
        tensors[i] = NamedTensor(tensors[i].name, Matrix(rows: 1, columns: 8))
      }
    }
    #expect(complaints() == [])
    #expect(resources().fit(of: task([("a", "up"), ("b", "down")]), base: folder).problems == [])
    #expect(
      resources().fit(of: task([("a", "up"), ("b", "down")], pair: "{other}"), base: folder).problems.map(
        \.what) == [
          "the task 't' has a 'pair', whose token type 1 the base lacks: its 'type_vocab_size' is 1"
        ])
  }
}
