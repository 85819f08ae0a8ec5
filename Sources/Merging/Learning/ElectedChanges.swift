internal import Basics
internal import LinearAlgebra

/// The changes of all models as AdaMerging++ takes them: trimmed, and without the entries that do not agree.
///
/// The largest entries of every whole model, then of each entry only those models whose sign is that of the sum of all
/// (zero counting as +). Source: Yang et al. 2023, arXiv:2310.02575, section 3.3, with TIES' stages (arXiv:2306.01708).
struct ElectedChanges {
  private var band: MagnitudeBand

  /// nil where nothing is to be done.
  init?(_ preparation: CoefficientLearning.Preparation) {
    guard case .trimAndElect(let density) = preparation else { return nil }
    band = MagnitudeBand(density: density, scope: .model)
  }

  /// A look at all sites, for the limits of whole models.
  mutating func prepare(_ sites: [[LowRank?]]) {
    if band.looksAtWholeModels { band.prepare(sites.map { ChangeRows.all($0) }) }
  }

  /// The changes at one site in full, one for each model.
  func changes(_ deltas: [LowRank?]) -> [Matrix] {
    let changes = ChangeRows.all(deltas)
    // No mask of this band draws, so that any stream will do.
    let unused = RandomStream(seed: 0)
    var masks = changes.indices.map { band.mask(of: changes[$0], model: $0, random: unused) }
    let whole = changes.map { Matrix(rows: $0.rows, columns: $0.columns) }
    var start = 0
    ChangeRows.forEachBlock(changes) { blocks in
      var sums = [Double](repeating: 0, count: blocks[0].count)
      for (model, block) in blocks.enumerated() {
        block.withMutableSpan { numbers in
          masks[model].apply(to: &numbers, columns: block.columns)
          for i in 0..<numbers.count { sums[i] += Double(numbers[i]) }
        }
      }
      for (block, matrix) in zip(blocks, whole) {
        block.withMutableSpan { numbers in
          for i in 0..<numbers.count where (numbers[i] > 0) != (sums[i] >= 0) { numbers[i] = 0 }
        }
        matrix.rows(start..<start + block.rows).copy(from: block)
      }
      start += blocks[0].rows
    }
    return whole
  }
}
