import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Recipes
import Testing

/// Which rows of embeddings are merged with which: by the bytes of the tokens, whatever file they stand in.
@Suite struct CheckpointTokenTests {
  private static let recipe = """
    merge_method: linear
    models: [{model: m1, parameters: {weight: 1}}, {model: m2, parameters: {weight: 3}}]

    """

  /// Row of the result, row of m1, row of m2.
  private func expect(
    _ rows: [(Int, Int, Int)], in yard: MergeYard, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (one, two, out) = (try yard.weights("m1"), try yard.weights("m2"), try yard.weights("out"))
    for name in ["model.embed_tokens.weight", "lm_head.weight"] {
      func row(_ weights: [String: [Float]], _ index: Int) -> [Float] {
        Array((weights[name] ?? []).dropFirst(8 * index).prefix(8))
      }
      for (result, first, second) in rows {
        let mean = zip(row(one, first), row(two, second)).map { ($0 + 3 * $1) / 4 }
        let error = zip(row(out, result), mean).map { abs($0 - $1) }.max() ?? 1
        #expect(error < 1e-6, "row \(result) of \(name)", sourceLocation: sourceLocation)
      }
    }
  }

  /// Two pairs of canonically equivalent tokens among plain ones; `m2` has them in another order.
  private static let twins = [
    ["\u{e9}", "e\u{301}", "\u{91d1}", "\u{f90a}", "a", "b", "c", "d", "f", "g"],
    ["e\u{301}", "\u{e9}", "\u{f90a}", "\u{91d1}", "b", "a", "c", "d", "f", "g"],
  ]
  private static let twinRows = [
    (0, 0, 1), (1, 1, 0), (2, 2, 3), (3, 3, 2), (4, 4, 5), (5, 5, 4), (6, 6, 6), (9, 9, 9),
  ]

  @Test func `canonically equivalent tokens of a vocabulary are two tokens`() throws {
    let yard = try MergeYard()
    for (index, tokens) in Self.twins.enumerated() { try yard.tokenizer(tokens, "m\(index + 1)") }
    try yard.merge(Self.recipe + "tokenizer_source: base")
    try expect(Self.twinRows, in: yard)
  }

  @Test func `canonically equivalent tokens of a list with scores are two tokens`() throws {
    let yard = try MergeYard()
    for (index, tokens) in Self.twins.enumerated() {
      let entries = tokens.map { "[\"\($0)\", -1.5]" }.joined(separator: ", ")
      try yard.write(
        #"{"added_tokens": [], "model": {"type": "Unigram", "vocab": [\#(entries)]}}"#,
        to: "m\(index + 1)/tokenizer.json")
    }
    try yard.merge(Self.recipe + "tokenizer_source: union")
    try expect(Self.twinRows, in: yard)
    #expect(try TokenizerVocabulary(folder: yard.url.path + "/out").ids.count == 10)
  }

  @Test func `rules tell canonically equivalent tokens apart`() throws {
    let yard = try MergeYard()
    for (index, tokens) in Self.twins.enumerated() { try yard.tokenizer(tokens, "m\(index + 1)") }
    try yard.merge(
      Self.recipe + """
        tokenizer:
          source: base
          tokens:
            "\u{e9}": {source: m1, force: true}
            "e\u{301}": {source: {kind: model_token, model: m2, token: "a"}, force: true}
        """)
    let (one, two, out) = (try yard.weights("m1"), try yard.weights("m2"), try yard.weights("out"))
    func row(_ weights: [String: [Float]], _ index: Int) -> [Float] {
      Array((weights["lm_head.weight"] ?? []).dropFirst(8 * index).prefix(8))
    }
    #expect(row(out, 0) == row(one, 0))
    #expect(row(out, 1) == row(two, 5))
    try expect([(2, 2, 3)], in: yard)
  }

