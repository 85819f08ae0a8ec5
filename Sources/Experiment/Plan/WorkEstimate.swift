internal import Basics
internal import Outlines
internal import Specs

/// How much text a split holds.
struct SplitSize: Sendable {
  /// Rows before limits.
  var rows: Int
  /// Tokens of its rows.
  var lengths: TextLengths
}

/// The arithmetic of jobs, counted from the outline of the model and the lengths of the texts.
struct WorkEstimate {
  let outline: ModelOutline
  let vocabulary: Vocabulary
  /// What products read over all jobs of the plan.
  let held: Set<Precision>
  private let chosen = Memo<LayerTargets, [LinearLayer]>()

  init(outline: ModelOutline, vocabulary: Vocabulary, held: Set<Precision>) {
    self.outline = outline
    self.vocabulary = vocabulary
    self.held = held
  }

  private static let bytesPerToken = 4.5
  /// Tokens of a generated row, where nobody counted.
  static let generatedTokens = 20.0
  /// Tokens of a row of the generated corpus, over the sentences of the quickstart's pretraining.
  private static let corpusTokens = 35.0

  /// Tokens of a row of a file, from its bytes; where no tokeniser could read it.
  static func tokensPerRow(_ facts: FileFacts) -> Double {
    max(4, Double(facts.bytes) / Double(max(1, facts.rows)) / bytesPerToken)
  }

  // MARK: Through the model

  /// Rows forward through some blocks, all where not said.
  func forward(_ texts: Texts, blocks: Int? = nil) -> JobWork {
    JobWork(
      flops: outline.forwardFLOPs(texts.sums, blocks: blocks),
      elements: outline.elements(texts.sums, blocks: blocks), rows: texts.rows)
  }

  /// Bytes of the states that are kept of some texts; 0 where nothing lies below the lowest adapter or they do not fit.
  private func keptBytes(_ sets: [Texts], lowest: Int) -> Double {
    let bytes = sets.reduce(0) { $0 + $1.rows * $1.mean } * Double(4 * outline.width)
    return lowest > 0 && bytes <= Double(WorkLimits.keptStateBytes) ? bytes : 0
  }

  /// Rows backward through frozen weights down to a block.
  func backward(_ texts: Texts, lowest: Int) -> JobWork {
    JobWork(
      flops: outline.backwardFLOPs(texts.sums, lowest: lowest),
      elements: outline.elements(texts.sums, blocks: outline.blocks - lowest))
  }

  /// W + s·B·A for every adapted layer: 2·r·out·in, and two passes over the weights.
  func folding(_ layers: [LinearLayer], rank: Int) -> JobWork {
    let weights = Double(layers.weights)
    return JobWork(flops: 2 * Double(rank) * weights, elements: 2 * weights)
  }

  /// An adapter whose numbers stay: folded into weights of its own once, or beside the weights for every token.
  ///
  /// In bf16 wide ones alone are folded; products with what then lies in floats do not read bf16, which `exact` counts.
  private func placed(
    _ layers: [LinearLayer], rank: Int, _ precision: Precision, _ passes: [(ModelOutline.FactorUse, Double)]
  ) -> (work: JobWork, exact: Double) {
    if precision == .float32 { return (folding(layers, rank: rank), 0) }
    let wide = layers.filter { $0.isWide(rank: rank) }
    let beside = layers.filter { !$0.isWide(rank: rank) }
    var work = folding(wide, rank: rank)
    var exact = 0.0
    let inputs = Set(wide.map(\.input))
    let lowest = layers.lowestBlock
    for (use, tokens) in passes {
      work.flops += outline.factorFLOPs(use, tokens: tokens, beside, rank: rank)
      for layer in outline.layers where inputs.contains(layer.input) {
        let directions: Double = use != .read && outline.passesGradient(layer, lowest: lowest) ? 2 : 1
        exact += 2 * directions * tokens * Double(layer.weights)
      }
    }
    return (work, exact)
  }

