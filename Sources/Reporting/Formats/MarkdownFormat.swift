/// Tables and words in GitHub's Markdown.
package enum MarkdownFormat {
  /// A pipe table; missing cells say so.
  package static func text(of table: Table) -> String {
    let header = line(table.columns.map { escaped($0.name) })
    let rule = line(table.columns.map { $0.alignment == .right ? "---:" : "---" })
    let rows = table.rows.map { line($0.map(text(of:))) }
    return ([header, rule] + rows).joined()
  }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |\n"
  }

  private static func text(of cell: Cell) -> String {
    switch cell {
    case .number(let value): NumberText.fixed(value)
    case .integer(let value): "\(value)"
    case .text(let text): escaped(text)
    case .missing: NumberText.missing
    }
  }

  /// Text that shows as it is: on one line, and without a character that means something.
  ///
  /// An underscore inside a word means nothing, so names stay readable in the raw file.
  package static func escaped(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    return scalars.indices.reduce(into: "") { result, index in
      let scalar = scalars[index]
      switch scalar {
      case "\n": result += index > 0 && scalars[index - 1] == "\r" ? "" : " "
      case "\r", "\u{85}", "\u{2028}", "\u{2029}": result += " "
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "|", "`", "*", "~": result += "\\" + String(scalar)
      case "_" where !(isWordInside(scalars, index)): result += "\\_"
      default: result += String(scalar)
      }
    }
  }

  private static func isWordInside(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    guard index > 0, index + 1 < scalars.count else { return false }
    return scalars[index - 1].properties.isAlphabetic || scalars[index - 1].properties.numericType != nil
      ? scalars[index + 1].properties.isAlphabetic || scalars[index + 1].properties.numericType != nil : false
  }
}
