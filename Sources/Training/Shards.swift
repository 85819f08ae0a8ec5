internal import Specs

/// How the rows of a batch are split into parts that run one after the other, or side by side.
///
/// A part bounds the memory of a step whatever the size of its batch, and is large enough that GEMMs run at their full
/// speed (from about 400 tokens on). The split depends on the lengths alone, so results do not depend on threads.
package enum Shards {
  /// The rows of each part; longest rows first, each to the part that has the fewest tokens.
  package static func split(_ lengths: [Int]) -> [[Int]] {
    let total = lengths.reduce(0, +)
    // An even number, so that two threads have the same work.
    let most = WorkLimits.partTokens
    let wanted = total <= most ? 1 : 2 * ((total + 2 * most - 1) / (2 * most))
    var parts = [[Int]](repeating: [], count: min(wanted, max(1, lengths.count)))
    var sizes = parts.map { _ in 0 }
    for row in lengths.indices.sorted(by: { (lengths[$1], $0) < (lengths[$0], $1) }) {
      let part = sizes.indices.min { sizes[$0] < sizes[$1] } ?? 0
      parts[part].append(row)
      sizes[part] += lengths[row]
    }
    return parts
  }
}
