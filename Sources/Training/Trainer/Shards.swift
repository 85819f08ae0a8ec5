internal import Specs

/// How the rows of a batch are split into parts that run one after the other, or side by side.
///
/// A part bounds the memory of a step whatever the size of its batch, and is large enough that GEMMs run at their full
/// speed (from about 400 tokens on). The split depends on the lengths alone, so results do not depend on threads.
/// The lists are filled anew by every split.
package struct Shards {
  /// Parts of the present split.
  package private(set) var count = 0
  private var parts: [[Int]] = []
  private var tokens: [Int] = []
  private var order: [Int] = []

  /// No parts yet.
  package init() {}

  /// The rows of a part.
  package subscript(part: Int) -> [Int] {
    precondition(part < count, "part \(part) of \(count)")
    return parts[part]
  }

  /// Splits rows of some lengths; longest rows first, each to the part that has the fewest tokens.
  package mutating func split(_ lengths: some RandomAccessCollection<Int>) {
    let total = lengths.reduce(0, +)
    // An even number, so that two threads have the same work.
    let most = WorkLimits.partTokens
    let wanted = total <= most ? 1 : 2 * ((total + 2 * most - 1) / (2 * most))
    clear(parts: min(wanted, max(1, lengths.count)))
    for (row, length) in lengths.enumerated() { sort(row, length, lengths) }
    for row in order {
      let part = (0..<count).min { tokens[$0] < tokens[$1] } ?? 0
      parts[part].append(row)
      tokens[part] += length(row, lengths)
    }
  }

  private mutating func clear(parts count: Int) {
    self.count = count
    for part in 0..<count {
      if part == parts.count {
        parts.append([])
        tokens.append(0)
      }
      parts[part].removeAll(keepingCapacity: true)
      tokens[part] = 0
    }
    order.removeAll(keepingCapacity: true)
  }

  /// Puts a row behind all that are as long or longer; `sort` of the library would take memory.
  private mutating func sort(_ row: Int, _ length: Int, _ lengths: some RandomAccessCollection<Int>) {
    var range = 0..<order.count
    while !range.isEmpty {
      let middle = (range.lowerBound + range.upperBound) / 2
      range =
        self.length(order[middle], lengths) < length
        ? range.lowerBound..<middle : middle + 1..<range.upperBound
    }
    order.insert(row, at: range.lowerBound)
  }

  private func length(_ row: Int, _ lengths: some RandomAccessCollection<Int>) -> Int {
    lengths[lengths.index(lengths.startIndex, offsetBy: row)]
  }
}