  /// The layers that an adapter sits on.
  func layers(_ adapter: AdapterSpec) -> [LinearLayer] {
    let targets = adapter.layerTargets
    return chosen.value(targets) { outline.layers.filter { targets.choose($0.path) } }
  }

  /// Rows of some lengths.
  struct Texts {
    var rows: Double
    var mean: Double
    var meanSquare: Double

    var sums: ModelOutline.Texts { .init(tokens: rows * mean, pairs: rows * meanSquare) }
  }

  func texts(_ task: TaskData, _ split: Split, maxTokens: Int) -> Texts {
    let lengths = task.lengths(split)
    return Texts(
      rows: Double(task.rows(split)), mean: lengths.mean(cutTo: maxTokens),
      meanSquare: lengths.meanSquare(cutTo: maxTokens))
  }

  // MARK: Jobs

  /// Forward, and backward with gradients of all weights: as much again as the gradients of the inputs.
  func pretraining(_ spec: PretrainSpec) -> JobWork {
    let tokens = Self.corpusTokens
    let texts = Texts(rows: Double(spec.steps * spec.batchRows), mean: tokens, meanSquare: tokens * tokens)
    var work = forward(texts)
    let back = backward(texts, lowest: 0)
    let weights = outline.weightBytes / 4
    work.flops += 2 * back.flops
    // AdamW reads and writes four numbers a weight at every step.
    work.elements += 2 * back.elements + 8 * Double(spec.steps) * weights
    work.tokens = texts.sums.tokens
    work.memory =
      MemoryEstimate.base(outline, held) + 16 * weights
      + MemoryEstimate.tape(
        outline, tokens: Double(spec.batchRows) * tokens, row: tokens, lowest: 0, .float32)
    work.disk = 4 * weights + 60 * Double(spec.steps) + Self.blocks(files: 6)
    return work
  }

  /// One training: forward, backward, the factors with every token, folding at every step in floats, validations.
  ///
  /// - Parameters:
  ///   - rates: The share of draws of each task.
  ///   - frozenRank: The rank of the merge below the factors; 0 where there is none.
  func training(
    _ tasks: [TaskData], rates: [Double], budget: BudgetSpec, _ adapter: AdapterSpec,
    _ training: TrainingSpec,
    frozenRank: Int = 0
  ) -> JobWork {
    let layers = self.layers(adapter)
    let lowest = layers.lowestBlock
    let texts = drawn(tasks, rates, budget, training)
    let batch =
      training.batchTokens > 0 ? Double(training.batchTokens) / texts.mean : Double(training.batchRows)
    let steps = max(1, texts.rows / batch / Double(training.accumulation))
    let trained = Double(layers.factors(rank: adapter.rank))
    let folding = folding(layers, rank: adapter.rank)
    let sets = tasks.map { self.texts($0, .train, maxTokens: training.maxTokens) }
    let isWhole = budget.drawsWholeSets(
      rows: Int(sets.reduce(0) { $0 + $1.rows }), tokens: Int(sets.reduce(0) { $0 + $1.rows * $1.mean }),
      training)
    let kept = isWhole ? keptBytes(sets, lowest: lowest) : 0
    var there = forward(texts, blocks: kept > 0 ? outline.blocks - lowest : nil)
    if kept > 0 {
      // Once for a set; another training of the same worker finds them there.
      for set in sets {
        let once = forward(set, blocks: lowest)
        there.flops += once.flops
        there.elements += once.elements
      }
    }
    let back = backward(texts, lowest: lowest)
    let precision = training.productPrecision
    // Neither in bf16 nor with dropout are factors folded that a step changes.
    let isFolded = precision == .float32 && adapter.dropout == 0
    let use: ModelOutline.FactorUse =
      adapter.dropout > 0 ? .trainedWithDropout : isFolded ? .trainedFolded : .trainedBeside
    var factors = outline.factorFLOPs(use, tokens: texts.sums.tokens, layers, rank: adapter.rank)
    if isFolded { factors += steps * folding.flops }
    var work = JobWork(
      flops: there.flops + back.flops,
      elements: there.elements + back.elements + steps * ((isFolded ? folding.elements : 0) + 10 * trained),
      rows: texts.rows, tokens: texts.sums.tokens)
    var validated = 0.0
    if training.validateEvery > 0 {
      let times = (steps / Double(training.validateEvery)).rounded(.up)
      for task in tasks {
        let set = self.texts(task, .validation, maxTokens: training.maxTokens)
        let once = forward(set)
        let share = training.validateRows.map { min(1, Double($0) / max(1, set.rows)) } ?? 1
        work.flops += share * times * once.flops
        work.elements += share * times * once.elements
        validated += share * times * set.sums.tokens
      }
    }
    if precision == .bfloat16 {
      factors += outline.factorFLOPs(.read, tokens: validated, layers, rank: adapter.rank)
    }
    // The fullest of the batches: so many rows of mean length, and three standard deviations more.
    let spread = max(0, texts.meanSquare - texts.mean * texts.mean).squareRoot()
    let fullest = min(
      batch * Double(training.maxTokens), batch * texts.mean + 3 * spread * batch.squareRoot())
    work.roundedFLOPs = rounded(work.flops, precision)
    work.flops += factors
    work.memory =
      MemoryEstimate.base(outline, held) + (precision == .float32 ? outline.foldedBytes(layers) : 0)
      + MemoryEstimate.tape(
        outline, tokens: fullest, row: texts.meanSquare / texts.mean, lowest: lowest, precision)
      + 16 * trained + kept
    work.disk = 4 * trained + 75 * steps + Self.blocks(files: 7)
    if frozenRank > 0 {
      // Its factors are written beside what was trained.
      let below = Double(layers.factors(rank: frozenRank))
      let (frozen, exact) = placed(
        layers, rank: frozenRank, precision, [(.passed, texts.sums.tokens), (.read, validated)])
      work.flops += frozen.flops
      work.elements += frozen.elements
      work.roundedFLOPs -= exact
      work.memory += outline.foldedBytes(layers, rank: frozenRank, precision) + 4 * below
      work.disk += 4 * below
    }
    return work
  }

