internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Where tokenizer.json and tokenizer_config.json disagree (Tests/Golden/tokenizers/generate_configured.py).
@Suite struct TokenizerConfigurationTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      let tokenizer: String
      let config: String
      let tokenizers: [Int32]
      let transformers: [Int32]
    }
    let text: String
    let pair: String?
    let cases: [Case]
  }

  private static let folder = Reference.golden("tokenizers/configured")

  /// Of BERT's class and of MPNet's.
  private static let files = ["cases.json", "mpnet_cases.json"]

  private func golden(_ file: String) throws -> Golden {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Self.folder.appendingPathComponent(file)))
  }

  /// The findings for a golden tokenizer beside a configuration.
  private func findings(_ tokenizer: String, _ config: String?, model: String? = nil) throws -> [Diagnostic] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tokenizer-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    if let model {
      try Data(#"{"model_type": "\#(model)"}"#.utf8).write(to: folder.appendingPathComponent("config.json"))
    }
    if let config { try Data(config.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json")) }
    return try self.tokenizer(tokenizer).disagreements(folder: folder.path).map { problem in
      var problem = problem
      problem.place?.file = "tokenizer_config.json"
      return problem
    }
  }

  private func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(file: Self.folder.appendingPathComponent("\(name).json").path)
  }

  @Test(arguments: files)
  func `every tokenizer gives the ids of the tokenizers library, one without a model type too`(
    _ file: String
  ) throws {
    let golden = try golden(file)
    #expect(!Set(golden.cases.map(\.tokenizer)).isDisjoint(with: ["untyped", "mpnet_template"]))
    for one in golden.cases {
      let tokenizer = try tokenizer(one.tokenizer)
      var ids = tokenizer.encode(golden.text, maxTokens: .max).ids
      if let pair = golden.pair { ids += tokenizer.encode(golden.text, pair: pair, maxTokens: .max).ids }
      #expect(ids == one.tokenizers, "\(one.tokenizer)")
    }
  }

  @Test(arguments: files)
  func `the two files disagree exactly where transformers gives a text other ids`(_ file: String) throws {
    let golden = try golden(file)
    var differing = 0
    for one in golden.cases {
      let found = try findings(one.tokenizer, one.config, model: file == "cases.json" ? nil : "mpnet")
      let differs = one.tokenizers != one.transformers
      differing += differs ? 1 : 0
      #expect(found.isEmpty != differs, "\(one.tokenizer) with \(one.config): \(found)")
    }
    #expect(differing > 40)
    #expect(golden.cases.count - differing > 40)
  }

  @Test func `both files, both values and the ways out are told`() throws {
    let found = try findings("uncased", #"{"tokenizer_class": "BertTokenizer", "do_lower_case": false}"#)
    #expect(
      found.map(\.description) == [
        """
        tokenizer_config.json: key 'do_lower_case': error: 'do_lower_case' is false, but tokenizer.json has 'lowercase' true \
        in its normalizer: transformers would read texts otherwise
          set 'lowercase' to false there, or 'do_lower_case' to true here, as the base was trained
        """
      ])
    #expect(
      try findings("cased", "{}").map(\.what) == [
        "'do_lower_case' is not said, which is true to transformers, but tokenizer.json has 'lowercase' false in its "
          + "normalizer: transformers would read texts otherwise"
      ])
  }

  @Test
  func `a folder without tokenizer_config_json is read by its usual settings, and a broken one is told`()
    throws
  {
    #expect(try findings("uncased", nil, model: "bert") == [])
    #expect(try findings("cased", nil) == [])
    #expect(
      try findings("cased", nil, model: "bert").map(\.what) == [
        "there is no such file: 'do_lower_case' is not said, which is true to transformers, but tokenizer.json has "
          + "'lowercase' false in its normalizer: transformers would read texts otherwise"
      ])
    #expect(throws: Diagnostic.self) { try findings("cased", "{") }
  }
}
