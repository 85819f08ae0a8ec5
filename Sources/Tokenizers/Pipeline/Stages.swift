/// Changes a text before it is split.
protocol Normalizer: Sendable {
  /// Changes the text and keeps its places.
  func normalize(_ text: inout AlignedText)

  /// Whether it lowers the case of all text.
  var lowercases: Bool { get }
}

extension Normalizer {
  var lowercases: Bool { false }
}

/// Splits a text into pieces that are tokenised apart.
protocol PreTokenizer: Sendable {
  /// Splits each piece further.
  func split(_ text: inout SplitText)

  /// Whether it ends in bytes: what follows sees a byte where the library has a character of GPT-2's alphabet.
  var endsInBytes: Bool { get }
}

extension PreTokenizer {
  var endsInBytes: Bool { false }
}

/// Makes tokens of pieces.
protocol TokenModel: Sendable {
  /// Appends the tokens of all pieces.
  func append(_ text: SplitText, to row: inout TokenRow)

  /// The id of a token of the vocabulary.
  func id(_ token: String) -> Int32?

  /// Its `type` in a file.
  var kind: String { get }

  /// The tokens with their ids, in the order of the file.
  var vocabulary: [(token: String, id: Int32)] { get }

  /// The token of what has no other.
  var unknownID: Int32? { get }
}

/// Makes text of tokens.
protocol Decoder: Sendable {
  /// The tokens as texts, which are then joined.
  func decode(_ tokens: [String]) -> [String]
}

/// A text in pieces; no piece is empty.
struct SplitText: Sendable {
  /// The text.
  var text: AlignedText
  /// Where the pieces lie, in order.
  var pieces: [Range<Int>]

  /// A text of one piece.
  init(_ text: AlignedText, _ piece: Range<Int>) {
    self.text = text
    pieces = piece.isEmpty ? [] : [piece]
  }

  /// Splits every piece at what a finder finds.
  ///
  /// - Parameters:
  ///   - behavior: What becomes of the matches.
  ///   - isInverted: Whether what is found is what lies between the matches.
  ///   - find: Calls its last argument with each match in a piece of the bytes, from the left.
  mutating func split(
    _ behavior: SplitBehavior, isInverted: Bool = false,
    _ find: (_ bytes: [UInt8], _ piece: Range<Int>, _ found: (Range<Int>) -> Void) -> Void
  ) {
    var result: [Range<Int>] = []
    result.reserveCapacity(max(pieces.count, (pieces.last?.upperBound ?? 0) / 4))
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    for piece in pieces {
      var end = piece.lowerBound
      if behavior == .isolated {
        find(text.bytes, piece) { match in
          if end < match.lowerBound { result.append(end..<match.lowerBound) }
          if !match.isEmpty { result.append(match) }
          end = match.upperBound
        }
        if end < piece.upperBound { result.append(end..<piece.upperBound) }
        continue
      }
      parts.removeAll(keepingCapacity: true)
      find(text.bytes, piece) { match in
        if end < match.lowerBound { parts.append((end..<match.lowerBound, isInverted)) }
        parts.append((match, !isInverted))
        end = match.upperBound
      }
      if end < piece.upperBound { parts.append((end..<piece.upperBound, isInverted)) }
      result += behavior.pieces(parts).filter { !$0.isEmpty }
    }
    pieces = result
  }

  /// Writes the text anew, piece by piece.
  mutating func rewrite(_ body: (inout AlignedText.Rewriting, Range<Int>) -> Void) {
    var places: [Range<Int>] = []
    let pieces = pieces
    text.rewrite { rewriting in
      for piece in pieces {
        let start = rewriting.bytes.count
        body(&rewriting, piece)
        places.append(start..<rewriting.bytes.count)
      }
    }
    self.pieces = places
  }
}

/// What becomes of the matches where a text is split.
enum SplitBehavior: String, CaseIterable, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// The pieces that matches and what lies between them make.
  func pieces(_ parts: [(range: Range<Int>, isMatch: Bool)]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var previous: Bool?
    switch self {
    case .removed: return parts.filter { !$0.isMatch }.map(\.range)
    case .isolated: return parts.map(\.range)
    case .contiguous:
      for (range, isMatch) in parts {
        if isMatch == previous, let last = result.popLast() {
          result.append(last.lowerBound..<range.upperBound)
        } else {
          result.append(range)
        }
        previous = isMatch
      }
    case .mergedWithPrevious:
      for (range, isMatch) in parts {
        if isMatch, previous == false, let last = result.popLast() {
          result.append(last.lowerBound..<range.upperBound)
        } else {
          result.append(range)
        }
        previous = isMatch
      }
    case .mergedWithNext:
      for (range, isMatch) in parts.reversed() {
        if isMatch, previous == false, let last = result.popLast() {
          result.append(range.lowerBound..<last.upperBound)
        } else {
          result.append(range)
        }
        previous = isMatch
      }
      result.reverse()
    }
    return result
  }
}
