internal import Basics
internal import Foundation
internal import TestSupport
internal import Testing
internal import Tokenizers

/// Every text of the real datasets against the Hugging Face library (generate_hashes.py).
///
/// Without optimisation only every 16th row of each file, from the first on, is read.
@Suite struct RealDataTests {
  struct Summary: Decodable, Equatable {
    var texts = 0
    var tokens = 0
    var sha256 = ""
  }

  struct File: Decodable {
    let set: String
    let split: String
    let all: Summary
    let sample: Summary
  }

  struct Golden: Decodable {
    let tokenizerHash: String
    let stride: Int
    let files: [File]
    enum CodingKeys: String, CodingKey {
      case tokenizerHash = "tokenizer_sha256"
      case stride, files
    }
  }

  #if DEBUG
    static let sampled = true
  #else
    static let sampled = false
  #endif

  /// A real tokenizer with the hashes of what the library makes of every text.
  enum Real: String, CaseIterable {
    case miniLM = "hashes.json"
    case mpNet = "mpnet_hashes.json"

    var file: String? {
      (self == .miniLM ? Reference.model : Reference.mpNet)?.appendingPathComponent("tokenizer.json").path
    }

    func golden() throws -> Golden {
      let data = try Data(contentsOf: Reference.golden("tokenizers/\(rawValue)"))
      return try JSONDecoder().decode(Golden.self, from: data)
    }
  }

  static let real = Real.allCases.filter { $0.file != nil }
  static var sets: [String] {
    let files = (try? Real.miniLM.golden().files) ?? []
    return Array(Set(files.map(\.set))).sorted()
  }

  @Test(
    .enabled(if: Reference.data != nil, "needs the real datasets"),
    .enabled(if: !real.isEmpty, "needs a real base model"), arguments: sets, real)
  func `every text gives the tokens of the Hugging Face library`(_ set: String, _ real: Real) throws {
    let golden = try real.golden()
    let tokenizer = try Tokenizer(file: try #require(real.file))
    let data = try #require(Reference.data)
    let files = golden.files.filter { $0.set == set }
    #expect(!files.isEmpty)
    for file in files {
      let path = data.appendingPathComponent("\(set)/\(file.split).jsonl")
      let summary = try summary(of: path, stride: Self.sampled ? golden.stride : 1, tokenizer)
      #expect(summary == (Self.sampled ? file.sample : file.all), "\(set)/\(file.split)")
    }
  }

  @Test(.enabled(if: Reference.data != nil, "needs the real datasets"))
  func `no file of the data is left out`() throws {
    let data = try #require(Reference.data)
    let known = try Real.miniLM.golden().files.map { "\($0.set)/\($0.split).jsonl" }.sorted()
    var found: [String] = []
    for folder in try FileManager.default.contentsOfDirectory(atPath: data.path) {
      let path = data.appendingPathComponent(folder).path
      let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      found += files.filter { $0.hasSuffix(".jsonl") }.map { "\(folder)/\($0)" }
    }
    #expect(found.sorted() == known)
  }

  @Test(.enabled(if: !real.isEmpty, "needs a real base model"), arguments: real)
  func `the hashes were made with this tokenizer`(_ real: Real) throws {
    #expect(try StableHash.hex(file: try #require(real.file)) == real.golden().tokenizerHash)
  }

  private func summary(of file: URL, stride: Int, _ tokenizer: Tokenizer) throws -> Summary {
    let rows = try Data(contentsOf: file).split(separator: 0x0a)
    var summary = Summary()
    var bytes = Data()
    for index in Swift.stride(from: 0, to: rows.count, by: stride) {
      for text in strings(in: try JSON(Array(rows[index]), file: file.path)) {
        let ids = tokenizer.encode(text, maxTokens: .max).ids
        summary.texts += 1
        summary.tokens += ids.count
        for id in ids + [-1] {
          let bits = UInt32(bitPattern: id)
          for shift: UInt32 in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
        }
      }
    }
    summary.sha256 = StableHash.hex(bytes)
    return summary
  }

  private func strings(in value: JSON) -> [String] {
    switch value {
    case .text(let text): [text]
    case .list(let values): values.flatMap(strings)
    case .object(let members): members.flatMap { strings(in: $0.value) }
    case .null, .flag, .number: []
    }
  }
}
