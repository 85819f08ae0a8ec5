internal import Basics
internal import Language

/// A setting from the command line that replaces what the manifest says: `adapter.rank=4,8`.
public struct Override: Sendable {
  /// The keys from the outside to the inside.
  let keys: [String]
  /// What follows the equals sign.
  let value: String
  /// The whole text, as the user wrote it.
  let text: String

  /// Whether it can make another experiment of a manifest; its name, its title and where its data lie cannot.
  var changesResults: Bool { !["name", "title", "data_root"].contains(keys[0]) }

  /// Splits `path=value`.
  ///
  /// - Throws: a `Diagnostic` where there is no path or no value.
  public init(_ text: String) throws {
    let example = "write it as -S training.learning_rate=0.001"
    guard let equals = text.firstIndex(of: "=") else {
      throw Diagnostic("the setting '\(text)' has no '='", hint: example)
    }
    let keys = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !keys.contains("") else {
      throw Diagnostic("the setting '\(text)' has no key before '='", hint: example)
    }
    let value = text[text.index(after: equals)...]
    guard !value.isEmpty else {
      throw Diagnostic("the setting '\(text)' has no value after '='", hint: example)
    }
    self.keys = keys
    self.value = String(value)
    self.text = text
  }

  var place: Place { Place(file: "-S \(text)") }

  /// The tree with the value in its place; the shape tells lists, grids and texts apart.
  func applied(to root: YAMLNode, shape: Shape) throws(Diagnostic) -> YAMLNode {
    try replacing(in: root, keys[...], shape, path: "")
  }

  private func replacing(
    in node: YAMLNode, _ keys: ArraySlice<String>, _ shape: Shape?, path: String
  ) throws(Diagnostic) -> YAMLNode {
    if keys.isEmpty { return try valueNode(shape) }
    switch node.content {
    case .mapping(let pairs):
      return try replacing(in: pairs, of: node, keys, shape, path: path)
    case .sequence(var elements):
      guard let first = keys.first, let index = Int(first), elements.indices.contains(index) else {
        let hint = "it has \(elements.count) elements, counted from 0: \(path).0"
        throw Diagnostic("'\(path)' is a list and has no '\(keys.first ?? "")'", at: place, hint: hint)
      }
      elements[index] = try replacing(
        in: elements[index], keys.dropFirst(), shape?.child(first), path: "\(path).\(first)")
      return YAMLNode(content: .sequence(elements), place: node.place)
    case .scalar:
      let pairs = try replacing(
        in: [], of: YAMLNode(content: .mapping([]), place: place), keys, shape, path: path)
      return pairs
    }
  }

  private func replacing(
    in pairs: [YAMLPair], of node: YAMLNode, _ keys: ArraySlice<String>, _ shape: Shape?, path: String
  ) throws(Diagnostic) -> YAMLNode {
    var pairs = pairs
    // A name may hold dots: the longest key that exists is meant.
    let lengths = (1...keys.count).reversed()
    let known = lengths.lazy.compactMap { length in
      pairs.firstIndex { $0.key == keys.prefix(length).joined(separator: ".") }.map { (length, $0) }
    }.first
    if let (length, index) = known {
      let key = pairs[index].key
      let below = path.isEmpty ? key : "\(path).\(key)"
      pairs[index].value = try replacing(
        in: pairs[index].value, keys.dropFirst(length), shape?.child(key), path: below)
    } else if let key = keys.first {
      if case .table(let value, _) = shape?.bare, case .object = value.bare {
        let hint = suggestion(for: key, among: pairs.map(\.key))
        throw Diagnostic("'\(path)' has no '\(key)' in the manifest", at: place, hint: hint)
      }
      let empty = YAMLNode(content: .mapping([]), place: place)
      let below = path.isEmpty ? key : "\(path).\(key)"
      let value = try replacing(in: empty, keys.dropFirst(), shape?.child(key), path: below)
      pairs.append(YAMLPair(key: key, keyPlace: place, value: value))
    }
    // What the command line says in one way is not said in another way any more.
    if let key = keys.first, let others = shape?.otherWays(than: key) {
      pairs.removeAll { others.contains($0.key) }
    }
    return YAMLNode(content: .mapping(pairs), place: node.place)
  }

  private func valueNode(_ shape: Shape?) throws(Diagnostic) -> YAMLNode {
    if case .text = shape?.bare { return scalar(value) }
    var reader = YAMLReader(SourceText(value, path: "-S \(text)"))
    var node = scalar(value)
    if let first = value.first, "[{\"'".contains(first) {
      guard let read = reader.read(), reader.problems.isEmpty else {
        throw Diagnostic(
          "the value '\(value)' is not YAML", at: place, hint: "quote it, or close its brackets")
      }
      node = placed(read)
    } else if value.contains(","), shape?.takesSeveral ?? false {
      let parts = value.split(separator: ",", omittingEmptySubsequences: false)
      node = YAMLNode(content: .sequence(parts.map { scalar(String($0)) }), place: place)
    } else if shape?.makesList(of: value) ?? false {
      node = YAMLNode(content: .sequence([node]), place: place)
    }
    if case .setting = shape?.bare, case .sequence = node.content {
      node = YAMLNode(content: .mapping([YAMLPair(key: "grid", keyPlace: place, value: node)]), place: place)
    }
    return node
  }

  private func scalar(_ text: String) -> YAMLNode {
    YAMLNode(content: .scalar(text.trimmed, plain: true), place: place)
  }

  private func placed(_ node: YAMLNode) -> YAMLNode {
    switch node.content {
    case .scalar: YAMLNode(content: node.content, place: place)
    case .sequence(let elements): YAMLNode(content: .sequence(elements.map(placed)), place: place)
    case .mapping(let pairs):
      YAMLNode(
        content: .mapping(pairs.map { YAMLPair(key: $0.key, keyPlace: place, value: placed($0.value)) }),
        place: place)
    }
  }
}

extension Shape {
  /// Whether commas separate values here.
  fileprivate var takesSeveral: Bool {
    switch self {
    case .setting, .list: true
    case .either(let shapes): shapes.contains { $0.takesSeveral }
    case .ruled(let shape, _): shape.takesSeveral
    case .text, .optionalText, .name, .scalar, .table, .object, .variants: false
    }
  }

  /// Whether a single value here is a list of one.
  fileprivate func makesList(of value: String) -> Bool {
    switch self {
    case .list: true
    case .either(let shapes):
      shapes.contains { $0.makesList(of: value) } && !shapes.contains { $0.takes(value) }
    case .ruled(let shape, _): shape.makesList(of: value)
    case .text, .optionalText, .name, .scalar, .setting, .table, .object, .variants: false
    }
  }

  /// Whether a single value stands here as it is.
  private func takes(_ value: String) -> Bool {
    switch self {
    case .scalar(.choice(let words)): words.contains(value)
    case .scalar(.number), .scalar(.integer), .scalar(.flag), .text, .optionalText, .name, .setting: true
    case .ruled(let shape, _): shape.takes(value)
    case .list, .table, .object, .variants, .either: false
    }
  }
}

extension String {
  /// Without spaces at both ends.
  fileprivate var trimmed: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
