/// The tokens of one text before special tokens are put around them.
struct TokenRow: Sendable, Hashable {
  /// The tokens.
  private(set) var ids: [Int32] = []
  /// For each token the index of its word.
  private(set) var words: [Int32] = []
  /// For each token the part of the original that it covers; empty where nobody asks.
  private(set) var places: [Range<Int>] = []
  /// Whether places are kept.
  let isTracked: Bool
  /// The word of all tokens to come; nil counts pre-tokens.
  var word: Int32?
  private var next: Int32 = 0

  /// An empty row.
  init(isTracked: Bool) { self.isTracked = isTracked }

  /// Appends a token of the word that is begun.
  @inline(__always)
  mutating func append(_ id: Int32, _ place: @autoclosure () -> Range<Int>) {
    ids.append(id)
    words.append(word ?? next)
    if isTracked { places.append(place()) }
  }

  /// Ends a word; what comes next is of another one.
  @inline(__always)
  mutating func endWord() { next += 1 }

  /// Takes back the last tokens.
  mutating func removeLast(_ count: Int) { cut(to: ids.count - count) }

  /// Keeps the first tokens.
  mutating func cut(to count: Int) {
    guard count < ids.count else { return }
    ids.removeLast(ids.count - count)
    words.removeLast(words.count - count)
    if isTracked { places.removeLast(places.count - count) }
  }

  /// Cuts two sentences to a common length, the longer one first.
  ///
  /// What the Hugging Face library calls `longest_first`: the shorter sentence n is whole as long as
  /// the other still gets max(n, limit - n); else both get half, the longer (of equal ones the second)
  /// the odd token.
  static func cutLongestFirst(_ first: inout TokenRow, _ second: inout TokenRow, to limit: Int) {
    guard first.ids.count + second.ids.count > limit else { return }
    let firstIsLonger = first.ids.count > second.ids.count
    var shorter = min(first.ids.count, second.ids.count)
    var longer = max(shorter, limit - shorter)
    if shorter + longer > limit {
      shorter = limit / 2
      longer = limit - shorter
    }
    first.cut(to: firstIsLonger ? longer : shorter)
    second.cut(to: firstIsLonger ? shorter : longer)
  }
}
