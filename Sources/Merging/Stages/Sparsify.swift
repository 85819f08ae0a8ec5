internal import Basics

/// A stage of the rules on single entries: which entries of each model's change are kept.
protocol Sparsify: Sendable {
  /// Whether limits are those of whole models; then `prepare` is called before the first `mask`.
  var looksAtWholeModels: Bool { get }

  /// A look at all layers of all models: per layer, the change of every model.
  mutating func prepare(_ layers: [[ChangeRows]])

  /// What masks the change of one model at one layer.
  ///
  /// - Parameter random: A stream of this model and layer alone.
  func mask(of change: ChangeRows, model: Int, random: RandomStream) -> any EntryMask
}

extension Sparsify {
  var looksAtWholeModels: Bool { false }
  mutating func prepare(_ layers: [[ChangeRows]]) {}
}

/// Zeroes the dropped entries of one change; its blocks of rows come in order, each once.
protocol EntryMask {
  /// Masks the next rows.
  mutating func apply(to block: inout MutableSpan<Float>, columns: Int)
}

/// What makes up for the dropped entries.
enum Rescale: String, CaseIterable, Sendable {
  /// Nothing.
  case none
  /// Kept entries are multiplied so that Σ|x| of the matrix stays: mergekit's `rescale`.
  case l1
  /// Kept entries are divided by the share, or their own probability, that is kept: DARE, DELLA.
  case inverseDensity = "inverse_density"

  /// The factor on what is kept of a change by this mask, where it is one factor for the whole matrix.
  ///
  /// - Parameter density: The share kept; 1 where the mask itself divides.
  func factor(for change: ChangeRows, mask: any EntryMask, density: Double) -> Double {
    switch self {
    case .none: return 1
    case .inverseDensity: return 1 / density
    case .l1:
      var (before, after, mask) = (0.0, 0.0, mask)
      change.forEachBlock { block in
        before += absoluteSum(block.span)
        mask.apply(to: &block, columns: change.columns)
        after += absoluteSum(block.span)
      }
      return after > 0 ? before / after : 1
    }
  }
}

/// Σ|x| in doubles, in four sums side by side, which a processor adds at once.
private func absoluteSum(_ numbers: Span<Float>) -> Double {
  var (a, b, c, d) = (0.0, 0.0, 0.0, 0.0)
  var i = 0
  while i + 4 <= numbers.count {
    a += Double(numbers[i].magnitude)
    b += Double(numbers[i + 1].magnitude)
    c += Double(numbers[i + 2].magnitude)
    d += Double(numbers[i + 3].magnitude)
    i += 4
  }
  while i < numbers.count {
    a += Double(numbers[i].magnitude)
    i += 1
  }
  return (a + b) + (c + d)
}
