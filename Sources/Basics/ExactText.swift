/// A text that equals another one only where both have the same bytes: a token, the name of a tensor or of a member.
///
/// Swift's strings are equal where they are canonically equivalent: `é` and `e` with U+0301, or U+91D1 and U+F90A. A
/// vocabulary has both, each with an embedding of its own, and a set of strings would lose one of them.
public struct ExactText: Sendable, Hashable, Comparable {
  /// The text.
  public let text: String

  /// Wraps a text.
  public init(_ text: String) { self.text = text }

  /// Whether all bytes are the same.
  public static func == (a: ExactText, b: ExactText) -> Bool { a.text.hasBytes(of: b.text) }

  /// By the bytes.
  public static func < (a: ExactText, b: ExactText) -> Bool {
    a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
  }

  /// Feeds the bytes, eight at a time.
  public func hash(into hasher: inout Hasher) {
    var word: UInt64 = 1
    for byte in text.utf8 {
      if word >> 56 != 0 {
        hasher.combine(word)
        word = 1
      }
      word = word << 8 | UInt64(byte)
    }
    hasher.combine(word)
  }
}

extension ExactText: CustomStringConvertible {
  /// The text.
  public var description: String { text }
}

extension String {
  /// Whether all bytes are the same; `==` would take canonically equivalent texts for one.
  public func hasBytes(of other: String) -> Bool {
    // Nearly all differ at the first step, or at the second, which compares plain texts as memory.
    utf8.count == other.utf8.count && self == other && utf8.elementsEqual(other.utf8)
  }
}
