extension Tokenizer {
  /// The text of tokens, as the Hugging Face library's `decode` gives it: bytes that are no UTF-8 become U+FFFD.
  ///
  /// - Parameters:
  ///   - ids: The tokens; an id that nothing has is passed over.
  ///   - skippingSpecials: Whether special tokens are left out.
  public func decode(_ ids: [Int32], skippingSpecials: Bool) -> String {
    let tokens = ids.compactMap {
      skippingSpecials && content.specialIDs.contains($0) ? nil : content.decoded($0)
    }
    guard let decoder = content.decoder else { return tokens.joined(separator: " ") }
    return decoder.decode(tokens).joined()
  }
}

/// Text of tokens that come one by one, such as those that a model writes.
///
/// ```swift
/// var text = TokenText(tokenizer, skippingSpecials: true)
/// for id in ids { print(text.append(id)) }
/// print(text.finish())
/// ```
///
/// A character that lies in several tokens comes with its last one. All that is given out, joined, is `decode` of all
/// tokens; the one exception are byte tokens of which some are no UTF-8: `decode` then replaces their whole run, which may have
/// been given out in part. Cost of a token: O(tokens since the last whole character).
public struct TokenText: Sendable {
  private let tokenizer: Tokenizer
  private let skippingSpecials: Bool
  /// The tokens that the next text is told from: those of the last piece, which stand for what came before, and the new ones.
  private var window: [Int32] = []
  /// How many of the window are told.
  private var told = 0
  private var toldText = ""

  /// Starts a text.
  public init(_ tokenizer: Tokenizer, skippingSpecials: Bool) {
    self.tokenizer = tokenizer
    self.skippingSpecials = skippingSpecials
  }

  /// Takes a token and returns the text that is sure now, empty where a character is not whole yet.
  public mutating func append(_ id: Int32) -> String {
    if skippingSpecials, tokenizer.content.specialIDs.contains(id) { return "" }
    window.append(id)
    let text = tokenizer.decode(window, skippingSpecials: skippingSpecials)
    if text.unicodeScalars.last == "\u{fffd}" { return "" }
    return tell(text)
  }

  /// Returns what is left, with U+FFFD for what is no character.
  public mutating func finish() -> String {
    tell(tokenizer.decode(window, skippingSpecials: skippingSpecials))
  }

  private mutating func tell(_ text: String) -> String {
    let new = String(decoding: text.utf8.dropFirst(toldText.utf8.count), as: UTF8.self)
    window.removeFirst(told)
    told = window.count
    toldText = tokenizer.decode(window, skippingSpecials: skippingSpecials)
    return new
  }
}
