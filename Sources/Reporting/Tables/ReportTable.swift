internal import Basics
internal import Results

/// One table of the report: a question and how the evidence answers it.
package struct ReportTable: CatalogEntry {
  /// The file's name without its ending.
  package let name: String
  /// What a reader wants to know from it.
  package let question: String
  /// Answers it.
  package let build: @Sendable (Evidence) -> Table

  /// The question.
  package var summary: String { question }

  /// The name of its file.
  package var file: String { name + ".csv" }
}
