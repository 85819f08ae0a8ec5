/// A map from byte strings to ids that finds the longest key at the start of a text.
///
/// Nodes are numbered in breadth-first order, so that the children of node n are the nodes
/// `firstChild[n] ..< firstChild[n + 1]`, sorted by their byte: three flat arrays, no pointers.
struct ByteTrie: Sendable {
  private var firstChild: [Int32] = []
  private var labels: [UInt8] = [0]
  private var values: [Int32] = [-1]
  /// The root's child for each byte, -1 for none: the widest node is looked up without a search.
  private var rootChild = [Int32](repeating: -1, count: 256)

  /// Makes a trie; empty keys are left out, of equal keys the last stays.
  init(_ entries: [(key: [UInt8], value: Int32)]) {
    let order = entries.indices.filter { !entries[$0].key.isEmpty }.sorted { a, b in
      let (left, right) = (entries[a].key, entries[b].key)
      return left == right ? a < b : left.lexicographicallyPrecedes(right)
    }
    var pending = [(range: 0..<order.count, depth: 0)]
    var node = 0
    while node < pending.count {
      let (range, depth) = pending[node]
      firstChild.append(Int32(labels.count))
      var start = range.lowerBound
      while start < range.upperBound {
        let key = entries[order[start]].key
        guard key.count > depth else {
          values[node] = entries[order[start]].value
          start += 1
          continue
        }
        var end = start + 1
        while end < range.upperBound, entries[order[end]].key[depth] == key[depth] { end += 1 }
        if node == 0 { rootChild[Int(key[depth])] = Int32(labels.count) }
        labels.append(key[depth])
        values.append(-1)
        pending.append((start..<end, depth + 1))
        start = end
      }
      node += 1
    }
    firstChild.append(Int32(labels.count))
  }

  /// The value of a whole key.
  func value(_ key: [UInt8]) -> Int32? {
    guard let (value, length) = longestPrefix(of: key, 0..<key.count), length == key.count else { return nil }
    return value
  }

  /// The longest key that `text[range]` starts with: its value and its number of bytes.
  @inline(__always)
  func longestPrefix(of text: [UInt8], _ range: Range<Int>) -> (value: Int32, length: Int)? {
    guard !range.isEmpty else { return nil }
    var node = Int(rootChild[Int(text[range.lowerBound])])
    var position = range.lowerBound + 1
    var best: (value: Int32, length: Int)?
    while node >= 0 {
      if values[node] >= 0 { best = (values[node], position - range.lowerBound) }
      if position == range.upperBound { break }
      node = child(of: node, text[position])
      position += 1
    }
    return best
  }

  private func child(of node: Int, _ byte: UInt8) -> Int {
    var low = Int(firstChild[node])
    let end = Int(firstChild[node + 1])
    var high = end
    while low < high {
      let middle = (low + high) / 2
      if labels[middle] < byte { low = middle + 1 } else { high = middle }
    }
    return low < end && labels[low] == byte ? low : -1
  }
}
