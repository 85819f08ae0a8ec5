/// A set of Unicode scalars as ascending borders: members begin at each even one and end before each odd one.
struct ScalarSet: Sendable, Hashable {
  private(set) var borders: [UInt32]

  private static let end: UInt32 = 0x110000

  /// The empty set.
  init() { borders = [] }

  /// A closed range.
  init(_ first: UInt32, _ last: UInt32) { borders = [first, last + 1] }

  /// Pairs of first and last value in ascending order.
  init(pairs: [UInt32]) {
    borders = []
    for index in stride(from: 0, to: pairs.count, by: 2) {
      if borders.last == pairs[index] { borders.removeLast() } else { borders.append(pairs[index]) }
      borders.append(pairs[index + 1] + 1)
    }
  }

  /// The scalars of some categories.
  init(_ categories: UnicodeCategory...) {
    borders = []
    var value: UInt32 = 0
    for run in UnicodeCategoryRanges.runs {
      let isIn = categories.contains { $0.rawValue == run % 32 }
      if isIn != (borders.count % 2 == 1) { borders.append(value) }
      value += run / 32
    }
    if borders.count % 2 == 1 { borders.append(value) }
  }

  /// Whether nothing is in it.
  var isEmpty: Bool { borders.isEmpty }

  /// The only scalar, where there is one only.
  var single: UInt32? { borders.count == 2 && borders[1] == borders[0] + 1 ? borders[0] : nil }

  /// The members as ranges.
  var ranges: [Range<UInt32>] {
    stride(from: 0, to: borders.count, by: 2).map { borders[$0]..<borders[$0 + 1] }
  }

  /// Whether a scalar is in it.
  func contains(_ value: UInt32) -> Bool {
    var low = 0
    var high = borders.count
    while low < high {
      let middle = (low + high) / 2
      if borders[middle] <= value { low = middle + 1 } else { high = middle }
    }
    return low % 2 == 1
  }

  /// Everything else.
  var inverted: ScalarSet { combined(with: ScalarSet(0, Self.end - 1)) { !$0 && $1 } }
  /// What is in either.
  func union(_ other: ScalarSet) -> ScalarSet { combined(with: other) { $0 || $1 } }
  /// What is in both.
  func intersection(_ other: ScalarSet) -> ScalarSet { combined(with: other) { $0 && $1 } }

  private func combined(with other: ScalarSet, _ rule: (Bool, Bool) -> Bool) -> ScalarSet {
    var result = ScalarSet()
    var (mine, theirs) = (0, 0)
    while mine < borders.count || theirs < other.borders.count {
      let next = min(
        mine < borders.count ? borders[mine] : Self.end,
        theirs < other.borders.count ? other.borders[theirs] : Self.end)
      if mine < borders.count, borders[mine] == next { mine += 1 }
      if theirs < other.borders.count, other.borders[theirs] == next { theirs += 1 }
      if rule(mine % 2 == 1, theirs % 2 == 1) != (result.borders.count % 2 == 1) {
        result.borders.append(next)
      }
    }
    return result
  }

  /// With everything that differs from a member in its case only: simple case folding of single scalars.
  var caseFolded: ScalarSet {
    var result = self
    for group in Self.caseGroups where group.contains(where: contains) {
      for value in group { result = result.union(ScalarSet(value, value)) }
    }
    return result
  }

  /// Scalars that are one letter in several cases, by the Unicode version of the library.
  private static let caseGroups: [[UInt32]] = {
    var groups: [UInt32: [UInt32]] = [:]
    for value in UInt32(0)..<0x20000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenCaseMapped,
        UnicodeCategory.of(value) != .unassigned
      else { continue }
      let upper = scalar.properties.uppercaseMapping.unicodeScalars
      let base = upper.count == 1 ? upper.first ?? scalar : scalar
      let lower = base.properties.lowercaseMapping.unicodeScalars
      groups[(lower.count == 1 ? lower.first ?? base : base).value, default: []].append(value)
    }
    return groups.sorted { $0.key < $1.key }.map(\.value).filter { $0.count > 1 }
  }()
}

/// A set of scalars that is asked millions of times: a bit each, in pages that equal parts share.
struct ScalarTable: Sendable {
  private let pages: [UInt16]
  private let bits: [UInt64]

  /// Makes a table of a set.
  init(_ set: ScalarSet) {
    var bits = [UInt64](repeating: 0, count: 0x110000 / 64)
    for range in set.ranges {
      for value in range { bits[Int(value >> 6)] |= 1 << UInt64(value & 63) }
    }
    var known: [[UInt64]: UInt16] = [:]
    var kept: [UInt64] = []
    pages = (0..<0x1100).map { page in
      let words = Array(bits[4 * page..<4 * page + 4])
      if let index = known[words] { return index }
      let index = UInt16(kept.count / 4)
      known[words] = index
      kept += words
      return index
    }
    self.bits = kept
  }

  /// Whether a scalar is in the set.
  @inline(__always)
  func contains(_ value: UInt32) -> Bool {
    bits[4 * Int(pages[Int(value >> 8)]) + Int(value >> 6 & 3)] >> UInt64(value & 63) & 1 != 0
  }
}
