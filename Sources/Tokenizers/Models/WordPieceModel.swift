internal import Basics

/// WordPiece: a word is the longest known piece at its start, then the longest known rest, and so on.
///
/// Greedy longest match first (Wu et al. 2016, arXiv:1609.08144; as in BERT, Devlin et al. 2019,
/// arXiv:1810.04805, section 3). A word with a rest that no piece begins is the unknown token as a whole.
/// Cost: O(bytes · pieces) at worst, O(bytes) for words of the vocabulary.
struct WordPieceModel: TokenModel {
  private let first: ByteTrie
  private let later: ByteTrie
  private let unknown: Int32
  /// What marks the pieces that continue a word.
  let prefix: String
  /// Longer words, in scalars, are unknown.
  let longestWord: Int
  let kind = "WordPiece"
  let vocabulary: [(token: String, id: Int32)]

  var unknownID: Int32? { unknown }

  /// Makes a model; `prefix` marks the pieces that continue a word.
  init(vocabulary: [(token: String, id: Int32)], prefix: String, unknown: Int32, longestWord: Int) {
    first = ByteTrie(vocabulary.map { (Array($0.token.utf8), $0.id) })
    later = ByteTrie(
      vocabulary.compactMap { entry in
        guard entry.token.utf8.starts(with: prefix.utf8) else { return nil }
        return (Array(entry.token.utf8.dropFirst(prefix.utf8.count)), entry.id)
      })
    self.unknown = unknown
    self.prefix = prefix
    self.longestWord = longestWord
    self.vocabulary = vocabulary
  }

  /// The id of a token of the vocabulary.
  func id(_ token: String) -> Int32? { first.value(Array(token.utf8)) }

  func append(_ text: SplitText, to row: inout TokenRow) {
    let bytes = text.text.bytes
    for word in text.pieces {
      append(text.text, bytes, word, to: &row)
      row.endWord()
    }
  }

  /// Appends the pieces of one word.
  private func append(_ text: AlignedText, _ bytes: [UInt8], _ word: Range<Int>, to row: inout TokenRow) {
    var count = 0
    var position = word.lowerBound
    var match = isTooLong(bytes, word) ? nil : first.longestPrefix(of: bytes, word)
    while let (id, length) = match {
      row.append(id, text.original(position..<position + length))
      count += 1
      position += length
      if position == word.upperBound { return }
      match = later.longestPrefix(of: bytes, position..<word.upperBound)
    }
    row.removeLast(count)
    row.append(unknown, text.original(word))
  }

  private func isTooLong(_ bytes: [UInt8], _ word: Range<Int>) -> Bool {
    word.count > longestWord && bytes[word].count { $0 & 0xc0 != 0x80 } > longestWord
  }
}

extension StageKind where Stage == any TokenModel {
  static let wordPiece = StageKind("WordPiece") { section throws(Diagnostic) in
    let vocabulary = try section.vocabulary()
    let prefix = try section.text("continuing_subword_prefix")
    let longest = try section.integer("max_input_chars_per_word")
    let unknown = try section.text("unk_token")
    guard let unknownID = vocabulary.first(where: { $0.token.hasBytes(of: unknown) })?.id else {
      throw section.problem("the vocabulary lacks the unknown token '\(unknown)'", "unk_token")
    }
    return WordPieceModel(vocabulary: vocabulary, prefix: prefix, unknown: unknownID, longestWord: longest)
  }
}
