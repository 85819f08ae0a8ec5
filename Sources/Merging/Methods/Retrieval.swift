internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Retrieval of experts: every text goes to the expert whose training texts lie nearest to it.
  ///
  /// An index of embeddings, by the base, of `rows` training texts of each task; the `neighbours` nearest by cosine vote,
  /// of equal numbers the larger sum of cosines wins, and the answer is W₀ + w_t·ΔW_t of the winner, or with `experts`
  /// above 1 the mean of so many. Source: Jang et al. 2023, arXiv:2302.03202, section 3, where a batch of texts of an
  /// unseen task votes once for all of them: `vote: set`, which needs all texts of a set at once. Test texts are read by
  /// the gate, their labels never. `index: centroids` keeps only the mean of each task.
  /// Space: all adapters and the index. Cost: one more pass of the base for every text.
  static let retrieval = MergeMethod(
    name: "retrieval", summary: "every text goes to the expert whose training texts lie nearest to it",
    paper: "2302.03202",
    notes: MergeNotes(
      formula: """
        W₀ + w_t·ΔW_t of the expert that most of the nearest training texts belong to
        """,
      cost: """
        one more pass of the base for every text, and the index
        """,
      differences: """
        the paper lets a batch of texts vote once (vote: set); here every text chooses for itself unless told otherwise
        """),
    parameters: [
      .textRows(100),
      .choice(
        "index", default: Index.texts,
        "whether the index holds the embedding of every text or the mean of each task"),
      ParameterSpec(
        "neighbours", .integer(1...10_000), default: .number(10), "how many of the nearest vote"),
      ParameterSpec(
        "experts", .integer(1...1024), default: .number(1),
        "how many of the experts with the most votes are averaged"),
      .choice(
        "vote", default: Voter.text,
        "whether every text chooses for itself or all texts of a set together"),
    ],
    form: .routed {
      Retrieval(
        rows: $0.integer("rows"), keepsTexts: $0.choice(Index.self, "index") == .texts,
        neighbours: $0.integer("neighbours"), experts: $0.integer("experts"),
        together: $0.choice(Voter.self, "vote") == .set)
    })
}

extension ParameterSpec {
  /// How many texts a gate sees.
  static func textRows(_ value: Int) -> ParameterSpec {
    ParameterSpec(
      "rows", .integer(1...1_000_000), default: .number(Double(value)),
      "training texts of each of a model's tasks that are looked at")
  }
}

/// What is kept of the training texts.
private enum Index: String, CaseIterable { case texts, centroids }

/// Who chooses an expert.
private enum Voter: String, CaseIterable { case text, set }

private struct Retrieval: Routing {
  let rows: Int
  let keepsTexts: Bool
  let neighbours: Int
  let experts: Int
  let together: Bool
  let serving = ServedBy.text

  var texts: RoutingTexts? { RoutingTexts(rows: rows, readsUnified: false, wantsExperts: false) }

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    Routed(
      RoutedModel(
        method: "retrieval",
        parts: experts.map { .init(name: $0.name, tasks: $0.tasks, change: $0.change) },
        gate: gate(index: Matrix(rows: 0, columns: 0), owners: [])))
  }

  func fit(_ model: inout RoutedModel, to texts: [ExpertTexts], random: RandomStream) throws {
    var index: [DoubleMatrix] = []
    var owners: [Int] = []
    for entry in texts {
      let units = DoubleMatrix(entry.embeddings).unitRows
      let kept =
        keepsTexts
        ? units
        : DoubleMatrix.product(
          DoubleMatrix(rows: 1, columns: units.rows, values: Array(repeating: 1, count: units.rows)), units
        ).unitRows
      index.append(kept)
      owners += Array(repeating: entry.expert, count: kept.rows)
    }
    guard !owners.isEmpty else { throw Diagnostic("the experts have no training texts to retrieve") }
    model.gate = gate(index: DoubleMatrix.belowEachOther(index).matrix, owners: owners)
  }

  private func gate(index: Matrix, owners: [Int]) -> RoutedModel.Gate {
    .text(
      TextGate(
        readsUnified: false,
        rule: .neighbours(
          index: index, owners: owners, neighbours: neighbours, experts: experts, together: together)))
  }
}

extension DoubleMatrix {
  /// Every row divided by its length; rows of zeros stay.
  var unitRows: DoubleMatrix {
    scalingRows(
      by: (0..<rows).map { row in
        let norm = rows(row..<row + 1).norm
        return norm > 0 ? 1 / norm : 0
      })
  }
}
