package import Basics
internal import Yams

/// Reads YAML text into nodes and finds every key that stands twice in one mapping.
///
/// Yams refuses a repeated key but names only the place of the first one. The reader therefore
/// disguises the first one with a private-use character in a copy of the text (columns stay as they
/// are) and reads again until nothing is refused; the keys that follow a disguised one are the repeats.
package struct YAMLReader {
  package let source: SourceText
  package private(set) var problems: [Diagnostic] = []
  private var disguises: [Unicode.Scalar: String] = [:]

  private static let firstDisguise: UInt32 = 0xE000
  private static let mostDisguises: UInt32 = 500

  package init(_ source: SourceText) {
    self.source = source
  }

  /// The root of the document; nil where `problems` says why there is none.
  package mutating func read() -> YAMLNode? {
    var lines = source.lines
    while true {
      do {
        guard let root = try Yams.compose(yaml: lines.joined(separator: "\n")) else {
          problems.append(source.diagnostic("\(source.name) is empty", at: Place(file: source.path)))
          return nil
        }
        return node(root)
      } catch YamlError.duplicatedKeysInMapping(let keys, let context) {
        guard disguise(keys.first ?? "", at: context.mark, in: &lines) else {
          let place = source.place(line: context.mark.line, column: context.mark.column)
          problems.append(source.diagnostic("the key '\(keys.first ?? "")' stands twice", at: place))
          return nil
        }
      } catch {
        problems.append(syntaxProblem(error))
        return nil
      }
    }
  }

  private mutating func disguise(_ key: String, at mark: Mark, in lines: inout [String]) -> Bool {
    let count = UInt32(disguises.count)
    guard count < Self.mostDisguises, lines.indices.contains(mark.line - 1),
      let scalar = Unicode.Scalar(Self.firstDisguise + count)
    else { return false }
    var scalars = Array(lines[mark.line - 1].unicodeScalars)
    var column = mark.column - 1
    if scalars.indices.contains(column), ["\"", "'"].contains(scalars[column]) { column += 1 }
    guard scalars.indices.contains(column), !key.isEmpty else { return false }
    scalars[column] = scalar
    var line = String.UnicodeScalarView()
    line.append(contentsOf: scalars)
    lines[mark.line - 1] = String(line)
    disguises[scalar] = key
    return true
  }

  private mutating func node(_ node: Node) -> YAMLNode {
    let place = place(of: node)
    switch node {
    case .scalar(let scalar):
      let plain = scalar.style == .plain || scalar.style == .any
      return YAMLNode(content: .scalar(scalar.string, plain: plain), place: place)
    case .sequence(let sequence):
      var elements: [YAMLNode] = []
      for element in sequence { elements.append(self.node(element)) }
      return YAMLNode(content: .sequence(elements), place: place)
    case .mapping(let mapping):
      return YAMLNode(content: .mapping(pairs(mapping)), place: place)
    case .alias:
      return YAMLNode(content: .scalar("", plain: true), place: place)
    }
  }

  /// The pairs of a mapping, those that a merge key (`<<: *name`) takes over behind its own.
  private mutating func pairs(_ mapping: Node.Mapping) -> [YAMLPair] {
    var pairs: [YAMLPair] = []
    var taken: [YAMLPair] = []
    for (key, value) in mapping {
      let keyPlace = place(of: key)
      guard case .scalar(let scalar) = key else {
        problems.append(source.diagnostic("a key must be a single word", at: keyPlace))
        continue
      }
      let name = scalar.string.unicodeScalars.first.flatMap { disguises[$0] } ?? scalar.string
      let value = node(value)
      if name == "<<", scalar.style == .plain || scalar.style == .any {
        taken += taking(value)
        continue
      }
      if let first = pairs.first(where: { $0.key.hasBytes(of: name) }) {
        let hint = "it stands in line \(first.keyPlace.line ?? 0) already; keep one of the two"
        problems.append(source.diagnostic("the key '\(name)' stands twice", at: keyPlace, hint: hint))
      } else {
        pairs.append(YAMLPair(key: name, keyPlace: keyPlace, value: value))
      }
    }
    for pair in taken where !pairs.contains(where: { $0.key.hasBytes(of: pair.key) }) { pairs.append(pair) }
    return pairs
  }

  /// What a merge key takes over: the pairs of a mapping, or of several, of which the first goes before the next.
  private mutating func taking(_ value: YAMLNode) -> [YAMLPair] {
    switch value.content {
    case .mapping(let pairs): return pairs
    case .sequence(let values): return values.flatMap { taking($0) }
    case .scalar:
      problems.append(
        source.diagnostic(
          "'<<' takes over the keys of a mapping, and this is none", at: value.place,
          hint: "write '<<: *name', with '&name' before a mapping further up"))
      return []
    }
  }

  private func place(of node: Node) -> Place {
    guard let mark = node.mark else { return Place(file: source.path) }
    return source.place(line: mark.line, column: mark.column)
  }

  private func syntaxProblem(_ error: any Error) -> Diagnostic {
    guard let error = error as? YamlError else { return Diagnostic("\(error)", at: Place(file: source.path)) }
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let words = [problem, context?.text].compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
      if words.contains("another document") {
        return source.diagnostic(
          "\(source.name) holds more than one document",
          at: source.place(line: mark.line, column: mark.column),
          hint: "write one a file: what stands behind '---' goes into a file of its own")
      }
      let hint = words.contains("token") ? "indent with spaces, and quote text that holds ': ' or ' #'" : nil
      let place = source.place(line: mark.line, column: mark.column)
      return source.diagnostic("this is not YAML: \(words)", at: place, hint: hint)
    case .reader(let problem, _, _, _):
      return Diagnostic("this is not YAML: \(problem)", at: Place(file: source.path))
    case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded, .duplicatedKeysInMapping:
      return Diagnostic("this is not YAML: \(error)", at: Place(file: source.path))
    }
  }
}
