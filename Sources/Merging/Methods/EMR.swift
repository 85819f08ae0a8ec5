internal import Basics
internal import LinearAlgebra

extension MergeMethod {
  /// EMR's unified change: every entry has the sign of the sum and the largest magnitude that has this sign.
  ///
  /// Source: Huang et al. 2024, arXiv:2405.17461, section 3. The sign of a sum of zero is −. The paper serves
  /// every task with a mask M_t of this change and a factor: `task` gives one task's, 0 the unified change that
  /// they share.
  static let emr = MergeMethod(
    name: "emr",
    summary:
      "sign of the sum, largest magnitude of that sign: EMR's unified change, or one task's share of it",
    paper: "2405.17461",
    notes: MergeNotes(
      formula: """
        λ·τ_uni = λ·γ·max |w_t·ΔW_t| over the t that agree with γ = sign Σ w_t·ΔW_t; task t: \
        λ·f_t·[w_t·ΔW_t·τ_uni > 0] ⊙ τ_uni, f_t = ‖w_t·τ_t‖₁ ÷ ‖M_t ⊙ τ_uni‖₁ over the whole model
        """,
      cost: """
        entry by entry on row blocks of all models: one pass, two more for a task, each 2·r FLOPs an entry \
        and model; the full result is cut to a rank
        """,
      differences: """
        the code's factor f_t is a ratio of sums of means per tensor; here, as in the paper, of sums over \
        the whole model
        """),
    parameters: [.scale(1), .task], neutral: ["scale": .number(1)], requirements: knownTask
  ) { EMR(scale: $0.number("scale"), task: $0.integer("task")) }

  /// A task that is one of the models.
  static let knownTask: Requirements = { parameters, weights throws(Diagnostic) in
    guard parameters.integer("task") > weights.count else { return }
    throw Diagnostic(
      "task \(parameters.integer("task")) of \(weights.count) models",
      hint: "tasks count from 1, models of weight zero left out")
  }
}

extension ParameterSpec {
  /// Whose model is asked for where a method keeps one per task.
  static let task = ParameterSpec(
    "task", .integer(0...1024), default: .number(0),
    "0: the change that all tasks share; else the model of this task, counted from 1 in the order of the models"
  )
}

/// What one model keeps of the unified change, entry by entry: M, and f = ‖τ‖₁ ÷ ‖M ⊙ τ_uni‖₁ of all that was seen.
struct EMRShare {
  private var own = 0.0
  private var shared = 0.0

  /// Whether the mask has an entry.
  static func keeps(_ entry: Double, of unified: Double) -> Bool { entry * unified > 0 }

  /// The same, and the entry counts for f.
  mutating func takes(_ entry: Double, of unified: Double) -> Bool {
    own += entry.magnitude
    let keeps = Self.keeps(entry, of: unified)
    if keeps { shared += unified.magnitude }
    return keeps
  }

  /// f; 1 where nothing is kept.
  var factor: Double { shared > 0 ? own / shared : 1 }
}

struct EMR: Merging {
  let scale: Double
  let task: Int
  /// Of the task.
  private var share = EMRShare()

  init(scale: Double, task: Int = 0) {
    self.scale = scale
    self.task = task
  }

  mutating func prepare(sites: [String], deltas: (String) -> [LowRank?], weights: [Double]) throws {
    guard task > 0 else { return }
    share = EMRShare()
    for site in sites {
      ChangeRows.forEachBlock(ChangeRows.all(deltas(site))) { blocks in
        let unified = Self.unified(blocks, weights)
        blocks[task - 1].withSpan { span in
          for i in 0..<span.count {
            _ = share.takes(weights[task - 1] * Double(span[i]), of: unified[i])
          }
        }
      }
    }
  }

  func merge(_ deltas: [LowRank?], weights: [Double], at site: String, random: RandomStream) throws -> Merged
  {
    let factor = share.factor
    let merged = mergeByBlocks(deltas) { blocks, merged in
      merged = Self.unified(blocks, weights)
      if task > 0 {
        blocks[task - 1].withSpan { span in
          for i in 0..<span.count
          where !EMRShare.keeps(weights[task - 1] * Double(span[i]), of: merged[i]) { merged[i] = 0 }
        }
      }
      for i in 0..<merged.count { merged[i] = merged[i] * scale * factor }
    }
    return Merged(.dense(merged), defaultRank: try sumOfRanks(deltas))
  }

  /// τ_uni of a block.
  private static func unified(_ blocks: [Matrix], _ weights: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: blocks[0].count)
    var unified = sums
    for (block, weight) in zip(blocks, weights) {
      block.withSpan { span in for i in 0..<span.count { sums[i] += weight * Double(span[i]) } }
    }
    for (block, weight) in zip(blocks, weights) {
      block.withSpan { span in
        for i in 0..<span.count {
          let along = (sums[i] > 0 ? weight : -weight) * Double(span[i])
          unified[i] = max(unified[i], along)
        }
      }
    }
    for i in 0..<unified.count where sums[i] <= 0 { unified[i].negate() }
    return unified
  }
}
