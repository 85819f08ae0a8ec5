/// A token that is found in the text itself instead of being put together from pieces.
struct AddedToken: Sendable {
  var id: Int32
  var content: String
  /// Whether it must not touch other word characters.
  var singleWord = false
  /// Whether it takes the white space before it.
  var stripsLeft = false
  /// Whether it takes the white space after it.
  var stripsRight = false
  /// Whether it is looked for after normalisation.
  var normalized = false
  /// Whether decoding leaves it out where special tokens are to be left out.
  var isSpecial = false
}

/// Finds added tokens in a text: of the matches the leftmost, of those the longest.
struct AddedTokens: Sendable {
  /// A piece of a text: an added token or what lies between two of them.
  enum Segment: Hashable {
    /// An added token, and the text that it takes.
    case token(Int32, Range<Int>)
    /// Text without added tokens.
    case text(Range<Int>)
  }

  private let tokens: [AddedToken]
  /// From contents to places in `tokens`.
  private let contents: ByteTrie
  private var startsContent = [Bool](repeating: false, count: 256)

  /// Whether there is nothing to find.
  var isEmpty: Bool { tokens.isEmpty }

  /// Makes a finder; `normalize` is applied to the tokens' contents.
  init(_ tokens: [AddedToken], normalize: (([UInt8]) -> [UInt8])? = nil) {
    let patterns = tokens.map { token in
      let bytes = Array(token.content.utf8)
      return normalize?(bytes) ?? bytes
    }
    self.tokens = tokens
    // Of equal contents the first token counts.
    contents = ByteTrie(patterns.enumerated().reversed().map { ($1, Int32($0)) })
    for case let first? in patterns.map(\.first) { startsContent[Int(first)] = true }
  }

  /// Cuts a text at the added tokens; empty pieces are left out.
  func segments(of text: [UInt8]) -> [Segment] {
    var segments: [Segment] = []
    var taken = 0
    var position = 0
    while position < text.count {
      guard startsContent[Int(text[position])],
        let (index, length) = contents.longestPrefix(of: text, position..<text.count)
      else {
        position += 1
        continue
      }
      let token = tokens[Int(index)]
      let match = position..<position + length
      position = match.upperBound
      if token.singleWord, touchesWord(text, match) { continue }
      let start = token.stripsLeft ? max(taken, spaceStart(text, before: match.lowerBound)) : match.lowerBound
      let end = token.stripsRight ? spaceEnd(text, after: match.upperBound) : match.upperBound
      if taken < start { segments.append(.text(taken..<start)) }
      segments.append(.token(token.id, start..<end))
      taken = end
    }
    if taken < text.count { segments.append(.text(taken..<text.count)) }
    return segments
  }

  private func touchesWord(_ text: [UInt8], _ match: Range<Int>) -> Bool {
    if match.lowerBound > 0, isWordCharacter(text, scalarStart(text, before: match.lowerBound)) {
      return true
    }
    return match.upperBound < text.count && isWordCharacter(text, match.upperBound)
  }

  private func spaceStart(_ text: [UInt8], before position: Int) -> Int {
    var position = position
    while position > 0 {
      let start = scalarStart(text, before: position)
      guard UnicodeClasses.of(decodeScalar(text, at: start).value).contains(.space) else { break }
      position = start
    }
    return position
  }

  private func spaceEnd(_ text: [UInt8], after position: Int) -> Int {
    var position = position
    while position < text.count {
      let (value, length) = decodeScalar(text, at: position)
      guard UnicodeClasses.of(value).contains(.space) else { break }
      position += length
    }
    return position
  }

  private func scalarStart(_ text: [UInt8], before position: Int) -> Int {
    var start = position - 1
    while start > 0, text[start] & 0xc0 == 0x80 { start -= 1 }
    return start
  }

  /// What a regular expression's `\w` takes (Unicode Technical Standard 18, annex C).
  ///
  /// The Hugging Face library knows Unicode 16 here: letters that came later are none to it.
  private func isWordCharacter(_ text: [UInt8], _ position: Int) -> Bool {
    guard let scalar = Unicode.Scalar(decodeScalar(text, at: position).value) else { return false }
    let properties = scalar.properties
    guard let age = properties.age, age.major <= 16 else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
    default: return properties.isAlphabetic || properties.isJoinControl
    }
  }
}
