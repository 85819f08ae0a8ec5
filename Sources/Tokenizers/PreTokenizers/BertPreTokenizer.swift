internal import Basics

/// BERT's pre-tokenizer: words end at white space, each punctuation sign is a word of its own.
package struct BertPreTokenizer: PreTokenizer {
  /// The kind of every ASCII byte: 0 part of a word, 1 white space, 2 punctuation.
  private static let kinds: [UInt8] = (0..<128).map { value in
    let classes = UnicodeClasses.of(UInt32(value))
    return classes.contains(.space) ? 1 : classes.contains(.punctuation) ? 2 : 0
  }

  func split(_ text: inout SplitText) {
    var words: [Range<Int>] = []
    words.reserveCapacity((text.pieces.last?.upperBound ?? 0) / 4)
    for piece in text.pieces { Self.forEachWord(text.text.bytes, in: piece) { words.append($0) } }
    text.pieces = words
  }

  /// Calls `body` with the words of a normalised text in their order.
  @inline(__always)
  package static func forEachWord(_ text: [UInt8], in range: Range<Int>, _ body: (Range<Int>) -> Void) {
    var start = range.lowerBound
    var position = range.lowerBound
    let kinds = kinds
    while position < range.upperBound {
      let (scalar, length) = decodeScalar(text, at: position)
      let kind = scalar < 0x80 ? kinds[Int(scalar)] : kind(scalar)
      if kind != 0 {
        if start < position { body(start..<position) }
        if kind == 2 { body(position..<position + length) }
        start = position + length
      }
      position += length
    }
    if start < position { body(start..<position) }
  }

  private static func kind(_ scalar: UInt32) -> UInt8 {
    let classes = UnicodeClasses.of(scalar)
    return classes.contains(.space) ? 1 : classes.contains(.punctuation) ? 2 : 0
  }
}

extension StageKind where Stage == any PreTokenizer {
  static let bert = StageKind("BertPreTokenizer") { _ throws(Diagnostic) in BertPreTokenizer() }
}
