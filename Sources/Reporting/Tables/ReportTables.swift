package import Basics

/// The table of tables: what a new one adds here is its only line outside its own file.
package enum ReportTables {
  /// In the order of the documentation.
  package static let all = Catalog(
    "report table",
    [
      ReportTable.runs, .costs, .contrasts, .comparison, .models, .recovered, .ingredients, .cocktails,
      .merges, .methods, .pareto, .transfer, .classes, .confusion, .choices, .tuning, .expectedBest,
      .mixtures,
      .curves, .data, .wideRecovered,
    ])
}
