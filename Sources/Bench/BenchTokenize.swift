internal import ArgumentParser
internal import Basics
internal import Foundation
internal import Terminal
internal import Tokenizers

/// `mixology bench tokenize`.
struct BenchTokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenize", abstract: "How fast texts become tokens, on one core.",
    discussion: """
      Texts are all strings in the lines of a JSONL file. With --write the tokens of each text, the bytes that they cover, the tokens \
      with special ones around and the text that they decode to go to a file, one line a text, which \
      Tests/Conformance/check_tokenizers.py holds against the Hugging Face library.
      """)

  @Option(help: "A tokenizer.json.")
  var tokenizer: String

  @Option(help: "A JSONL file.")
  var data: String

  @Option(help: "A file for the tokens of each text; nothing is measured then.")
  var write: String?

  @Option(help: "Passes over the texts, of which the fastest counts.")
  var repeats = 5

  func validate() throws {
    if repeats < 1 { throw ValidationError("--repeats must be at least 1") }
  }

  func run() throws {
    let tokenizer = try Tokenizer(file: tokenizer)
    let texts = try texts()
    if let write { return try self.write(texts, tokenizer, to: write) }
    var tokens = 0
    var encoding: [Double] = []
    var placing: [Double] = []
    for _ in 0..<repeats {
      tokens = 0
      encoding.append(
        timed { for text in texts { tokens += tokenizer.encode(text, maxTokens: .max).ids.count } })
      placing.append(timed { for text in texts { _ = tokenizer.tokens(of: text).ids.count } })
    }
    let megabytes = Double(texts.reduce(0) { $0 + $1.utf8.count }) / 1e6
    let (fastest, placed) = (encoding.min() ?? 0, placing.min() ?? 0)
    let line = BenchLine(
      "tokenize",
      settings: ["tokenizer": .text(self.tokenizer), "data": .text(data)],
      values: [
        "texts": .count(texts.count), "tokens": .count(tokens), "megabytes": .measured(megabytes),
        "tokens_per_second": .measured(Double(tokens) / fastest),
        "megabytes_per_second": .measured(megabytes / fastest),
        "megabytes_per_second_with_places": .measured(megabytes / placed), "repeats": .count(repeats),
      ])
    try line.print()
  }

  /// All strings of all lines, in order.
  private func texts() throws -> [String] {
    func strings(_ value: JSON) -> [String] {
      switch value {
      case .text(let text): [text]
      case .list(let values): values.flatMap(strings)
      case .object(let members): members.flatMap { strings($0.value) }
      case .null, .flag, .number: []
      }
    }
    let lines = try InputFile.bytes(data).split(separator: 0x0a)
    return try lines.flatMap { strings(try JSON(Array($0), file: data)) }
  }

  private func write(_ texts: [String], _ tokenizer: Tokenizer, to path: String) throws {
    var output = Data()
    for text in texts {
      let tokens = tokenizer.tokens(of: text)
      let encoding = tokenizer.encode(text, maxTokens: .max)
      let decoded = tokenizer.decode(encoding.ids, skippingSpecials: false)
      var stream = TokenText(tokenizer, skippingSpecials: false)
      var streamed = encoding.ids.map { stream.append($0) }.joined() + stream.finish()
      if streamed.hasBytes(of: decoded) { streamed = "" }
      let fields = [
        "\(tokens.ids)", "\(tokens.ranges.flatMap { [$0.lowerBound, $0.upperBound] })", "\(encoding.ids)",
        JSONText.quoted(decoded), JSONText.quoted(tokenizer.decode(encoding.ids, skippingSpecials: true)),
        JSONText.quoted(streamed),
      ]
      output += Data("[\(fields.joined(separator: ", "))]\n".utf8)
    }
    try output.write(to: URL(fileURLWithPath: path))
  }
}
