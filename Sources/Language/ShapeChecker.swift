package import Basics
internal import Foundation

/// Holds YAML against a shape: collects everything that does not fit and returns what does.
package struct ShapeChecker {
  package let source: SourceText
  /// Keys of other programs, each with the path of the setting that it stands for.
  private let otherWords: [String: String]
  /// Whether a known key with nothing behind it is as good as none, as in mergekit's recipes.
  private let passesNulls: Bool
  package private(set) var problems: [Diagnostic] = []
  /// As `Value.meant`, of the mapping that was read last.
  private var meant: [String]?

  package init(_ source: SourceText, otherWords: [String: String] = [:], passesNulls: Bool = false) {
    self.source = source
    self.otherWords = otherWords
    self.passesNulls = passesNulls
  }

  /// The value of a node; `path` names it in messages (`adapter.rank`, empty for the whole manifest).
  package mutating func value(_ node: YAMLNode, _ shape: Shape, path: String) -> Value {
    let content: Value.Content
    meant = nil
    switch shape {
    case .text: content = text(node, path: path)
    case .optionalText: content = node.isNull ? .scalar(.text("")) : text(node, path: path)
    case .name: content = name(node, path: path)
    case .scalar(let kind): content = scalar(node, kind, path: path).map { .scalar($0) } ?? .broken
    case .setting(let kind): content = setting(node, kind, path: path)
    case .list(let element): content = list(node, element, path: path)
    case .table(let value, let keysAreNames): content = table(node, value, keysAreNames, path: path)
    case .object(let fields): content = object(node, fields, path: path)
    case .variants(let variants): content = object(node, variants, path: path)
    case .either(let shapes): return either(node, shapes, path: path)
    case .ruled(let shape, _): return value(node, shape, path: path)
    }
    defer { meant = nil }
    return Value(content: content, place: node.place, meant: meant)
  }

  package mutating func report(_ what: String, at place: Place, hint: String? = nil) {
    problems.append(source.diagnostic(what, at: place, hint: hint))
  }

  private mutating func refuse(_ node: YAMLNode, _ wanted: String, path: String) -> Value.Content {
    let subject = path.isEmpty ? source.name : "'\(path)'"
    report("\(subject) must be \(wanted), not \(node.form)", at: node.place)
    return .broken
  }

  // MARK: Single values

  private mutating func text(_ node: YAMLNode, path: String) -> Value.Content {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      return refuse(node, "a single value", path: path)
    }
    return .scalar(.text(text))
  }

  private mutating func name(_ node: YAMLNode, path: String) -> Value.Content {
    let content = text(node, path: path)
    guard case .scalar(.text(let name)) = content else { return content }
    return checkName(name, at: node.place) ? content : .broken
  }

  private mutating func checkName(_ name: String, at place: Place) -> Bool {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
      scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
    }
    let rest = name.unicodeScalars.dropFirst()
    let isGood =
      name.unicodeScalars.first.map(isPlain) ?? false
      && rest.allSatisfy { isPlain($0) || [".", "+", "-"].contains($0) }
    if !isGood {
      report(
        "'\(name)' cannot be a name", at: place,
        hint: "names start with a letter, a digit or '_' and go on with these and '.', '+', '-'")
    }
    return isGood
  }

  private mutating func scalar(_ node: YAMLNode, _ kind: ParameterSpec.Kind, path: String) -> ParameterValue?
  {
    // An element of a list has the list's name.
    let key = path.split(separator: ".").last { Int($0) == nil }.map(String.init) ?? path
    let spec = ParameterSpec(key, kind, default: .flag(false), "")
    guard case .scalar(let text, let plain) = node.content, !node.isNull else {
      _ = refuse(node, "a single value", path: path)
      return nil
    }
    let value = Self.parse(text, plain: plain, as: kind)
    guard let problem = spec.problem(with: value) else { return value }
    var hint: String?
    switch kind {
    case .choice(let words): hint = nearestName(to: text, among: words).map { "did you mean '\($0)'?" }
    case .number, .integer, .flag:
      if !plain, spec.problem(with: Self.parse(text, plain: true, as: kind)) == nil {
        hint = "leave out the quotes"
      } else if kind == .flag {
        hint = Self.flag(meant: text).map { "write \($0)" }
      } else if plain {
        hint = Self.decimal(meant: text)
      }
    }
    report("\(problem), not '\(text)'", at: node.place, hint: hint)
    return nil
  }

  /// What a word for true or false of other languages and of old YAML stands for.
  private static func flag(meant text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "on", "y", "1": true
    case "no", "off", "n", "0": false
    default: nil
    }
  }

  /// Whether a number begins with a zero that other readers of YAML take for the sign of an octal one.
  private static func isOctal(_ text: String) -> Bool {
    let digits = text.drop { $0 == "-" || $0 == "+" }.utf8
    return digits.first == 48 && digits.dropFirst().first.map { (48...57).contains($0) } == true
  }

  /// How to write what is a number to other programs; nil for what is none, and for plain numbers.
  private static func decimal(meant text: String) -> String? {
    let digits = text.replacingOccurrences(of: "_", with: "").lowercased()
    if ["true", "false"].contains(digits) { return "write \(digits == "true" ? 1 : 0)" }
    if isOctal(text) { return "write it without the 0 before it, which makes it octal to other programs" }
    guard Double(decimal: text) == nil, digits.first.map({ $0.isNumber || "+-.".contains($0) }) == true else {
      return nil
    }
    let number =
      Double(digits) ?? (digits.hasPrefix("0o") ? Int(digits.dropFirst(2), radix: 8).map(Double.init) : nil)
    return "numbers are plain decimal"
      + (number.map { ": write \(ParameterValue.number($0))" } ?? ", as 0.5 or 1e-3")
  }

  /// Whether a list of this one value is taken where the value alone is not.
  private func takesList(of node: YAMLNode, _ shapes: [Shape]) -> Bool {
    shapes.contains { shape in
      guard case .list(let element) = shape.bare else { return false }
      var trial = ShapeChecker(source)
      _ = trial.value(node, element, path: "")
      return trial.problems.isEmpty
    }
  }

  /// Reads a scalar as its place asks for: `no` is a word, quoted digits are no number, nor is `010`, which YAML 1.1 takes
  /// for eight and YAML 1.2 for ten.
  package static func parse(_ text: String, plain: Bool, as kind: ParameterSpec.Kind) -> ParameterValue {
    switch kind {
    case .number, .integer:
      guard plain, !isOctal(text), let number = Double(decimal: text) else { return .text(text) }
      return .number(number)
    case .flag:
      let isTrue = ["true", "True", "TRUE"].contains(text)
      return plain && (isTrue || ["false", "False", "FALSE"].contains(text)) ? .flag(isTrue) : .text(text)
    case .choice: return .text(text)
    }
  }

  private mutating func setting(_ node: YAMLNode, _ kind: ParameterSpec.Kind, path: String) -> Value.Content {
    switch node.content {
    case .scalar:
      return scalar(node, kind, path: path).map { .scalar($0) } ?? .broken
    case .sequence:
      let list = path.split(separator: ".").last.map(String.init) ?? path
      report(
        "'\(path)' must be a single value, not a list", at: node.place,
        hint: "to try each value, write '\(list): {grid: [...]}'")
      return .broken
    case .mapping(let pairs):
      return grid(node, pairs, kind, path: path)
    }
  }

  private mutating func grid(
    _ node: YAMLNode, _ pairs: [YAMLPair], _ kind: ParameterSpec.Kind, path: String
  ) -> Value.Content {
    guard let pair = pairs.first, pairs.count == 1, pair.key == "grid",
      case .sequence(let elements) = pair.value.content
    else {
      report(
        "'\(path)' must be a single value or a grid", at: node.place, hint: "a grid is written {grid: [a, b]}"
      )
      return .broken
    }
    if elements.isEmpty { report("the grid of '\(path)' is empty", at: pair.value.place) }
    var values: [ParameterValue] = []
    var isSound = !elements.isEmpty
    for element in elements {
      guard let value = scalar(element, kind, path: path) else {
        isSound = false
        continue
      }
      if values.contains(value) {
        report("\(value) stands twice in the grid of '\(path)'", at: element.place)
        isSound = false
      }
      values.append(value)
    }
    return isSound ? .grid(values) : .broken
  }

  // MARK: Lists and mappings

  private mutating func list(_ node: YAMLNode, _ element: Shape, path: String) -> Value.Content {
    guard case .sequence(let elements) = node.content else { return refuse(node, "a list", path: path) }
    var values: [Value] = []
    for (index, node) in elements.enumerated() {
      values.append(value(node, element, path: "\(path).\(index)"))
    }
    return .list(values)
  }

  private mutating func table(
    _ node: YAMLNode, _ shape: Shape, _ keysAreNames: Bool, path: String
  ) -> Value.Content {
    guard case .mapping(let pairs) = node.content else { return refuse(node, "a mapping", path: path) }
    var entries: [Entry] = []
    for pair in pairs {
      if keysAreNames, !checkName(pair.key, at: pair.keyPlace) { continue }
      let value = value(pair.value, shape, path: "\(path).\(pair.key)")
      entries.append(Entry(key: pair.key, keyPlace: pair.keyPlace, value: value))
    }
    return .mapping(entries)
  }

  private mutating func object(_ node: YAMLNode, _ fields: [Field], path: String) -> Value.Content {
    guard case .mapping(let pairs) = node.content else { return refuse(node, "a mapping", path: path) }
    return object(pairs, at: node.place, fields, path: path) { key in
      path.isEmpty ? "unknown key '\(key)'" : "unknown key '\(key)' in '\(path)'"
    }
  }

  private mutating func object(_ node: YAMLNode, _ variants: Variants, path: String) -> Value.Content {
    guard case .mapping(let pairs) = node.content else { return refuse(node, "a mapping", path: path) }
    guard let pair = pairs.first(where: { $0.key == variants.key }) else {
      report("'\(path)' has no '\(variants.key)'", at: node.place, hint: variants.summary)
      return .broken
    }
    guard case .scalar(let name, _) = pair.value.content,
      let row = variants.rows.first(where: { $0.name == name })
    else {
      guard case .scalar(let name, _) = pair.value.content else {
        return refuse(pair.value, "a single value", path: "\(path).\(variants.key)")
      }
      let hint = variants.hint(name)
      report("unknown \(variants.kind) '\(name)'", at: pair.value.place, hint: hint)
      return .broken
    }
    let fields = [Field(variants.key, .text, variants.summary)] + variants.common + row.fields
    return object(pairs, at: node.place, fields, path: path) { key in
      "unknown parameter '\(key)' of \(variants.kind) '\(name)'"
    }
  }

  private mutating func object(
    _ pairs: [YAMLPair], at place: Place, _ fields: [Field], path: String, unknown: (String) -> String
  ) -> Value.Content {
    var entries: [Entry] = []
    var meant: [String]?
    for pair in pairs {
      guard let field = fields.first(where: { $0.key == pair.key }) else {
        let near = OtherWords.meant(by: pair.key, among: fields.map(\.key), otherWords)
        meant = (meant ?? []) + [near].compactMap(\.self)
        let hint = OtherWords.suggestion(for: pair.key, among: fields.map(\.key), otherWords)
        report(unknown(pair.key), at: pair.keyPlace, hint: hint)
        continue
      }
      if passesNulls, pair.value.isNull, !field.isRequired { continue }
      let below = path.isEmpty ? pair.key : "\(path).\(pair.key)"
      let value = value(pair.value, field.shape, path: below)
      entries.append(Entry(key: pair.key, keyPlace: pair.keyPlace, value: value))
    }
    for field in fields
    where field.isRequired && !pairs.contains(where: { $0.key == field.key })
      && meant?.contains(field.key) != true
    {
      let owner = path.isEmpty ? source.name : "'\(path)'"
      report("\(owner) has no '\(field.key)'", at: place, hint: field.summary)
    }
    self.meant = meant
    return .mapping(entries)
  }

  private mutating func either(_ node: YAMLNode, _ shapes: [Shape], path: String) -> Value {
    for shape in shapes {
      switch (shape.bare, node.content) {
      case (.list, .sequence), (.table, .mapping), (.object, .mapping), (.variants, .mapping),
        (.text, .scalar), (.optionalText, .scalar), (.name, .scalar), (.scalar, .scalar), (.setting, .scalar):
        let told = problems.count
        let value = value(node, shape, path: path)
        // A lone name where a list is taken is a list of one, as a rule.
        if problems.count > told, problems[told].hint == nil, case .scalar(let text, _) = node.content,
          takesList(of: node, shapes)
        {
          problems[told].hint = "a list is taken too: [\(text)]"
        }
        return value
      default: continue
      }
    }
    let wanted = shapes.map(\.form).joined(separator: " or ")
    return Value(content: refuse(node, wanted, path: path), place: node.place)
  }
}

extension Shape {
  /// The form in words, for messages.
  fileprivate var form: String {
    switch self {
    case .text, .optionalText, .name, .scalar, .setting: "a single value"
    case .list: "a list"
    case .table, .object, .variants: "a mapping"
    case .either(let shapes): shapes.map(\.form).joined(separator: " or ")
    case .ruled(let shape, _): shape.form
    }
  }
}
