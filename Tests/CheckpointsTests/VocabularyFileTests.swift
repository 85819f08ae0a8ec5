import Basics
import Checkpoints
import TestSupport
import Testing

/// The numbers that transformers gives the tokens of older files.
@Suite struct VocabularyFileTests {
  private func tokens(_ text: String, _ file: String = "vocab.txt") throws -> [String] {
    try withFolder { folder in
      try write(text, to: "\(folder)/\(file)")
      let ids = try TokenizerVocabulary(folder: folder).tokens
      return (0...(ids.keys.max() ?? 0)).map { ids[$0]?.text ?? "none" }
    }
  }

  @Test(arguments: [
    ("a\nb\n", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]), ("a\rb", ["a", "b"]), ("a\n\nb", ["a", "", "b"]),
    ("a\r\r\nb", ["a", "", "b"]), (" a \n\tb\n", [" a ", "\tb"]), ("\n", [""]),
    ("a\u{2028}b\u{85}\nc", ["a\u{2028}b\u{85}", "c"]), ("\u{feff}a\nb", ["\u{feff}a", "b"]),
    ("a\nb\na\n", ["none", "b", "a"]),
  ])
  func `a line is a token whatever is in it`(text: String, expected: [String]) throws {
    #expect(try tokens(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) })
  }

  @Test func `a token's id must be a row`() throws {
    try withFolder { folder in
      try write(#"{"a": 0, "b": -1}"#, to: "\(folder)/vocab.json")
      let text = try problem(in: folder) { _ = try TokenizerVocabulary(folder: folder) }
      #expect(
        text == "vocab.json: error: the id of the token 'b' must be a whole number in 0…16777216")
    }
  }

  @Test func `the configuration of a tokenizer goes before the list of added tokens`() throws {
    try withFolder { folder in
      try write(#"{"a": 0}"#, to: "\(folder)/vocab.json")
      try write(#"{"<x>": 1, "<y>": 2}"#, to: "\(folder)/added_tokens.json")
      #expect(try TokenizerVocabulary(folder: folder).ids[ExactText("<y>")] == 2)
      try write(
        #"{"added_tokens_decoder": {"1": {"content": "<y>", "special": true}}}"#,
        to: "\(folder)/tokenizer_config.json")
      let ids = try TokenizerVocabulary(folder: folder).ids
      #expect(ids == [ExactText("a"): 0, ExactText("<y>"): 1])
    }
  }
}
