/// The number of single-character insertions, deletions, substitutions and neighbour swaps between two words.
///
/// Optimal string alignment (Damerau 1964). Cost: O(|a|·|b|).
public func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a)
  let b = Array(b)
  var twoBack = [Int](repeating: 0, count: b.count + 1)
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var row = [i + 1] + [Int](repeating: 0, count: b.count)
    for j in 0..<b.count {
      let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
      row[j + 1] = min(substitution, previous[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        row[j + 1] = min(row[j + 1], twoBack[j - 1] + 1)
      }
    }
    (twoBack, previous) = (previous, row)
  }
  return previous[b.count]
}

/// The known name nearest to a misspelt one, if it is near enough to be meant.
public func nearestName(to name: String, among known: [String]) -> String? {
  let limit = max(1, name.count / 3)
  let scored = known.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
  guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= limit else { return nil }
  return best.name
}

/// `did you mean 'x'?`, or the list of what is known; of a long one the nearest names.
public func suggestion(for name: String, among known: [String]) -> String {
  if let near = nearestName(to: name, among: known) { return "did you mean '\(near)'?" }
  if known.isEmpty { return "none is known here" }
  if known.count > mostNames {
    let distances = known.enumerated().map {
      ($0.offset, editDistance(name.lowercased(), $0.element.lowercased()))
    }
    let near = distances.sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 < $1.1 }.prefix(8).map(\.0).sorted()
    return "of \(known.count) that are known, near: \(near.map { known[$0] }.joined(separator: ", "))"
  }
  return "known: \(known.joined(separator: ", "))"
}

/// A message lists no more names than this.
private let mostNames = 30
