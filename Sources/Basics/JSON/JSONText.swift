/// Text as JSON has it.
public enum JSONText {
  /// A string in quotes.
  public static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..."\u{1f}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension JSON {
  /// A number; of a whole one the digits alone.
  public init(_ number: Double) {
    self = .number(Int(exactly: number).map(String.init) ?? "\(number)")
  }

  /// A whole number.
  public init(_ number: Int) { self = .number("\(number)") }

  /// An object; its members stand in the order of their names.
  public init(_ members: [String: JSON]) {
    let sorted = members.sorted { $0.key < $1.key }
    self = .object(Object(names: sorted.map(\.key), values: sorted.map(\.value)))
  }
}

extension JSON: Encodable {
  /// Writes the value; an encoder may order members otherwise.
  public func encode(to encoder: any Encoder) throws {
    var single = encoder.singleValueContainer()
    switch self {
    case .null: try single.encodeNil()
    case .flag(let flag): try single.encode(flag)
    case .number(let digits):
      if let whole = Int(digits) { try single.encode(whole) } else { try single.encode(number) }
    case .text(let text): try single.encode(text)
    case .list(let items): try single.encode(items)
    case .object(let members):
      try single.encode(Dictionary(uniqueKeysWithValues: zip(members.names, members.values)))
    }
  }
}