  /// Of the arithmetic of passes what products with frozen weights do in bf16; attention, a fiftieth to a tenth of it, stays
  /// in floats and counts with them.
  private func rounded(_ flops: Double, _ precision: Precision) -> Double {
    precision == .bfloat16 ? flops : 0
  }

  /// The rows that a budget draws, with the lengths of the mixture.
  private func drawn(
    _ tasks: [TaskData], _ rates: [Double], _ budget: BudgetSpec, _ training: TrainingSpec
  ) -> Texts {
    let parts = zip(tasks, rates).map { task, rate in
      (texts(task, .train, maxTokens: training.maxTokens), rate)
    }
    let mean = parts.reduce(0) { $0 + $1.1 * $1.0.mean }
    let batch = training.batchTokens > 0 ? Double(training.batchTokens) / mean : Double(training.batchRows)
    let rows: Double =
      switch budget {
      case .steps(let steps): Double(steps * training.accumulation) * batch
      // The step that reaches the number is the last.
      case .tokens(let tokens): Double(tokens) / mean + batch / 2
      case .passes(let passes): parts.map { $1 > 0 ? passes * max(1, $0.rows) / $1 : 0 }.max() ?? 0
      }
    return Texts(rows: rows, mean: mean, meanSquare: parts.reduce(0) { $0 + $1.1 * $1.0.meanSquare })
  }

