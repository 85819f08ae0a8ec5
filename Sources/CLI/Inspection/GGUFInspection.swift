import Basics
import Checkpoints
import Terminal

/// A GGUF file.
enum GGUFInspection {
  static func lines(_ path: String, all: Bool) throws -> [String] {
    let file = try GGUFFile(path: path)
    let architecture = try file.text("general.architecture")
    let bytes = file.tensors.reduce(0) { $0 + $1.bytes.count }
    var rows = [
      ("kind", "GGUF file, version \(file.version)"),
      ("architecture", architecture ?? "not said"),
    ]
    if let name = try file.text("general.name") { rows.append(("name", name)) }
    if let architecture { rows += try sizes(file, architecture) }
    rows += [
      ("tensors", "\(file.tensors.count)"),
      ("numbers", grouped(file.tensors.reduce(0) { $0 + $1.count })),
      (
        "bytes",
        "\(grouped(bytes)) (as float32 \(spoken(bytes: 4 * file.tensors.reduce(0) { $0 + $1.count })))"
      ),
      ("types", types(file.tensors, of: bytes)),
      ("tokenizer", try tokenizer(file)),
      ("sha256", try StableHash.hex(file: path)),
    ]
    let keys = file.keys.map { "  \($0) = \(file.value($0).map(shown) ?? "")" }
    let width = file.tensors.map(\.name.count).max() ?? 0
    let tensors = file.tensors.map {
      "  \(padded($0.name, width))  \(padded($0.format.name, 4)) \($0.shape), \(grouped($0.bytes.count)) bytes"
    }
    return aligned(rows) + keys + shortened(tensors, all: all)
  }

  /// `30 blocks, width 576, …` as far as the file says it.
  private static func sizes(_ file: GGUFFile, _ architecture: String) throws -> [(String, String)] {
    let words = [
      ("block_count", "blocks"), ("embedding_length", "width"), ("attention.head_count", "heads"),
      ("attention.head_count_kv", "of keys and values"), ("feed_forward_length", "feed-forward"),
      ("context_length", "context"),
    ]
    let said = words.compactMap { key, word in
      file.value("\(architecture).\(key)").map { "\(word) \(shown($0))" }
    }
    return said.isEmpty ? [] : [("sizes", said.joined(separator: ", "))]
  }

  /// `Q4_1: 210 (67.5 % of the bytes)`, the largest share first.
  private static func types(_ tensors: [GGUFTensor], of bytes: Int) -> String {
    let shares = BlockFormats.all.entries.compactMap { format -> (name: String, count: Int, bytes: Int)? in
      let own = tensors.filter { $0.format.number == format.number }
      guard !own.isEmpty else { return nil }
      let name = format.isRead ? format.name : "\(format.name) (not read)"
      return (name, own.count, own.reduce(0) { $0 + $1.bytes.count })
    }
    return shares.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }.map {
      "\($0.name): \($0.count) (\(rounded(100 * Double($0.bytes) / Double(max(1, bytes)), 1)) % of the bytes)"
    }.joined(separator: ", ")
  }

  private static func tokenizer(_ file: GGUFFile) throws -> String {
    guard let model = try file.text("tokenizer.ggml.model") else { return "none" }
    let words = try file.text("tokenizer.ggml.pre").map { ", words as '\($0)'" } ?? ""
    let tokens = try file.list("tokenizer.ggml.tokens")?.count ?? 0
    return "\(model)\(words), \(counted(tokens, "token"))"
  }

  /// A value in one line; of a list how much there is, of a long text its beginning.
  private static func shown(_ value: GGUFValue) -> String {
    switch value {
    case .integer(let number): return "\(number)"
    case .unsigned(let number): return "\(number)"
    case .single(let number): return "\(number)"
    case .double(let number): return "\(number)"
    case .flag(let flag): return "\(flag)"
    case .list(let list): return "\(grouped(list.count)) \(list.element.plural)"
    case .text(let text):
      let quoted = JSONText.quoted(text)
      return quoted.count > 100 ? "\(quoted.prefix(96))… (\(grouped(text.count)) characters)" : quoted
    }
  }
}
