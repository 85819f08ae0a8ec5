internal import Adapters
internal import Basics
internal import Checkpoints
internal import Foundation
internal import LinearAlgebra
internal import Models
internal import Outlines
internal import Specs
internal import Tasks
internal import Training

extension JobPerformer {
  /// Measures a trained model on examples of its own tasks.
  func measure(_ job: StatisticsJob, into folder: URL, progress: Progress) throws -> StatisticsResult {
    let base = try base(job.base, .float32)
    let sets = try job.tasks.map { task in
      let all = try rows(task, job.split, base: job.$base, maxTokens: job.maxTokens).examples
      let stream = RandomStream(seed: job.seed, "statistics", task.name)
      return (task: task, examples: all.drawn(job.rows, stream))
    }
    let network = try folded(job.adapter, into: base).0
    let sites = try adaptedSites(job.adapter, of: base)
    let all = sets.reduce(0) { $0 + $1.examples.count }
    guard all > 0 else { throw Diagnostic("there are no examples to measure the model on") }
    let matrices: [(name: String, matrix: Matrix)]
    let tokens: Int
    var done = 0
    switch job.what {
    case .inputGrams:
      let grams = InputGrams(sites: sites)
      matrices = try counted {
        for set in sets {
          try grams.add(set.examples, network, workspaces: workspaces) {
            try progress(Double(done + $0) / Double(all), "")
          }
          done += set.examples.count
        }
        return grams.finished()
      }
      tokens = grams.tokens
    case .fisher(let labels, let labelScale):
      let fisher = FisherDiagonal(
        sites: sites, labels: labels,
        stream: RandomStream(seed: job.seed, "statistics", "labels"))
      let heads = try sets.map { set in
        try head(Hashed(set.task), of: job.adapter, base: job.$base, labelScale: labelScale)
      }
      matrices = try counted {
        for (set, head) in zip(sets, heads) {
          try fisher.add(set.examples, head, base.reader(network), workspaces: workspaces) {
            try progress(Double(done + $0) / Double(all), "")
          }
          done += set.examples.count
        }
        return fisher.finished()
      }
      tokens = fisher.tokens
    }
    let bytes = try StatisticsFile.write(matrices, to: folder)
    return StatisticsResult(examples: all, tokens: tokens, matrices: matrices.count, bytes: bytes)
  }

  /// The linear layers that an adapter changes, in the order of the forward pass.
  private func adaptedSites(_ adapter: JobID, of base: BaseModel) throws -> [LinearLayer] {
    let read = try self.adapter(of: adapter)
    return base.network.outline.layers.filter { (read.site($0.path)?.rank ?? 0) > 0 }
  }
}

extension [TokenizedExample] {
  /// At most so many of them, drawn without replacement, in their order.
  func drawn(_ rows: Int, _ stream: RandomStream) -> [TokenizedExample] {
    if count <= rows { return self }
    var stream = stream
    return stream.permutation(count).prefix(rows).sorted().map { self[$0] }
  }
}