  /// One split forward, with the adapter folded in before; of models that route, again for a gate that reads the text, and
  /// 2·Σ (r·(in + out) + in) a token for each expert among which tokens choose.
  ///
  /// - Parameters:
  ///   - rank: That of the adapter, which for a merge is not the one that is trained.
  ///   - served: Who decides among the parts of a model that routes, a word of `Serving`.
  ///   - experts: How many it has.
  func evaluation(
    _ task: TaskData, _ split: Split, maxTokens: Int, adapter: AdapterSpec?,
    rank: Int, _ precision: Precision, served: String? = nil, experts: Int = 0
  ) -> JobWork {
    let texts = texts(task, split, maxTokens: maxTokens)
    let layers = adapter.map { self.layers($0) } ?? []
    let lowest = layers.lowestBlock
    // Where states are kept, the first model computes them for all that follow.
    let kept = keptBytes([texts], lowest: lowest)
    var work = forward(texts, blocks: kept > 0 ? outline.blocks - lowest : nil)
    if served == Serving.routedByText {
      work.flops *= 2
      work.elements *= 2
    }
    work.roundedFLOPs = rounded(work.flops, precision)
    if served == Serving.routedByToken {
      let own = Double(layers.factors(rank: adapter?.rank ?? 0) + layers.reduce(0) { $0 + $1.in })
      work.flops += texts.rows * texts.mean * 2 * Double(experts) * own
    }
    let (adapted, exact) = placed(layers, rank: rank, precision, [(.read, texts.sums.tokens)])
    work.flops += adapted.flops
    work.elements += adapted.elements
    work.roundedFLOPs -= exact
    let tokens = min(texts.rows * texts.mean, Double(WorkLimits.evaluationTokens))
    work.memory =
      MemoryEstimate.base(outline, held) + outline.foldedBytes(layers, rank: rank, precision)
      + 4 * Double(layers.factors(rank: rank))
      + MemoryEstimate.block(outline, tokens: tokens, row: texts.meanSquare / max(1, texts.mean), precision)
      + kept
    work.disk = texts.rows * bytesPerPrediction(task, texts.mean) + Self.blocks(files: 7)
    return work
  }

  /// The base over the training data, and a probe for each part and penalty of its cross-validation, of some 40 steps each.
  func probe(_ task: TaskData, maxTokens: Int, _ precision: Precision) -> JobWork {
    let texts = texts(task, .train, maxTokens: maxTokens)
    var work = forward(texts)
    work.roundedFLOPs = rounded(work.flops, precision)
    let words = vocabulary.kind(task.spec.kind).outline.answersWords ? texts.mean / 1.5 : 1
    let vectors = min(texts.rows * words, Double(WorkLimits.probedVectors))
    let width = Double(outline.width)
    // In doubles, at half the speed.
    work.flops += 2 * 4 * 40 * 6 * 13 * vectors * width * Double(max(1, task.spec.labels.count))
    let tokens = min(texts.rows * texts.mean, Double(WorkLimits.evaluationTokens))
    work.memory =
      MemoryEstimate.base(outline, held)
      + MemoryEstimate.block(outline, tokens: tokens, row: texts.meanSquare / max(1, texts.mean), precision)
      + 4 * 8 * vectors * width
    work.disk = 4 * width * Double(max(1, task.spec.labels.count)) + Self.blocks(files: 6)
    return work
  }

  /// Answers to a split without a model.
  func guess(_ task: TaskData, _ split: Split) -> JobWork {
    let texts = texts(task, split, maxTokens: .max)
    return JobWork(
      rows: texts.rows, memory: MemoryEstimate.base(outline, held),
      disk: texts.rows * bytesPerPrediction(task, texts.mean) + Self.blocks(files: 7))
  }

  /// A row of predictions in columns, and a line of them with its names and the words around them.
  private func bytesPerPrediction(_ task: TaskData, _ tokens: Double) -> Double {
    let labels = task.spec.labels.map { Double($0.name.utf8.count) }
    let label = labels.isEmpty ? 10 : labels.reduce(0, +) / Double(labels.count)
    // What a model says, with half a number for each label: of a row, or of the words of one.
    let said = 1 + 2 * Double(task.spec.labels.count)
    let words = vocabulary.kind(task.spec.kind).outline.answersWords ? tokens / 1.5 : 1
    let line = 120 + Double(task.spec.name.utf8.count) + words * (2 * label + 9)
    return 8 + words * said + line
  }

  /// What files and folders take beyond their bytes: half a block each, and small ones a whole one.
  static func blocks(files: Int) -> Double { 4096 * Double(files) }
}
