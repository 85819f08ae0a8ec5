/// A row of a table: a named thing that a manifest can ask for.
public protocol CatalogEntry: Sendable {
  /// The word in a manifest, `snake_case`.
  var name: String { get }
  /// One line on what it is.
  var summary: String { get }
}

/// A table of one kind of thing; its rows are values, each written in a file of its own.
///
/// Tests run their laws over `entries`, manifests are checked against `names`, documents are
/// printed from the rows: a new row gets all of it for nothing.
public struct Catalog<Entry: CatalogEntry>: Sendable {
  /// What a row is, for messages: `merge method`, `metric`.
  public let kind: String
  /// The rows in the order of the documentation.
  public let entries: [Entry]

  /// Makes a table; two rows of one name are a mistake of ours and trap.
  public init(_ kind: String, _ entries: [Entry]) {
    self.kind = kind
    self.entries = entries
    precondition(Set(entries.map(\.name)).count == entries.count, "two rows of one name in '\(kind)'")
  }

  /// The names of all rows, in order.
  public var names: [String] { entries.map(\.name) }

  /// The row of that name.
  ///
  /// - Throws: a `Diagnostic` with the nearest name.
  public func entry(named name: String, at place: Place? = nil) throws(Diagnostic) -> Entry {
    if let entry = entries.first(where: { $0.name == name }) { return entry }
    throw Diagnostic("unknown \(kind) '\(name)'", at: place, hint: suggestion(for: name, among: names))
  }
}
