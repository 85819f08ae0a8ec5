/// A parameter's value as a manifest can write it.
public enum ParameterValue: Sendable, Hashable, Codable {
  /// A truth value.
  case flag(Bool)
  /// A number; whole numbers are numbers without a fraction.
  case number(Double)
  /// A word.
  case text(String)

  /// Reads a JSON scalar.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes a JSON scalar.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .flag(let flag): try container.encode(flag)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }
}

extension ParameterValue: CustomStringConvertible {
  /// As a manifest writes it: `0.5`, `8`, `true`, `model`.
  public var description: String {
    switch self {
    case .flag(let flag): "\(flag)"
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    case .text(let text): text
    }
  }
}

/// The one place that says what a parameter is: name, kind, range, default and meaning.
public struct ParameterSpec: Sendable, Hashable {
  /// What values a parameter takes.
  public enum Kind: Sendable, Hashable {
    /// A number in a closed range.
    case number(ClosedRange<Double>)
    /// A whole number in a closed range.
    case integer(ClosedRange<Int>)
    /// `true` or `false`.
    case flag
    /// One of some words.
    case choice([String])
  }

  /// The word in a manifest.
  public let name: String
  /// What values it takes.
  public let kind: Kind
  /// The value where the manifest says nothing; written nowhere else.
  public private(set) var defaultValue: ParameterValue
  /// One line on what it does.
  public let summary: String
  /// Values that are usually tried in a grid; empty where the default alone is used.
  public private(set) var usual: [ParameterValue]
  /// Whether the default means that the parameter is not there.
  public let isExtra: Bool

  /// Makes a spec.
  public init(
    _ name: String, _ kind: Kind, default defaultValue: ParameterValue, usual: [Double] = [],
    isExtra: Bool = false, _ summary: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.summary = summary
    self.usual = usual.map { .number($0) }
    self.isExtra = isExtra
  }

  /// A parameter that takes one of a type's words; `Parameters.choice` reads it as a case of the same type.
  ///
  /// - Parameter words: Those that it takes, where not all of the type.
  public static func choice<Word: RawRepresentable & CaseIterable>(
    _ name: String, among words: [Word] = Array(Word.allCases), default word: Word, _ summary: String
  ) -> ParameterSpec where Word.RawValue == String {
    ParameterSpec(name, .choice(words.map(\.rawValue)), default: .text(word.rawValue), summary)
  }

  /// The same parameter with another default; no value is usual any more where that one was not.
  ///
  /// - Parameter value: nil leaves the parameter as it is.
  public func replacingDefault(by value: ParameterValue?) -> ParameterSpec {
    guard let value else { return self }
    var spec = self
    spec.defaultValue = value
    if !usual.contains(value) { spec.usual = [] }
    return spec
  }

  /// Whether a value means that the parameter is not there, so that it needs no place in an identity.
  public func isOff(_ value: ParameterValue?) -> Bool { isExtra && value == defaultValue }

  /// What is wrong with a value; nil where the parameter takes it.
  public func problem(with value: ParameterValue) -> String? {
    kind.takes(value) ? nil : "'\(name)' must be \(kind)"
  }
}

extension ParameterSpec.Kind: CustomStringConvertible {
  /// What it takes, in words: `a number in 0…1`, `one of tensor, model`.
  public var description: String {
    switch self {
    case .number(let range):
      "a number in \(ParameterValue.number(range.lowerBound))…\(ParameterValue.number(range.upperBound))"
    case .integer(let range): "a whole number in \(range.lowerBound)…\(range.upperBound)"
    case .flag: "true or false"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    }
  }

  fileprivate func takes(_ value: ParameterValue) -> Bool {
    switch (self, value) {
    case (.number(let range), .number(let number)): range.contains(number)
    case (.integer(let range), .number(let number)):
      number == number.rounded() && abs(number) < 1e15 && range.contains(Int(number))
    case (.flag, .flag): true
    case (.choice(let words), .text(let word)): words.contains(word)
    case (.number, _), (.integer, _), (.flag, _), (.choice, _): false
    }
  }
}

/// Checked values for some specs: every spec has one.
public struct Parameters: Sendable, Hashable {
  /// All values, by name.
  public let values: [String: ParameterValue]

  /// Joins given values with the defaults.
  ///
  /// - Throws: a `Diagnostic` for a name that no spec has, a refusal of a value that its spec does not take.
  public init(_ given: [String: ParameterValue], for specs: [ParameterSpec], of owner: String)
    throws(Diagnostic)
  {
    var values: [String: ParameterValue] = [:]
    for spec in specs {
      let value = given[spec.name] ?? spec.defaultValue
      if let problem = spec.problem(with: value) { throw .refusal("\(problem) (\(owner))") }
      values[spec.name] = value
    }
    for name in given.keys.sorted() where values[name] == nil {
      throw Diagnostic(
        "unknown parameter '\(name)' of \(owner)", hint: suggestion(for: name, among: specs.map(\.name)))
    }
    self.values = values
  }

  /// A number parameter.
  public func number(_ name: String) -> Double {
    guard case .number(let number) = values[name] else { preconditionFailure("no number '\(name)'") }
    return number
  }

  /// A whole number parameter.
  public func integer(_ name: String) -> Int { Int(number(name)) }

  /// A flag parameter.
  public func flag(_ name: String) -> Bool {
    guard case .flag(let flag) = values[name] else { preconditionFailure("no flag '\(name)'") }
    return flag
  }

  /// A word parameter, as the case of the type that its spec was made from.
  public func choice<Word: RawRepresentable>(_ type: Word.Type, _ name: String) -> Word
  where Word.RawValue == String {
    guard let word = values.choice(type, name) else { preconditionFailure("no word '\(name)'") }
    return word
  }

  /// A word parameter whose words are names of another table.
  public func text(_ name: String) -> String {
    guard case .text(let text) = values[name] else { preconditionFailure("no word '\(name)'") }
    return text
  }
}

extension [String: ParameterValue] {
  /// A word among values, as a case of its type; nil where there is no such parameter or its value is no such word.
  public func choice<Word: RawRepresentable>(_ type: Word.Type, _ name: String) -> Word?
  where Word.RawValue == String {
    guard case .text(let text) = self[name] else { return nil }
    return Word(rawValue: text)
  }
}
