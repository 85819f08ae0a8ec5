internal import Basics
public import Results

/// A file of the report: its name under the experiment's folder, and what is in it.
public struct ReportFile: Sendable, Hashable {
  /// Below the experiment's folder: `wide/recovered.csv`.
  public var name: String
  /// UTF-8 without a byte order mark, lines ended by LF.
  public var text: String

  /// Makes a file.
  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// Beside a table that is too large for version control the same as gzip writes it, to be kept in its place: of `runs.csv`
  /// above a megabyte; nil of others.
  package var compressed: [UInt8]? {
    name == "runs.csv" && text.utf8.count > 1 << 20 ? Gzip.compressed(Array(text.utf8)) : nil
  }
}

/// The report of an experiment: its comparisons are made once, its files and the terminal's table read them.
public struct Report: Sendable {
  let evidence: Evidence

  /// Compares all that there is.
  /// - Parameter items: What the models said, item by item; without it there are no verdicts.
  /// - Throws: a `Diagnostic` where rows contradict each other, or predictions are not what was written.
  public init(_ results: ResultSet, items: (any ItemScoreSource)? = nil) throws {
    evidence = try Evidence.judged(results, items: items)
  }

  /// Names of the models that a comparison names, or whose answers the tables take apart by label.
  public var comparedModels: Set<String> {
    Set(
      evidence.register.contrasts.flatMap { [$0.first.model, $0.second.model] }
        + evidence.register.labels.map(\.model.model))
  }

  /// All files: a CSV for each table, `report.md` for people and `COLUMNS.md` with what every column means.
  ///
  /// The same results give the same bytes, in whatever order their scores, draws and costs come.
  public var files: [ReportFile] {
    let tables = ReportTables.all.entries.map { ($0, $0.table(evidence)) }
    let files = tables.map { ReportFile(name: $0.file, text: CSVFormat.text(of: $1)) }
    return files + [
      ReportFile(name: "report.md", text: Page(evidence).text),
      ReportFile(name: "COLUMNS.md", text: ColumnsPage.text(of: tables)),
    ]
  }

  /// The short table that a run ends with; see `Summary`.
  public func terminal(width: Int) -> String { Summary.text(of: Page(evidence), width: width) }
}
