/// `COLUMNS.md`: every column of every file, from the tables themselves.
package enum ColumnsPage {
  /// The page for tables that were built.
  package static func text(of tables: [(ReportTable, Table)]) -> String {
    let preface = """
      # Columns

      The CSV files follow RFC 4180 in UTF-8 without a byte order mark, with a header line and lines that end in
      LF. Numbers carry full precision: the shortest text that reads back to the same double. An empty cell means
      that there is no value. Truth values are `true` and `false`. Text that a spreadsheet would take for a formula
      (it begins with `=`, `+`, `-`, `@`, a tab or a return) has an apostrophe in front.
      Means ± `_ci` are 95 % intervals by Student's t over seeds alone; `_low` and `_high` are for new seeds and new texts.
      Gains are signed so that positive is better.


      """
    return preface
      + tables.map { table, content in
        let rows = Table(
          content.columns,
          [
            .text("column", "Its name.") { $0.name }, .text("type", "What it holds.") { $0.kind.rawValue },
            .text("unit", "Its unit.") { $0.unit.isEmpty ? "–" : $0.unit },
            .text("meaning", "What it means.") { $0.documentation },
          ])
        return "## \(table.file)\n\n\(MarkdownFormat.escaped(table.question))\n\n"
          + MarkdownFormat.text(of: rows)
      }.joined(separator: "\n")
  }
}