  @Test func `every line of vocab txt is a token`() throws {
    let yard = try MergeYard()
    try yard.write(
      "a\r\nb\r\n\r\n c \r\n##d\r\n\u{e9}\r\ne\u{301}\r\nh\r\ni\u{2028}\r\nj", to: "m1/vocab.txt")
    try yard.write("j\ni\u{2028}\nh\ne\u{301}\n\u{e9}\n##d\n c \n\nb\na\n", to: "m2/vocab.txt")
    try yard.merge(Self.recipe + "tokenizer_source: base")
    try expect((0..<10).map { ($0, $0, 9 - $0) }, in: yard)
  }

  @Test(arguments: [true, false])
  func `tokens that were added to an older tokenizer have rows`(inConfiguration: Bool) throws {
    let yard = try MergeYard()
    let vocabulary = Array("abcdefgh").enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    for (model, added) in [("m1", ["<x>", "<y>"]), ("m2", ["<y>", "<x>"])] {
      try yard.write("{\(vocabulary)}", to: "\(model)/vocab.json")
      try yard.write("#version: 0.2\n", to: "\(model)/merges.txt")
      if inConfiguration {
        try yard.write(
          #"{"added_tokens_decoder": {"8": {"content": "\#(added[0])"}, "9": {"content": "\#(added[1])"}}}"#,
          to: "\(model)/tokenizer_config.json")
      } else {
        try yard.write(#"{"\#(added[0])": 8, "\#(added[1])": 9}"#, to: "\(model)/added_tokens.json")
      }
    }
    try yard.merge(Self.recipe + "tokenizer_source: base")
    try expect([(0, 0, 0), (7, 7, 7), (8, 8, 9), (9, 9, 8)], in: yard)
  }

  @Test(arguments: ["<|im_start|>", "[X]", "##ing", "▁x", "Ġx", "é", "two words", "a.b: c", "null", "<<"])
  func `any text is a token of a rule`(token: String) throws {
    let yard = try MergeYard()
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "m1")
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "i", token], "m2")
    try yard.merge(Self.recipe + "tokenizer: {source: union, tokens: {\"\(token)\": {source: {kind: zero}}}}")
    let (two, out) = (try yard.weights("m2"), try yard.weights("out"))
    let expected = (two["lm_head.weight"] ?? []).suffix(8).map { $0 * 3 / 4 }
    let row = Array((out["lm_head.weight"] ?? []).suffix(8))
    #expect(zip(row, expected).allSatisfy { abs($0 - $1) < 1e-6 } && row.count == 8)
  }

  // MARK: Without tokenizer_source

  @Test func `rows that are different tokens are not merged unasked`() throws {
    let yard = try MergeYard()
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "m1")
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "j", "i", "h"], "m2")
    #expect(
      yard.refusal(Self.recipe) == """
        YARD/m2/tokenizer.json: error: row 7 of the embeddings is the token 'j' here and 'h' in \
        YARD/m1/tokenizer.json, and 1 more row differs
          add tokenizer_source: base or union, which brings equal tokens together
        """)
    try yard.merge(Self.recipe + "tokenizer_source: base")
  }

  @Test func `layers of models with different tokens are stacked as before`() throws {
    let yard = try MergeYard()
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "m1")
    try yard.tokenizer(["z", "b", "c", "d", "e", "f", "g", "h", "i", "j"], "m2")
    let stack = """
      merge_method: passthrough
      slices:
        - sources: [{model: m1, layer_range: [0, 1]}]
        - sources: [{model: m2, layer_range: [1, 2]}]
        - sources: [{model: m1, layer_range: [2, 3]}]
      """
    #expect(try yard.merge(stack).notes == [])
  }

  @Test func `tokens that the result's tokenizer lacks are named`() throws {
    let yard = try MergeYard()
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h"], "m1")
    try yard.tokenizer(["a", "b", "c", "d", "e", "f", "g", "h", "<x>", "<y>"], "m2")
    #expect(
      try yard.merge(Self.recipe).notes == [
        "the tokenizer of the result is that of m1, which lacks '<x>', '<y>' of m2: "
          + "tokenizer_source: union keeps such tokens"
      ])
    #expect(try yard.merge(Self.recipe + "tokenizer_source: union").notes == [])
  }
}
