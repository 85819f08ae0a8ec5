internal import Basics
internal import Results

/// One table of the report: a question and how the evidence answers it.
package struct ReportTable: CatalogEntry {
  /// The file's name without its ending; tables with a column a task lie in a folder of their own, `wide/`.
  package let name: String
  /// What a reader wants to know from it.
  package let question: String
  /// Whether it differs between two runs of the same experiment.
  var isOfMachine = false
  /// Answers it.
  package let build: @Sendable (Evidence) -> Table

  /// The question.
  package var summary: String { question }

  /// The name of its file.
  package var file: String { name + ".csv" }

  /// What stands in the file: the answer with the experiment in front, so that tables of several experiments can be put under
  /// each other, and behind `settings` a column for each setting that a grid varies.
  package func table(_ evidence: Evidence) -> Table {
    let table = build(evidence)
    let varied = table.columns.firstIndex { ["settings", "arm"].contains($0.name) }
    let settings = varied.map { index in
      ParameterColumns(
        table.rows.map { row in
          if case .text(let words) = row[index] { ParameterColumns.values(words) } else { [:] }
        }, prefix: "", meaning: "The grid's value of")
    }
    let experiment = Column("experiment", .text, "The experiment's name.")
    let name = evidence.results.experiment.isEmpty ? Cell.missing : .text(evidence.results.experiment)
    let place = varied.map { $0 + 1 } ?? 0
    return Table(
      columns: [experiment] + table.columns[..<place] + (settings?.columns ?? []) + table.columns[place...],
      rows: zip(table.rows, settings?.cells ?? table.rows.map { _ in [] }).map { row, values in
        [name] + row[..<place] + values + row[place...]
      })
  }
}

/// A column for each parameter that one of some rows has: parameters stand in columns and not in names.
struct ParameterColumns {
  let columns: [Column]
  /// By row.
  let cells: [[Cell]]

  /// Columns in the order of the names; of numbers where all values are some.
  init(_ rows: [[String: String]], prefix: String, meaning: String) {
    let names = Set(rows.flatMap(\.keys)).sorted()
    let areNumbers = names.map { name in rows.allSatisfy { $0[name].map { Double($0) != nil } ?? true } }
    columns = zip(names, areNumbers).map { name, isNumber in
      Column(
        prefix + ParameterColumns.snakeCase(name), isNumber ? .number : .text,
        "\(meaning) '\(name)'; empty where it has none. Other experiments have other such columns.")
    }
    cells = rows.map { row in
      zip(names, areNumbers).map { name, isNumber in
        guard let value = row[name], !value.isEmpty else { return .missing }
        return isNumber ? Double(value).map(Cell.number) ?? .missing : .text(value)
      }
    }
  }

  /// `adapter.rank=4,adapter.alpha=8` taken apart; a comma inside a value has no name behind it.
  static func values(_ settings: String) -> [String: String] {
    var values: [String: String] = [:]
    var last: String?
    for part in settings.split(separator: ",", omittingEmptySubsequences: false) {
      if let equals = part.firstIndex(of: "=") {
        let name = String(part[..<equals])
        values[name] = String(part[part.index(after: equals)...])
        last = name
      } else if let last {
        values[last, default: ""] += "," + part
      }
    }
    return values
  }

  private static func snakeCase(_ name: String) -> String {
    String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}

extension Table {
  /// The table with a column for each parameter of its rows at the end.
  init<Row>(_ rows: [Row], _ fields: [Field<Row>], parameters: (Row) -> [String: String]) {
    let extra = ParameterColumns(
      rows.map(parameters), prefix: "parameter_", meaning: "The merge method's parameter")
    self.init(
      columns: fields.map(\.column) + extra.columns,
      rows: zip(rows, extra.cells).map { row, cells in fields.map { $0.cell(row) } + cells })
  }
}
