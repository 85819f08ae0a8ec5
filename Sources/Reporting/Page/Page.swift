internal import Basics
internal import Results
internal import Specs
internal import Statistics

/// `report.md`: the tables for people, each after a sentence or two that are made from its numbers.
package struct Page {
  package let evidence: Evidence
  package let comparisons: [ComparisonRow]
  package let cocktails: [CocktailRow]
  package let merges: [MergeRow]
  package let transfers: [TransferRow]

  /// Asks the evidence all that the page shows.
  package init(_ evidence: Evidence) {
    self.evidence = evidence
    comparisons = evidence.comparisons
    cocktails = evidence.cocktails
    merges = evidence.merges
    transfers = evidence.transfers
  }

  /// The challengers that have columns: where no cocktail is chosen, that of all tasks stands once.
  var roles: [ComparisonRow.Role] {
    ComparisonRow.Role.allCases.filter {
      $0 != .bestCocktail || evidence.arms.contains(where: \.choosesCocktail)
    }
  }

  /// Those of the short tables: of the first screen and of the terminal.
  var shortRoles: [ComparisonRow.Role] { roles.filter { $0 != .bestUnseen } }

  /// The rows that decide: one for each task, by its first metric.
  package var deciding: [ComparisonRow] { comparisons.filter(\.isPrimary) }

  /// Those of them that answer something: of an arm those with a single.
  var answered: [ComparisonRow] { deciding.filter { $0.arm.isEmpty || $0.single != nil } }

  /// The whole page.
  package var text: String {
    let results = evidence.results
    let heading = "# \(MarkdownFormat.escaped(results.experiment))\n\n"
    let title = results.title.isEmpty ? "" : MarkdownFormat.escaped(results.title) + "\n\n"
    let sections = [
      section("Answers", answerSentences, table: answerTable) + taskAnswers + servingSentences,
      section("What was compared", overview),
      section("The data", dataSentences, table: dataTable) + dataWarnings,
      section("Single, cocktail and merged models", comparisonSentences, table: comparisonTable),
      section("Cocktails", cocktailSentences, table: cocktailTable),
      section("Merge methods", methodSentences, table: methodTable),
      section("Merges", mergeSentences, table: mergeTable),
      section("Transfer", transferSentences, table: transferTable),
      section("Labels", classSentences, table: classTable),
      section("Choices", choiceSentences, table: choiceTable),
      section("Search", tuningSentences, table: tuningTable),
      section("Learning curves", curveSentences, table: curveTable),
      section("Mixtures", mixtureSentences, table: mixtureTable),
      section("What is missing", missingSentences) + failureList,
      section("How to read this", []) + guide + files,
    ]
    return heading + title + sections.joined(separator: "\n")
  }

  private func section(_ title: String, _ sentences: [String], table: Table? = nil) -> String {
    var text = "## \(title)\n\n"
    if !sentences.isEmpty { text += sentences.joined(separator: " ") + "\n" }
    if let table, !table.rows.isEmpty { text += "\n" + MarkdownFormat.text(of: table) }
    return text
  }

  /// Counts, budget and seeds.
  private var overview: [String] {
    let kinds = [
      (evidence.candidates(of: .single).count, "single", "singles"),
      (evidence.candidates(of: .cocktail).count, "cocktail", "cocktails"),
      (evidence.candidates(of: .merge).count, "merge", "merges"),
    ]
    let settings = settings(of: evidence.candidates).map(\.setting).filter { !$0.isEmpty }
    var sentences = [
      NumberText.count(evidence.tasks.count, "task") + ": "
        + kinds.map { NumberText.count($0.0, $0.1, $0.2) }.joined(separator: ", ")
        + ", each with \(NumberText.seeds(seedCounts))."
    ]
    if settings.count > 1 {
      let names = settings.map(MarkdownFormat.escaped).joined(separator: "; ")
      sentences.append("These are spread over \(settings.count) grid points (\(names)).")
    }
    if !evidence.results.budget.isEmpty {
      sentences.append("Budget of every trained model: \(MarkdownFormat.escaped(evidence.results.budget)).")
    }
    if let margin = evidence.results.margin {
      sentences.append(
        "Differences within \(margin) count as equal (statistics.margin; errors have their own scale and no margin)."
      )
    }
    return sentences + [precisionSentence] + [seedSentence] + incompleteSentences
  }

  /// In which precision models were trained and evaluated.
  private var precisionSentence: String {
    func words(_ found: some Sequence<Precision>) -> String {
      let found = Set(found)
      return Precision.allCases.filter(found.contains).map(\.rawValue).joined(separator: " or ")
    }
    // A base that was pretrained here had no frozen weights.
    let trained = words(evidence.results.models.filter { $0.kind != .base }.compactMap(\.precision))
    let floors = Set(evidence.candidates(of: .floor).map(\.model))
    let evaluated = words(evidence.results.scores.filter { !floors.contains($0.model) }.map(\.precision))
    if trained == evaluated || trained.isEmpty { return "Products with frozen weights in \(evaluated)." }
    return "Products with frozen weights in \(trained) while training and in \(evaluated) while evaluating."
  }

  /// The fewest and the most seeds behind a test score of a model.
  package var seedCounts: ClosedRange<Int> {
    let trained = evidence.candidates.filter(\.isTrained)
    let counts = trained.flatMap { model in
      evidence.tasks.compactMap { task in
        task.decidingMetric.flatMap { evidence.estimate(model, task.name, .test, $0.name)?.count }
      }
    }
    guard let fewest = counts.min(), let most = counts.max() else { return seedCount...seedCount }
    return fewest...most
  }

  /// The grid points of some models, each once, with ` at adapter.rank=4` for the end of a sentence.
  func settings(of candidates: [Candidate]) -> [(setting: String, place: String)] {
    candidates.map(\.settings).reduce(into: []) { list, setting in
      if list.contains(where: { $0.setting == setting }) { return }
      list.append((setting, setting.isEmpty ? "" : " at \(MarkdownFormat.escaped(setting))"))
    }
  }

  /// `fpb`, `fpb, budget.steps=800` where there are several budgets.
  static func name(_ task: String, in arm: String) -> String { arm.isEmpty ? task : "\(task), \(arm)" }

  /// `fpb (n = 970)`: a task's column with the items of its test split.
  func heading(_ task: TaskColumn) -> String {
    task.decidingMetric.flatMap { evidence.items(task, $0) }.map { "\(task.name) (n = \($0))" } ?? task.name
  }

  /// The largest number of seeds that a model has.
  package var seedCount: Int {
    evidence.candidates.map { candidate in candidate.rows.filter { $0.seed != nil }.count }.max() ?? 0
  }

  /// What so many seeds can and cannot show.
  package var seedSentence: String {
    switch seedCount {
    case 0: "Nothing was trained, so there is nothing to test."
    case 1: "With one seed there is no interval and no test: differences below may be chance."
    case 2: "With two seeds there are estimates and no verdicts."
    default:
      "With \(seedCount) seeds intervals are for new seeds and new texts; undecided does not mean equal."
    }
  }
}
