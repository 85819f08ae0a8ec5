internal import Basics

/// Keeps the share `density` of entries that are largest after the share `gamma` of the very largest is dropped.
///
/// With γ = 0 this is TIES' trim (Yadav et al. 2023, arXiv:2306.01708, section 3), else Breadcrumbs' mask (Davari and
/// Belilovsky 2023, arXiv:2312.06795). Of n entries int(γ·n) are dropped as outliers, fewer where the density could not
/// be kept otherwise (as mergekit does), and of equal magnitudes the first count as larger. At least one is kept.
struct MagnitudeBand: Sparsify {
  /// Among which entries the largest are sought.
  enum Scope {
    /// Of each row.
    case row
    /// Of each matrix.
    case tensor
    /// Of the whole model; all entries as large as the limit stay.
    case model
  }

  let density: Double
  let gamma: Double
  let scope: Scope
  private var cutoffs: [Cutoff] = []

  init(density: Double, gamma: Double = 0, scope: Scope) {
    self.density = density
    self.gamma = gamma
    self.scope = scope
  }

  var looksAtWholeModels: Bool { scope == .model && density < 1 }

  /// How many of `count` entries a density keeps: at least one, as mergekit does.
  static func kept(density: Double, of count: Int) -> Int {
    density >= 1 ? count : max(1, Int(density * Double(count)))
  }

  mutating func prepare(_ layers: [[ChangeRows]]) {
    let count = layers.reduce(0) { $0 + ($1.first?.count ?? 0) }
    let kept = MagnitudeBand.kept(density: density, of: count)
    cutoffs = (layers.first ?? []).indices.map { model in
      Cutoff(kept, of: count, keepsEqual: true) { visit in
        for layer in layers { layer[model].forEachBlock { visit($0.span) } }
      }
    }
  }

  func mask(of change: ChangeRows, model: Int, random: RandomStream) -> any EntryMask {
    if density >= 1 { return BandMask(inside: .all) }
    switch scope {
    case .row: return RowBandMask(band: self)
    case .model: return BandMask(inside: cutoffs[model])
    case .tensor: return band(of: change.count) { visit in change.forEachBlock { visit($0.span) } }
    }
  }

  /// How many of some entries the band ends with, its outliers among them, and how many these are.
  private func ends(of count: Int) -> (inside: Int, outliers: Int) {
    let kept = MagnitudeBand.kept(density: density, of: count)
    let outliers = min(Int(gamma * Double(count)), count - kept)
    return (kept + outliers, outliers)
  }

  /// The band of some entries.
  private func band(of count: Int, scan: ((Span<Float>) -> Void) -> Void) -> BandMask {
    let ends = ends(of: count)
    return BandMask(
      inside: Cutoff(ends.inside, of: count, scan: scan),
      outliers: Cutoff(ends.outliers, of: count, scan: scan))
  }

  /// The band of a row.
  fileprivate func band(ofRow row: Span<Float>) -> BandMask {
    let ends = ends(of: row.count)
    return BandMask(
      inside: Cutoff(ends.inside, ofRow: row), outliers: Cutoff(ends.outliers, ofRow: row))
  }
}

/// Keeps entries that one cutoff takes and the other does not.
struct BandMask: EntryMask {
  var inside: Cutoff
  var outliers = Cutoff.none

  mutating func apply(to block: inout MutableSpan<Float>, columns: Int) {
    apply(to: &block, in: 0..<block.count)
  }

  /// Masks a part of a block.
  mutating func apply(to block: inout MutableSpan<Float>, in range: Range<Int>) {
    var (insidePassed, outliersPassed) = (inside, outliers)
    if let least = insidePassed.pass(block.span.extracting(range)),
      let most = outliersPassed.pass(block.span.extracting(range))
    {
      (inside, outliers) = (insidePassed, outliersPassed)
      return BandMask.keep(&block, range.lowerBound, range.count, from: least, below: most)
    }
    for i in range {
      let (isInside, isOutlier) = (inside.takes(block[i]), outliers.takes(block[i]))
      block[i] = isInside && !isOutlier ? block[i] : 0
    }
  }

  // Inlined, its checks would not be lifted out of the loop, which then is no vector one.
  @inline(never) private static func keep(
    _ block: inout MutableSpan<Float>, _ start: Int, _ count: Int, from least: UInt32, below most: UInt32
  ) {
    precondition(start >= 0 && count >= 0 && start + count <= block.count, "\(count) from \(start) on")
    // One comparison for two: keys below the least wrap round to the largest numbers.
    let width = most >= least ? most &- least : 0
    for i in 0..<count {
      let key = OrderStatistic.key(block[start + i], .magnitude)
      block[start + i] = key &- least < width ? block[start + i] : 0
    }
  }
}

/// Keeps a band of every row for itself.
private struct RowBandMask: EntryMask {
  let band: MagnitudeBand

  mutating func apply(to block: inout MutableSpan<Float>, columns: Int) {
    for start in stride(from: 0, to: block.count, by: columns) {
      let row = start..<start + columns
      var mask = band.band(ofRow: block.span.extracting(row))
      mask.apply(to: &block, in: row)
    }
  }
}
