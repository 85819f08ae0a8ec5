internal import Adapters
internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// Representation Surgery: a merge, and for every task a small correction of its pooled vectors; the task must be known.
  ///
  /// `over` merges the models at its own defaults; then ẑ = z − U·ReLU(D·z) for every task, D (k, C) as PyTorch draws a
  /// linear layer, U zero at the start, trained so that Σ |ẑ − z*| over training texts, without their labels, is small,
  /// z* the vectors of the task's own expert: Adam at 1e-3, 500 steps. Source: Yang et al. 2024, arXiv:2402.02705,
  /// section 4, which trains on unlabelled test texts; here test texts are never seen. Tagging, which reads every token
  /// and no pooled vector, is not corrected; nor is a task without an expert.
  /// Space: an adapter and 2·k·C numbers a task. Cost of an evaluation: one adapter's, and 4·k·C FLOPs a text.
  static let surgery = MergeMethod(
    name: "surgery",
    summary: "a merge, and for every task a correction of its pooled vectors (the task is known)",
    paper: "2402.02705",
    notes: MergeNotes(
      formula: """
        z − U·ReLU(D·z) for task t, U and D the least Σ |ẑ − z*| to the pooled vectors of its expert
        """,
      cost: """
        a merge, 2·k·C numbers a task and 4·k·C FLOPs a text
        """,
      differences: """
        the paper trains on unlabelled test texts; here on training texts
        """),
    parameters: [
      ParameterSpec(
        "over", .choice(MergeMethods.ruleNames), default: .text("task_arithmetic"),
        "the merge method that is corrected, at its defaults"),
      ParameterSpec(
        "surgery_rank", .integer(1...4096), default: .number(16), "width k of the correction"),
      .textRows(256),
      ParameterSpec(
        "iterations", .integer(1...100_000), default: .number(500), "steps of the correction's training"),
    ],
    requirements: { parameters, weights throws(Diagnostic) in
      try checkDefaults(of: parameters.text("over"), weights)
    },
    form: .routed {
      Surgery(
        over: $0.text("over"), rank: $0.integer("surgery_rank"), rows: $0.integer("rows"),
        iterations: $0.integer("iterations"))
    })
}

private struct Surgery: Routing {
  let over: String
  let rank: Int
  let rows: Int
  let iterations: Int
  let serving = ServedBy.task
  private static let rate = 1e-3

  var texts: RoutingTexts? { RoutingTexts(rows: rows, readsUnified: true, wantsExperts: true) }

  func model(of experts: [RoutedExpert], seed: Int) throws -> Routed {
    let method = try MergeMethods.all.entry(named: over)
    let merged = try AdapterMerger.merge(
      experts.map(\.adapter), weights: experts.map(\.weight), method: method,
      parameters: method.defaults, seed: seed)
    return Routed(
      RoutedModel(
        method: "surgery", unified: merged.adapter,
        parts: experts.map { .init(name: $0.name, tasks: $0.tasks) }, gate: .task),
      retained: Dictionary(uniqueKeysWithValues: merged.sites.map { ($0.site, $0.retainedEnergy) }))
  }

  func fit(_ model: inout RoutedModel, to texts: [ExpertTexts], random: RandomStream) throws {
    var parts: [RoutedModel.Part] = []
    for task in Set(texts.map(\.task)).sorted() {
      let own = texts.filter { $0.task == task }
      let single = own.first { model.parts[$0.expert].tasks == [task] } ?? own[0]
      guard single.isPooled, let wanted = single.ofExpert else { continue }
      let channels = single.embeddings.columns
      let start = SurgeryFit.Parameters(
        down: Self.drawn(rows: rank, columns: channels, random.stream(task)),
        up: DoubleMatrix(rows: channels, columns: rank))
      let found = SurgeryFit.fit(
        from: start, DoubleMatrix(single.embeddings), DoubleMatrix(wanted), iterations: iterations,
        rate: Self.rate)
      parts.append(
        .init(
          name: task, tasks: [task], correction: .init(down: found.down.matrix, up: found.up.matrix)))
    }
    model.parts = parts
  }

  /// Uniform in ±1/√C: Kaiming with a = √5.
  private static func drawn(rows: Int, columns: Int, _ stream: RandomStream) -> DoubleMatrix {
    var stream = stream
    let bound = 1 / Double(columns).squareRoot()
    return DoubleMatrix(
      rows: rows, columns: columns,
      values: (0..<rows * columns).map { _ in (2 * stream.uniform() - 1) * bound })
  }
}
