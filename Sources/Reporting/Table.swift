/// What a table holds in one place: a writer cannot invent a number where there is none.
package enum Cell: Sendable, Hashable {
  /// A finite number.
  case number(Double)
  case integer(Int)
  case text(String)
  case missing
}

/// A column: its name in the files, what it means, and how people see it.
package struct Column: Sendable, Hashable {
  /// What its cells hold.
  package enum Kind: String, Sendable {
    case number
    case integer
    case text
    /// `true` or `false`.
    case flag
  }

  /// Where a page puts its cells.
  package enum Alignment: Sendable {
    case left
    case right
  }

  /// `snake_case` in the files; words on a page.
  package var name: String
  package var kind: Kind
  /// `seconds`, `percent`, `bytes`; empty where the number has none or has its metric's.
  package var unit: String
  /// What it means, in one sentence.
  package var documentation: String
  package var alignment: Alignment

  /// What a column `by` means.
  static let groups =
    "The column of the data within whose groups of rows the metric is computed; the value is the mean over the groups. Empty "
    + "where it is computed over all rows."

  /// Makes a column; numbers stand right, words left.
  package init(_ name: String, _ kind: Kind, unit: String = "", _ documentation: String) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.documentation = documentation
    alignment = kind == .number || kind == .integer ? .right : .left
  }
}

/// Columns and rows of one file or one table of a page.
package struct Table: Sendable, Hashable {
  package let columns: [Column]
  package let rows: [[Cell]]

  /// Makes a table; a row of another width, or a cell of another kind than its column's, is a mistake of
  /// ours.
  package init(columns: [Column], rows: [[Cell]]) {
    for row in rows {
      precondition(row.count == columns.count, "table: \(row.count) cells in \(columns.count) columns")
      for (cell, column) in zip(row, columns) {
        precondition(
          column.accepts(cell), "table: \(cell) in the \(column.kind.rawValue) column '\(column.name)'")
      }
    }
    self.columns = columns
    self.rows = rows
  }
}

extension Column {
  /// Whether a cell may stand here.
  package func accepts(_ cell: Cell) -> Bool {
    switch (kind, cell) {
    case (_, .missing), (.integer, .integer), (.text, .text): true
    case (.number, .number(let value)): value.isFinite
    case (.flag, .text(let word)): word == "true" || word == "false"
    case (.number, _), (.integer, _), (.text, _), (.flag, _): false
    }
  }
}

/// A column together with how a row fills it, so that the two cannot drift apart.
package struct Field<Row>: Sendable {
  package var column: Column
  package var cell: @Sendable (Row) -> Cell

  /// A column of numbers; nil, NaN and infinity are missing.
  package static func number(
    _ name: String, unit: String = "", _ documentation: String, _ value: @escaping @Sendable (Row) -> Double?
  ) -> Field {
    Field(column: Column(name, .number, unit: unit, documentation)) { row in
      // −0 is printed as 0: the sign of nothing is noise.
      value(row).flatMap { $0.isFinite ? Cell.number($0 == 0 ? 0 : $0) : nil } ?? .missing
    }
  }

  /// A column of whole numbers.
  package static func integer(
    _ name: String, unit: String = "", _ documentation: String, _ value: @escaping @Sendable (Row) -> Int?
  ) -> Field {
    Field(column: Column(name, .integer, unit: unit, documentation)) { row in
      value(row).map(Cell.integer) ?? .missing
    }
  }

  /// A column of words; the empty word is missing.
  package static func text(
    _ name: String, _ documentation: String, _ value: @escaping @Sendable (Row) -> String?
  ) -> Field {
    Field(column: Column(name, .text, documentation)) { row in
      value(row).flatMap { $0.isEmpty ? nil : Cell.text($0) } ?? .missing
    }
  }

  /// A column of truth values.
  package static func flag(
    _ name: String, _ documentation: String, _ value: @escaping @Sendable (Row) -> Bool?
  ) -> Field {
    Field(column: Column(name, .flag, documentation)) { row in
      value(row).map { .text($0 ? "true" : "false") } ?? .missing
    }
  }
}

extension Table {
  /// Fills a table from one value for each row.
  package init<Row>(_ rows: [Row], _ fields: [Field<Row>]) {
    self.init(columns: fields.map(\.column), rows: rows.map { row in fields.map { $0.cell(row) } })
  }
}
