/// Merges the tokens of one piece, the pair of lowest rank first, of equal ones the leftmost.
///
/// Short pieces look through all their ranks for each merge. Long ones, such as whole texts of a model without a
/// pre-tokenizer, keep their pairs in a heap: O(n log n).
struct BytePairMerging {
  /// A token and the bytes of the text that it is made of.
  struct Unit: Sendable, Hashable {
    var id: Int32
    var start: Int32
    var end: Int32
  }

  /// The tokens.
  private(set) var units: [Unit] = []
  private var ranks: [UInt32] = []

  /// Pieces of more tokens use the heap.
  private static let mostScanned = 48

  /// Takes away all tokens.
  mutating func removeAll() {
    units.removeAll(keepingCapacity: true)
  }

  /// Appends a token of some bytes.
  @inline(__always)
  mutating func append(_ id: Int32, _ start: Int, _ end: Int) {
    units.append(Unit(id: id, start: Int32(start), end: Int32(end)))
  }

  /// Merges until nothing merges any more.
  ///
  /// - Parameter isScanned: Whether ranks are looked through, nil for what suits the length.
  mutating func merge(by table: MergeTable, isScanned: Bool? = nil) {
    if units.count < 2 { return }
    if isScanned ?? (units.count <= Self.mostScanned) { mergeScanning(table) } else { mergeHeaping(table) }
  }

  private mutating func mergeScanning(_ table: MergeTable) {
    ranks.removeAll(keepingCapacity: true)
    for index in 1..<units.count { ranks.append(table.merge(units[index - 1].id, units[index].id).rank) }
    while true {
      var lowest = MergeTable.never
      var place = 0
      for index in ranks.indices where ranks[index] < lowest {
        lowest = ranks[index]
        place = index
      }
      if lowest == MergeTable.never { return }
      units[place].id = table.merge(units[place].id, units[place + 1].id).id
      units[place].end = units[place + 1].end
      units.remove(at: place + 1)
      ranks.remove(at: place)
      if place > 0 { ranks[place - 1] = table.merge(units[place - 1].id, units[place].id).rank }
      if place < ranks.count { ranks[place] = table.merge(units[place].id, units[place + 1].id).rank }
    }
  }

  private mutating func mergeHeaping(_ table: MergeTable) {
    var heap = PairHeap()
    let count = units.count
    var next = Array(1...count)
    var previous = Array(-1..<count - 1)
    var isGone = [Bool](repeating: false, count: count)
    func push(_ left: Int, _ units: [Unit]) {
      guard left >= 0, next[left] < count else { return }
      let rank = table.merge(units[left].id, units[next[left]].id).rank
      if rank != MergeTable.never { heap.push(rank, left) }
    }
    for left in 0..<count - 1 { push(left, units) }
    while let (rank, left) = heap.pop() {
      guard !isGone[left], next[left] < count else { continue }
      let right = next[left]
      let merge = table.merge(units[left].id, units[right].id)
      // The pair may have become another one since.
      guard merge.rank == rank else { continue }
      units[left].id = merge.id
      units[left].end = units[right].end
      isGone[right] = true
      next[left] = next[right]
      if next[right] < count { previous[next[right]] = left }
      push(previous[left], units)
      push(left, units)
    }
    var kept = 0
    for index in 0..<count where !isGone[index] {
      units[kept] = units[index]
      kept += 1
    }
    units.removeLast(count - kept)
  }
}

/// Pairs by rank, then by place: a binary heap of ranks and places in one number each.
private struct PairHeap {
  private var entries: [UInt64] = []

  mutating func push(_ rank: UInt32, _ place: Int) {
    entries.append(UInt64(rank) << 32 | UInt64(place))
    var index = entries.count - 1
    while index > 0, entries[index] < entries[(index - 1) / 2] {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  mutating func pop() -> (rank: UInt32, place: Int)? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    if !entries.isEmpty {
      entries[0] = last
      var index = 0
      while true {
        var least = index
        for child in [2 * index + 1, 2 * index + 2]
        where child < entries.count && entries[child] < entries[least] {
          least = child
        }
        if least == index { break }
        entries.swapAt(index, least)
        index = least
      }
    }
    return (UInt32(first >> 32), Int(first & 0xffff_ffff))
  }
}
