internal import Basics
public import Results

/// A file of the report: its name under the experiment's folder, and what is in it.
public struct ReportFile: Sendable, Hashable {
  /// Without a folder.
  public var name: String
  /// UTF-8 without a byte order mark, lines ended by LF.
  public var text: String

  /// Makes a file.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// The report of an experiment.
public enum Report {
  /// All files: a CSV for each table, `report.md` for people and `COLUMNS.md` with what every column means.
  ///
  /// The same results give the same bytes, in whatever order their scores, draws and costs come.
  /// - Parameter items: What the models said, item by item; without it there are no verdicts.
  /// - Throws: a `Diagnostic` where rows contradict each other, or predictions are not what was written.
  public static func files(_ results: ResultSet, items: (any ItemScoreSource)? = nil) throws -> [ReportFile] {
    let evidence = try Evidence.judged(results, items: items)
    let tables = ReportTables.all.entries.map { ($0, $0.build(evidence)) }
    let files = tables.map { ReportFile(name: $0.file, text: CSVFormat.text(of: $1)) }
    return files + [
      ReportFile(name: "report.md", text: Page(evidence).text),
      ReportFile(name: "COLUMNS.md", text: ColumnsPage.text(of: tables)),
    ]
  }
}
