/// Comma-separated values as RFC 4180 describes them, with two choices of our own.
///
/// Lines end with LF alone: pandas and spreadsheets read both, while CRLF leaves a stray character in the
/// last column of awk, cut and join, and makes every line of a committed table a whitespace error. Text that
/// a spreadsheet would take for a formula gets an apostrophe in front.
package enum CSVFormat {
  /// The whole table with its header.
  package static func text(of table: Table) -> String {
    let header = table.columns.map { field($0.name) }
    let lines = [header] + table.rows.map { $0.map(text(of:)) }
    return lines.map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// One cell: numbers as the shortest text that reads back to the same bits, missing as nothing.
  package static func text(of cell: Cell) -> String {
    switch cell {
    case .number(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .text(let text): field(guarded(text))
    case .missing: ""
    }
  }

  /// Text that begins like a formula (= + - @, tab, return), after an apostrophe.
  ///
  /// Apostrophes that already stand before such a beginning count with it, so taking one away again is exact.
  package static func guarded(_ text: String) -> String {
    let beginnings: [Unicode.Scalar] = ["=", "+", "-", "@", "\t", "\r"]
    guard let first = text.unicodeScalars.first(where: { $0 != "'" }), beginnings.contains(first) else {
      return text
    }
    return "'" + text
  }

  /// A field in quotes where its characters ask for them.
  private static func field(_ text: String) -> String {
    let special: [Unicode.Scalar] = [",", "\"", "\n", "\r"]
    let edges = text.hasPrefix(" ") || text.hasSuffix(" ")
    guard edges || text.unicodeScalars.contains(where: special.contains) else { return text }
    let doubled = text.unicodeScalars.reduce(into: "") { $0 += $1 == "\"" ? "\"\"" : String($1) }
    return "\"" + doubled + "\""
  }
}
