/// BERT's pre-tokeniser: words end at white space, each punctuation sign is a word of its own.
package enum BertPreTokenizer {
  /// A word: its bytes in the normalised text and its number of scalars.
  package struct Word: Sendable, Hashable {
    /// Where the word lies.
    package let bytes: Range<Int>
    /// Its number of scalars.
    package let scalars: Int
  }

  /// The kind of every ASCII byte: 0 part of a word, 1 white space, 2 punctuation.
  private static let kinds: [UInt8] = (0..<128).map { value in
    let classes = UnicodeClasses.of(UInt32(value))
    return classes.contains(.space) ? 1 : classes.contains(.punctuation) ? 2 : 0
  }

  /// Calls `body` with the words of a normalised text in their order.
  @inline(__always)
  package static func forEachWord(_ text: [UInt8], in range: Range<Int>, _ body: (Word) -> Void) {
    var start = range.lowerBound
    var scalars = 0
    var position = range.lowerBound
    let kinds = kinds
    while position < range.upperBound {
      let (scalar, length) = decodeScalar(text, at: position)
      let kind = scalar < 0x80 ? kinds[Int(scalar)] : kind(scalar)
      if kind != 0 {
        if scalars > 0 { body(Word(bytes: start..<position, scalars: scalars)) }
        if kind == 2 { body(Word(bytes: position..<position + length, scalars: 1)) }
        start = position + length
        scalars = 0
      } else {
        scalars += 1
      }
      position += length
    }
    if scalars > 0 { body(Word(bytes: start..<position, scalars: scalars)) }
  }

  private static func kind(_ scalar: UInt32) -> UInt8 {
    let classes = UnicodeClasses.of(scalar)
    return classes.contains(.space) ? 1 : classes.contains(.punctuation) ? 2 : 0
  }
}
