import Basics
import Reporting
import Statistics
import Testing

/// Laws of the writers, over all tables and over awkward texts.
@Suite struct FormatTests {
  static let awkward = [
    "plain", "", "a,b", "a\"b", "\"", "a\nb", "a\r\nb", "\r", " edge ", "=1+1", "+1", "-1", "@x", "\tx",
    "'=1", "''-1",
    "'quoted'", "'", "fpb|fomc", "a\\|b", "*bold*", "_x_", "snake_case", "<b>&amp;", "`code`", "~~gone~~",
    "Größe ± 1 %",
    "🍸", "e\u{301}", "a\u{2028}b",
  ]

  /// RFC 4180 by its grammar, one character after the other; independent of the writer.
  static func parse(_ text: String) -> [[String]] {
    var records: [[String]] = []
    var record: [String] = []
    var field = ""
    var quoted = false
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      if quoted, scalar == "\"", index + 1 < scalars.count, scalars[index + 1] == "\"" {
        field += "\""
        index += 1
      } else if scalar == "\"" {
        quoted.toggle()
      } else if !quoted, scalar == "," || scalar == "\n" {
        record.append(field)
        field = ""
        if scalar == "\n" {
          records.append(record)
          record = []
        }
      } else {
        field.unicodeScalars.append(scalar)
      }
      index += 1
    }
    #expect(!quoted && field.isEmpty && record.isEmpty, "the text ends in the middle of a record")
    return records
  }

  /// What a reader does who wants the text as it was.
  static func unguarded(_ text: String) -> String {
    let rest = text.unicodeScalars.drop { $0 == "'" }
    guard text.hasPrefix("'"), let first = rest.first, "=+-@\t\r".unicodeScalars.contains(first) else {
      return text
    }
    return String(String.UnicodeScalarView(text.unicodeScalars.dropFirst()))
  }

  @Test(arguments: ReportTables.all.entries.map(\.name))
  func `every table reads back from its file to the last bit`(name: String) throws {
    let table = try ReportTables.all.entry(named: name).table(Evidence(Sample.results))
    let records = Self.parse(CSVFormat.text(of: table))
    #expect(records.first == table.columns.map(\.name))
    #expect(records.count == table.rows.count + 1)
    for (record, row) in zip(records.dropFirst(), table.rows) {
      for ((text, cell), column) in zip(zip(record, row), table.columns) {
        let read: Cell? =
          switch column.kind {
          case _ where text.isEmpty: .missing
          case .number: Double(text).map { .number($0) }
          case .integer: Int(text).map { .integer($0) }
          case .text, .flag: .text(Self.unguarded(text))
          }
        #expect(read == cell, "\(column.name): \(text)")
      }
    }
  }

  @Test(arguments: ReportTables.all.entries.map(\.name))
  func `every table has rows, and columns that are documented and named once`(name: String) throws {
    let table = try ReportTables.all.entry(named: name).table(Sample.judged())
    // The sample tries nothing; see TuningTests.
    #expect(!table.rows.isEmpty || ["tuning", "expected_best"].contains(name))
    #expect(Set(table.columns.map(\.name)).count == table.columns.count)
    for column in table.columns {
      #expect(column.documentation.hasSuffix("."), "\(column.name)")
      let isSnakeCase = column.name.unicodeScalars.allSatisfy {
        "abcdefghijklmnopqrstuvwxyz0123456789_".unicodeScalars.contains($0)
      }
      #expect(isSnakeCase, "\(column.name)")
    }
  }

  @Test func `text of any kind reads back from CSV, and none of it begins a formula`() {
    let columns = [Column("first", .text, "First."), Column("second", .text, "Second.")]
    let rows = Self.awkward.flatMap { left in Self.awkward.map { [Cell.text(left), .text($0)] } }
    let records = Self.parse(CSVFormat.text(of: Table(columns: columns, rows: rows)))
    #expect(records.count == rows.count + 1)
    for (record, row) in zip(records.dropFirst(), rows) {
      #expect(record.map { Cell.text(Self.unguarded($0)) } == row)
      for field in record {
        #expect(
          field.unicodeScalars.first.map { !"=+-@\t\r".unicodeScalars.contains($0) } ?? true, "\(field)")
      }
    }
  }

  @Test func `numbers are written short and read back to the same bits`() {
    var random = RandomStream(seed: 3, "numbers")
    let values =
      [0, -0.5, 0.1, 1e-7, 1e22, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1.0 / 3]
      + (0..<500).map { _ in random.normal() }
    for value in values {
      let text = CSVFormat.text(of: .number(value))
      #expect(Double(text)?.bitPattern == value.bitPattern, "\(text)")
    }
    #expect(CSVFormat.text(of: .number(0.1)) == "0.1")
    #expect(CSVFormat.text(of: .missing) == "")
  }

  @Test func `values that are no finite number are missing`() {
    let field = Field<Double>.number("x", "X.") { $0 }
    #expect([Double.nan, .infinity, -.infinity].map(field.cell) == [.missing, .missing, .missing])
    #expect(CSVFormat.text(of: field.cell(-0.0)) == "0.0")
  }

  /// Undoes Markdown's escapes as a renderer does: the pipes of a table first, then the rest.
  static func rendered(_ text: String) -> String {
    let piped = text.replacing("\\|", with: "|")
    var result = ""
    var escaped = false
    for scalar in piped.unicodeScalars {
      if !escaped, scalar == "\\" {
        escaped = true
      } else {
        result.unicodeScalars.append(scalar)
        escaped = false
      }
    }
    return result.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
  }

  @Test func `a Markdown cell stays one cell on one line`() {
    let table = Table(
      columns: [Column("a|b", .text, "Text."), Column("n", .number, "Number.")],
      rows: Self.awkward.map { [.text($0), .number(1)] })
    let lines = MarkdownFormat.text(of: table).split(separator: "\n")
    #expect(lines.count == Self.awkward.count + 2)
    #expect(lines[1] == "| --- | ---: |")
    for line in lines {
      let bars = line.unicodeScalars.indices.filter { index in
        let before = index > line.unicodeScalars.startIndex ? line.unicodeScalars.index(before: index) : nil
        return line.unicodeScalars[index] == "|" && before.map { line.unicodeScalars[$0] != "\\" } ?? true
      }
      #expect(bars.count == 3, "\(line)")
      #expect(!line.unicodeScalars.contains("\r") && !line.unicodeScalars.contains("<"), "\(line)")
    }
  }

  @Test func `escaped Markdown shows the text as it was, line breaks as spaces`() {
    for text in Self.awkward {
      let expected = String(
        String.UnicodeScalarView(
          text.replacing("\r\n", with: " ").unicodeScalars.map {
            "\n\r\u{2028}".unicodeScalars.contains($0) ? " " : $0
          }))
      #expect(Self.rendered(MarkdownFormat.escaped(text)) == expected, "\(text)")
    }
    #expect(MarkdownFormat.escaped("macro_f1 _x_ a|b *") == "macro_f1 \\_x\\_ a\\|b \\*")
  }

  @Test(arguments: [
    (0.8125, "0.813"), (-0.0004, "0.000"), (-0.0006, "-0.001"), (12, "12.000"), (0.05, "0.050"),
    (1e20, "1e+20"),
    (.nan, "n/a"),
  ])
  func `people read three digits after the point`(value: Double, text: String) {
    #expect(NumberText.fixed(value) == text)
  }

  @Test func `signs and counts are written as people write them`() {
    #expect(NumberText.signed(0.0131) == "+0.013")
    #expect(NumberText.signed(0.0001) == "0.000")
    #expect(NumberText.signed(-0.2) == "-0.200")
    #expect(NumberText.fixed(99.96, digits: 1) == "100.0")
    #expect(NumberText.fixed(2.5, digits: 0) == "3")
    #expect(NumberText.count(1, "seed") == "1 seed")
    #expect(NumberText.count(0, "seed") == "0 seeds")
  }
}
