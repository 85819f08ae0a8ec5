internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Regular expressions against Oniguruma (Tests/Golden/tokenizers/generate_patterns.py).
@Suite struct PatternTests {
  /// The golden file, read once.
  private static let golden: JSON? = {
    let path = Reference.golden("tokenizers/patterns.json").path
    return try? JSON(try InputFile.bytes(path), file: path)
  }()

  private func list(_ name: String) throws -> [JSON] { try #require(Self.golden?[name]?.list) }

  private func texts(_ name: String) throws -> [[UInt8]] {
    try list(name).map { Array(try #require($0.text).utf8) }
  }

  /// Matches that are not empty, as the golden file has them.
  private func matches(_ pattern: TextPattern, _ text: [UInt8], isCareful: Bool) -> [Int] {
    pattern.matches(in: text, 0..<text.count, isCareful: isCareful).filter { !$0.isEmpty }
      .flatMap { [$0.lowerBound, $0.upperBound] }
  }

  @Test(arguments: [false, true])
  func `small patterns match what Oniguruma matches, remembered or not`(_ isCareful: Bool) throws {
    let texts = try texts("strings")
    let rows = try list("small")
    #expect(rows.count > 90)
    for row in rows {
      let source = try #require(row.list?[0].text)
      let pattern = try TextPattern.compiled(source).get()
      for (text, expected) in zip(texts, try #require(row.list?[1].list)) {
        let found = matches(pattern, text, isCareful: isCareful)
        #expect(
          found == expected.list?.compactMap(\.integer),
          "\(source) on \(String(decoding: text, as: UTF8.self))")
      }
    }
  }

  @Test(arguments: [false, true])
  func `the patterns of known tokenizers split difficult and random texts as Oniguruma does`(
    _ isCareful: Bool
  ) throws {
    let texts = try texts("texts")
    for row in try list("known") {
      let source = try #require(row.list?[0].text)
      let pattern = try TextPattern.compiled(source).get()
      for (text, expected) in zip(texts, try #require(row.list?[1].list)) {
        let found =
          "[" + matches(pattern, text, isCareful: isCareful).map { "\($0)" }.joined(separator: ",") + "]"
        #expect(
          StableHash.hex(Data(found.utf8)).prefix(12) == expected.text?[...],
          "\(source) on \(String(decoding: text, as: UTF8.self))")
      }
    }
  }

  @Test(arguments: [
    ("(a", "1: '(' without ')'"), ("a)", "2: ')' without '('"), ("[a", "1: '[' without ']'"),
    ("a**+*", "3: a repetition of what may be empty is not supported"),
    ("*a", "1: nothing stands before '*'"),
    ("a(?<=b)", "2: lookbehind is not supported"), ("(a)\\1", "4: '\\1' is not supported"),
    ("(?:a*)*", "7: a repetition of what may be empty is not supported"),
    (
      "\\p{Foo}",
      "1: the property 'Foo' is not supported (the general categories (L, Lu, N, Nd, P, …), Any, Han are)"
    ),
    ("[[:alpha:]]", "2: POSIX brackets are not supported"),
    ("a{3,2}", "2: the bounds stand in the wrong order"),
    ("a{2}?", "2: '{n}?' is not supported"), ("(?x:a)", "1: this group is not supported"),
    ("\\q", "1: '\\q' is not supported"),
    ("[b-a]", "2: this range is not supported"), ("a{1001}", "2: more than 1000 repetitions"),
    ("a\\", "2: '\\' at the end"),
    ("^*", "2: a place cannot be repeated"), ("((a{1000}){1000}){1000}", "1: the pattern is too long"),
  ])
  func `what is not understood is told with its place`(_ pattern: String, _ message: String) {
    switch TextPattern.compiled(pattern) {
    case .success: Issue.record("\(pattern) was understood")
    case .failure(let failure): #expect(failure.description == message)
    }
  }

  /// Patterns that take exponential or quadratic time where nothing is remembered.
  @Test(arguments: [
    "(a+)+b", "(?:a|a)+b", "(?:a*a*)b", "a*b", "(?=[^b]*b)c", "(?:(?>a+))+b", "a++b", "(?:a{1,9}){1,9}b|a",
    "(?!a*b)a", "(?:aa|a)+?b",
  ])
  func `no pattern takes longer than in proportion to its text`(_ source: String) throws {
    let pattern = try TextPattern.compiled(source).get()
    func seconds(_ count: Int) -> Double {
      let text = [UInt8](repeating: UInt8(ascii: "a"), count: count)
      let watch = Stopwatch()
      _ = pattern.matches(in: text, 0..<count)
      return watch.seconds
    }
    // 100 KB; quadratic time would be some ten seconds, exponential time would not end.
    #expect(seconds(100_000) < 5)
  }

  // MARK: Normalization forms

  @Test func `every scalar among marks has the normalization forms of the Hugging Face library`() throws {
    for row in try list("forms") {
      let block = UInt32(try #require(row.list?[0].integer))
      var text = String.UnicodeScalarView()
      for value in block * 4096..<(block + 1) * 4096 {
        guard let scalar = Unicode.Scalar(value) else { continue }
        text.append(contentsOf: ["a", scalar, "b", "a", "\u{302e}", scalar, "\u{334}", "\u{1bf2}", "b"])
      }
      for (name, hash) in try #require(row.list?[1].members) {
        let form = try #require(UnicodeForm.named(name))
        let found = StableHash.hex(Data(form.normalized(Array(String(text).utf8))))
        #expect(found.prefix(12) == hash.text?[...], "block \(block), \(name)")
      }
    }
  }
}
