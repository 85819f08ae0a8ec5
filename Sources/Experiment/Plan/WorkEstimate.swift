internal import Specs

/// How much text a split holds.
struct SplitSize: Sendable {
  /// Rows before limits.
  var rows: Int
  /// Rough tokens of a row.
  var tokensPerRow: Double
}

/// Rough arithmetic of jobs in floating-point operations, for the order of work and the time that remains.
///
/// A frozen weight costs two operations a token forward and two more backward (the gradient of its
/// input; its own is not needed), a trained one six in all.
struct WorkEstimate: Sendable {
  /// Weights that a token passes through.
  let parameters: Double

  private static let bytesPerToken = 4.5
  private static let generatedTokens = 20.0

  /// Tokens of a row of a file, from its bytes.
  static func tokensPerRow(_ facts: FileFacts) -> Double {
    max(4, Double(facts.bytes) / Double(max(1, facts.rows)) / bytesPerToken)
  }

  /// Tokens of a generated row.
  static var generatedTokensPerRow: Double { generatedTokens }

  /// Weights of an encoder that is pretrained here, without embeddings.
  static func parameters(_ spec: PretrainSpec) -> Double {
    let attention = 4 * Double(spec.hidden) * Double(spec.hidden)
    return Double(spec.layers) * (attention + 2 * Double(spec.hidden) * Double(spec.intermediate))
  }

  /// 6·P·tokens.
  func pretraining(_ spec: PretrainSpec) -> Double {
    6 * parameters * Double(spec.steps) * Double(spec.batchRows) * Self.generatedTokens
  }

  /// 4·P·tokens.
  func training(_ tasks: [TaskData], budget: BudgetSpec, _ training: TrainingSpec) -> Double {
    let rows = tasks.map { Double(max(1, $0.rows(.train))) }
    let tokens = tasks.map { min($0.tokensPerRow(.train), Double(training.maxTokens)) }
    let mean = zip(rows, tokens).map { $0 * $1 }.reduce(0, +) / max(1, rows.reduce(0, +))
    let total: Double =
      switch budget {
      case .steps(let steps):
        Double(steps * training.accumulation)
          * (training.batchTokens > 0 ? Double(training.batchTokens) : Double(training.batchRows) * mean)
      case .tokens(let tokens): Double(tokens)
      case .passes(let passes): passes * (rows.min() ?? 0) * Double(tasks.count) * mean
      }
    return 4 * parameters * total
  }

  /// 2·P·tokens.
  func evaluation(_ task: TaskData, _ split: Split, maxTokens: Int) -> Double {
    2 * parameters * Double(task.rows(split)) * min(task.tokensPerRow(split), Double(maxTokens))
  }

  /// Some operations for each weight that the adapters touch.
  func merge(inputs: Int) -> Double { 20 * parameters * Double(inputs) }
}
