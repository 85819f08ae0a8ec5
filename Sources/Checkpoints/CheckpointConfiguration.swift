public import Basics
internal import Foundation
internal import LinearAlgebra

/// `config.json` of any transformer, or another object beside it, kept as it was written but for the keys that are set.
public struct CheckpointConfiguration: Sendable {
  /// The file.
  public let path: String
  private var bytes: [UInt8]
  private var tree: JSON

  /// Reads `config.json` or another file in a folder.
  ///
  /// - Throws: a `Diagnostic` where there is none or it is no JSON object.
  public init(folder: String, file: String = "config.json") throws(Diagnostic) {
    path = folder + "/" + file
    bytes = try InputFile.bytes(path, hint: "a checkpoint has one")
    tree = try JSON(bytes, file: path)
    guard tree.members != nil else {
      throw Diagnostic("the file holds \(tree.kind), not an object", at: Place(file: path))
    }
  }

  /// A text; nil where there is none.
  public func text(_ key: String) -> String? { tree[key]?.text }

  /// A whole number; nil where there is none.
  public func integer(_ key: String) -> Int? { tree[key]?.integer }

  /// True or false; nil where neither stands there.
  public func flag(_ key: String) -> Bool? { tree[key]?.flag }

  /// The text of the element of a list of objects whose `key` is `value`: `{"name": "default", "template": …}`.
  public func text(_ member: String, where key: String, is value: String, in list: String) -> String? {
    tree[list]?.list?.first { $0[key]?.text == value }?[member]?.text
  }

  /// The texts of a list; nil where there is none.
  public func texts(_ key: String) -> [String]? {
    guard let list = tree[key]?.list else { return nil }
    let texts = list.compactMap(\.text)
    return texts.count == list.count ? texts : nil
  }

  /// Whether the key stands there.
  public func has(_ key: String) -> Bool { tree[key] != nil }

  /// The first of some keys that stands there.
  public func first(of keys: [String]) -> String? { keys.first { has($0) } }

  /// What another configuration says differently, of some keys: `hidden_size` is 64 here, 32 there.
  ///
  /// A key that one of them lacks has its usual value there, which other versions of the same program write out.
  public func differences(from other: CheckpointConfiguration, in keys: [String]) -> [String] {
    func isGiven(_ value: JSON?) -> Bool { value != nil && value != .null }
    return keys.filter { key in
      isGiven(tree[key]) && isGiven(other.tree[key]) && tree[key] != other.tree[key]
    }.map { key in
      "'\(key)' is \(written(key) ?? "missing") here, \(other.written(key) ?? "missing") there"
    }
  }

  /// What is to be said of a model whose weights are quantised; nil where they are not.
  public var quantisation: Diagnostic? {
    let key = "quantization_config"
    guard let value = tree[key], value != .null else { return nil }
    let method = value["quant_method"]?.text.map { " (\($0))" } ?? ""
    return Diagnostic(
      "the model is quantised\(method), and quantised weights are not read",
      at: Place(file: path, detail: "key '\(key)'"),
      hint: Self.dequantise)
  }

  /// How to get floating-point numbers from a quantised model.
  static let dequantise =
    "take the model that it was made from, or dequantise it (transformers: model.dequantize()) and save it in bfloat16 or "
    + "float32"

  /// A key's value as it stands in the file; nil where there is none.
  public func written(_ key: String) -> String? {
    guard let range = try? JSON.memberRanges(bytes, file: path)[ExactText(key)] else { return nil }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// Replaces a key's value, or adds the key at the end.
  public mutating func set(_ key: String, to value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    let text = Array(try encoder.encode(value))
    if let range = try JSON.memberRanges(bytes, file: path)[ExactText(key)] {
      bytes.replaceSubrange(range, with: text)
    } else if let end = bytes.lastIndex(of: UInt8(ascii: "}")) {
      let last = bytes[..<end].lastIndex { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } ?? 0
      let comma = bytes[last] == UInt8(ascii: "{") ? "" : ","
      bytes.replaceSubrange(last + 1..<end, with: Array("\(comma)\n  \"\(key)\": ".utf8) + text + [0x0a])
    }
    tree = try JSON(bytes, file: path)
  }

  /// Writes the file under its name into a folder.
  public func write(to folder: String) throws {
    let bytes = bytes.last == 0x0a ? bytes : bytes + [0x0a]
    let name = URL(fileURLWithPath: path).lastPathComponent
    try AtomicFile.write("\(folder)/\(name)") { try $0.append(bytes) }
  }
}
