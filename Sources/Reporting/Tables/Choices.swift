internal import Results

extension ReportTable {
  /// How firmly validation chose.
  static let choices = ReportTable(
    name: "choices", question: "Would other seeds and other validation items have chosen the same?"
  ) { evidence in
    Table(
      evidence.register.choices,
      [
        .text("arm", "The budget whose models these are; empty where the manifest has one.") { $0.arm },
        .text("task", "The task; empty for the merge, which is chosen once for all.") { $0.task },
        .text("role", "What is chosen: as in comparison.csv.") { $0.role },
        .text("model", "A candidate.") { $0.model },
        .flag("chosen", "Whether it has the best mean on validation.") { $0.isChosen },
        .number(
          "share",
          "The part of 200 draws of the validation items for each seed left out that chooses it; all candidates' sum to 1."
        ) { $0.share },
        .integer("candidates", "Among how many.") { $0.candidates },
        .integer("seeds", "Seeds of each.") { $0.seeds },
        .integer("n_validation", unit: "examples", "Validation items.") { $0.items },
      ])
  }
}
