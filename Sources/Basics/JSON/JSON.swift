/// A JSON value (RFC 8259) as it was written: members keep their order, names their bytes, numbers their digits.
///
/// Foundation's decoder keeps one of two equal names, which in a tensor header would hide a tensor, takes canonically
/// equivalent names for one, which loses tokens of a vocabulary, forgets the order by which PEFT chooses among
/// patterns and the digits of a label, and does not say where a mistake is.
public enum JSON: Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case flag(Bool)
  /// A number as its digits were written: the label `1` is not read as `1.0`.
  case number(String)
  /// A text, its escapes resolved.
  case text(String)
  /// A list.
  case list([JSON])
  /// An object.
  indirect case object(Object)

  /// What it is, for messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .flag: "true or false"
    case .number: "a number"
    case .text: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }

  /// The member of that name (byte for byte), where this is an object that has it.
  public subscript(name: String) -> JSON? { members?[name] }

  /// The members of an object.
  public var members: Object? { if case .object(let members) = self { members } else { nil } }
  /// The elements of a list.
  public var list: [JSON]? { if case .list(let items) = self { items } else { nil } }
  /// A text.
  public var text: String? { if case .text(let text) = self { text } else { nil } }
  /// True or false.
  public var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }
  /// A number that 64 bits can hold.
  public var number: Double? {
    guard case .number(let digits) = self, let number = Double(digits), number.isFinite else { return nil }
    return number
  }
  /// A whole number without loss, of at most 2⁵³: sums and products of a few of them do not overflow.
  public var integer: Int? {
    guard case .number(let digits) = self else { return nil }
    // Digits by digits: 2⁵³ + 1 has no double of its own.
    if let whole = Int(digits) { return whole.magnitude <= 1 << 53 ? whole : nil }
    return number.flatMap { $0.magnitude < 0x1p53 ? Int(exactly: $0) : nil }
  }
}

extension JSON: Equatable {
  /// Whether they say the same: texts byte for byte, numbers by value, members in any order.
  public static func == (a: JSON, b: JSON) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.flag(let a), .flag(let b)): a == b
    case (.number(let a), .number(let b)): a == b || Double(a) == Double(b)
    case (.text(let a), .text(let b)): a.hasBytes(of: b)
    case (.list(let a), .list(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }
}

extension JSON {
  /// The members of an object in the order of the text, each name once.
  public struct Object: Sendable {
    /// The names, escapes resolved.
    public let names: [String]
    /// The values in the order of the names.
    public let values: [JSON]
    /// Where a name stands; nil where there are so few that they are looked through.
    private let places: [ExactText: Int]?

    /// From more members than this on they have an index.
    static let fewest = 12

    init(names: [String], values: [JSON], places: [ExactText: Int]? = nil) {
      self.names = names
      self.values = values
      self.places = places
    }

    /// An object without members.
    public init() { self.init(names: [], values: [], places: nil) }

    /// An object of members with different names, to be written.
    public init(_ members: [(name: String, value: JSON)]) {
      var places: [ExactText: Int]?
      if members.count > Self.fewest {
        places = [:]
        for (place, member) in members.enumerated() { places?[ExactText(member.name)] = place }
        precondition(places?.count == members.count, "two members of one name")
      }
      self.init(names: members.map(\.name), values: members.map(\.value), places: places)
    }

    /// The value of a name (byte for byte).
    public subscript(name: String) -> JSON? {
      let place =
        if let places { places[ExactText(name)] } else { names.firstIndex { $0.hasBytes(of: name) } }
      return place.map { values[$0] }
    }
  }
}

extension JSON.Object: RandomAccessCollection {
  /// Zero.
  public var startIndex: Int { 0 }
  /// The number of members.
  public var endIndex: Int { names.count }
  /// A name with its value.
  public subscript(index: Int) -> (name: String, value: JSON) { (names[index], values[index]) }
}

extension JSON.Object: Equatable {
  /// Whether they have the same members, in any order.
  public static func == (a: JSON.Object, b: JSON.Object) -> Bool {
    a.count == b.count && a.allSatisfy { b[$0.name] == $0.value }
  }
}
