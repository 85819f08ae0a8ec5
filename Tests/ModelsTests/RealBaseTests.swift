import Basics
import Checkpoints
import Foundation
import LinearAlgebra
import Models
import Outlines
import TestSupport
import Testing
import Tokenizers

/// Real bases against transformers and PEFT (generate_sentences.py).
@Suite struct RealBaseTests {
  /// A base with its golden numbers.
  enum Real: String, CaseIterable {
    case miniLM = "minilm"
    case mpNet = "mpnet"

    var folder: URL? { self == .miniLM ? Reference.model : Reference.mpNet }
    /// Where its golden LoRA factors sit.
    var targets: [String] { self == .miniLM ? ["query", "value"] : ["q", "v"] }

    func golden() throws -> Golden {
      let data = try Data(contentsOf: Reference.golden("models/\(rawValue).json"))
      return try JSONDecoder().decode(Golden.self, from: data)
    }
  }

  static let bases = Real.allCases.filter { $0.folder != nil }

  struct Golden: Decodable {
    struct Sentence: Decodable {
      let set: String
      let row: Int
      let tokens: Int
      let norm: Double
      let projections: [Double]
    }
    struct Gradient: Decodable {
      let name: String
      let norm: Double
      let projections: [Double]
    }
    let sentences: [Sentence]
    let texts: [String]
    let rank: Int
    let alpha: Double
    let hidden: Double
    let gradients: [Gradient]
  }

  struct Base {
    let network: any Network
    let tokenizer: Tokenizer

    init(_ real: Real) throws {
      let folder = try #require(real.folder).path
      network = try NetworkFamilies.open(folder: folder)
      tokenizer = try Tokenizer(file: folder + "/tokenizer.json")
    }

    func batch(_ texts: [String]) -> PackedBatch {
      var batch = PackedBatch()
      for text in texts {
        let encoding = tokenizer.encode(text, maxTokens: 128)
        batch.append(ids: encoding.ids, types: encoding.types)
      }
      return batch
    }
  }

  @Test(
    .enabled(if: Reference.data != nil, "needs the real datasets"),
    .enabled(if: !bases.isEmpty, "needs a real base model"), arguments: bases)
  func `the last hidden state of real sentences equals transformers'`(_ real: Real) throws {
    let golden = try real.golden()
    let base = try Base(real)
    let workspace = Workspace()
    #expect(golden.sentences.count == 200)
    for name in ["fpb", "twitter_fin_sentiment"] {
      let expected = golden.sentences.filter { $0.set == name }
      let texts = try texts(of: name, count: expected.count)
      // Several rows at once, so that packing is tested with the numbers.
      for first in stride(from: 0, to: texts.count, by: 20) {
        let rows = first..<min(first + 20, texts.count)
        let batch = base.batch(Array(texts[rows]))
        workspace.reset()
        let hidden = base.network.hidden(batch, workspace: workspace)
        let pooled = Matrix(rows: batch.rows, columns: hidden.columns)
        Pool.forward(hidden, batch, .mean, into: pooled)
        for (row, sentence) in zip(0..<batch.rows, expected[rows]) {
          #expect(batch.range(row).count == sentence.tokens)
          let norm = length(hidden.rows(batch.range(row)).values)
          #expect(abs(norm - sentence.norm) < 1e-4 * sentence.norm)
          let ours = projections(pooled.rows(row..<row + 1).values, count: 8)
          #expect(relativeError(ours, sentence.projections.map(Float.init)) < 1e-4, "\(name) \(sentence.row)")
        }
      }
    }
  }

  @Test(.enabled(if: !bases.isEmpty, "needs a real base model"), arguments: bases)
  func `gradients of LoRA factors on a real base equal PEFT's`(_ real: Real) throws {
    let golden = try real.golden()
    let base = try Base(real)
    let outline = base.network.outline
    let sites = try outline.chosen(by: LayerTargets(real.targets))
    let scale = Float(golden.alpha / Double(golden.rank))
    let parameters = LoRAParameters(sites: sites, rank: golden.rank, scale: scale)
    let gradients = LoRAParameters(sites: sites, rank: golden.rank, scale: scale)
    let matrices = parameters.factors.flatMap { [$0.a, $0.b] }
    for (index, matrix) in matrices.enumerated() {
      let numbers = numbers(seed: 100 + index, count: matrix.count)
      matrix.withMutableSpan { span in
        for i in 0..<span.count { span[i] = 0.05 * numbers[i] }
      }
    }
    let folded = base.network.owning(sites)
    fold(parameters.factors, of: base.network, into: folded)
    let batch = base.batch(golden.texts)
    let workspace = Workspace()
    let door = LoRADoor(outline: outline, parameters: parameters, gradients: [gradients])
    let tape = folded.forward(batch, door: door, workspace: workspace)
    #expect(abs(length(tape.hidden.values) - golden.hidden) < 1e-4 * golden.hidden)
    let dhidden = Matrix(
      rows: batch.tokens, columns: outline.width,
      values: numbers(seed: 99, count: batch.tokens * outline.width))
    folded.backward(tape, dhidden: dhidden, door: door, workspace: workspace)
    let ours = gradients.factors.flatMap {
      [("\($0.site.path).lora_A", $0.a), ("\($0.site.path).lora_B", $0.b)]
    }
    #expect(ours.map(\.0) == golden.gradients.map(\.name))
    for ((name, gradient), expected) in zip(ours, golden.gradients) {
      #expect(abs(length(gradient.values) - expected.norm) < 1e-4 * expected.norm, "\(name)")
      #expect(
        relativeError(projections(gradient.values, count: 4), expected.projections.map(Float.init)) < 1e-4,
        "\(name)")
    }
  }

  // MARK: The rule that the generator shares

  private func bits(seed: Int, _ index: Int) -> UInt64 {
    var z = (UInt64(seed) << 32 &+ UInt64(index + 1)) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Numbers in −1 ..< 1.
  private func numbers(seed: Int, count: Int) -> [Float] {
    (0..<count).map { Float(Double(bits(seed: seed, $0) >> 11) * 0x1p-52 - 1) }
  }

  /// The sums of x with signs of seeds 0, 1, ….
  private func projections(_ x: [Float], count: Int) -> [Float] {
    (0..<count).map { seed in
      var sum = 0.0
      for (i, value) in x.enumerated() {
        sum += bits(seed: seed, i) & 1 == 1 ? -Double(value) : Double(value)
      }
      return Float(sum)
    }
  }

  private func length(_ x: [Float]) -> Double {
    x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private func texts(of name: String, count: Int) throws -> [String] {
    struct Row: Decodable {
      let text: String
    }
    let file = try #require(Reference.data).appendingPathComponent("\(name)/test.jsonl")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").prefix(count)
    return try lines.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)).text }
  }
}
