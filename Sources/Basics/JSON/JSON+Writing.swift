extension JSON {
  /// A whole number.
  public static func whole(_ number: Int) -> JSON { .number(String(number)) }

  /// A number; of a whole one the digits alone.
  public init(_ number: Double) {
    self = .number(Int(exactly: number).map(String.init) ?? "\(number)")
  }

  /// An object; its members stand in the order of their names.
  public init(_ members: [String: JSON]) {
    self = .object(Object(members.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }))
  }

  /// The shortest decimal that is read back as the same Float; it must be finite.
  public static func single(_ number: Float) -> JSON {
    precondition(number.isFinite, "JSON has no \(number)")
    return .number("\(number)")
  }

  /// An object of members with different names, in this order.
  public static func members(_ members: KeyValuePairs<String, JSON>) -> JSON {
    .object(Object(members.map { (name: $0.key, value: $0.value) }))
  }

  /// The text of a document, which ends in a line break: two spaces a level, and lists of plain values in one line.
  public var document: [UInt8] {
    var text = ""
    write(to: &text, level: 0)
    return Array(text.utf8) + [0x0a]
  }

  private var isNested: Bool {
    switch self {
    case .list, .object: true
    case .null, .flag, .number, .text: false
    }
  }

  private func write(to text: inout String, level: Int) {
    let line = "\n" + String(repeating: "  ", count: level + 1)
    switch self {
    case .null: text += "null"
    case .flag(let flag): text += flag ? "true" : "false"
    case .number(let digits): text += digits
    case .text(let content): text += JSONText.quoted(content)
    case .list(let items):
      let isFlat = !items.contains(where: \.isNested)
      text += "["
      for (place, item) in items.enumerated() {
        if place > 0 { text += isFlat ? ", " : "," }
        if !isFlat { text += line }
        item.write(to: &text, level: level + 1)
      }
      text += isFlat ? "]" : line.dropLast(2) + "]"
    case .object(let members):
      text += "{"
      for (place, member) in members.enumerated() {
        text += (place > 0 ? "," : "") + line + JSONText.quoted(member.name) + ": "
        member.value.write(to: &text, level: level + 1)
      }
      text += members.isEmpty ? "}" : line.dropLast(2) + "}"
    }
  }
}
