internal import Basics

/// Joins all tokens.
struct FuseDecoder: Decoder {
  func decode(_ tokens: [String]) -> [String] { [tokens.joined()] }
}

/// Replaces a pattern in each token.
struct ReplaceDecoder: Decoder {
  let replace: Replace

  func decode(_ tokens: [String]) -> [String] {
    tokens.map { token in
      var text = AlignedText(Array(token.utf8), start: 0, isTracked: false)
      replace.normalize(&text)
      return String(decoding: text.bytes, as: UTF8.self)
    }
  }
}

/// Takes a character away from the ends of each token, some times at most.
struct StripDecoder: Decoder {
  let content: Unicode.Scalar
  let left: Int
  let right: Int

  func decode(_ tokens: [String]) -> [String] {
    tokens.map { token in
      var scalars = token.unicodeScalars[...]
      for _ in 0..<left where scalars.first == content { scalars.removeFirst() }
      for _ in 0..<right where scalars.last == content { scalars.removeLast() }
      return String(scalars)
    }
  }
}

/// The visible character of SentencePiece becomes a space again; at the beginning it goes.
struct MetaspaceDecoder: Decoder {
  let replacement: Unicode.Scalar
  let dropsFirst: Bool

  func decode(_ tokens: [String]) -> [String] {
    tokens.enumerated().map { index, token in
      var text = String.UnicodeScalarView()
      for scalar in token.unicodeScalars {
        if scalar != replacement { text.append(scalar) } else if index > 0 || !dropsFirst { text.append(" ") }
      }
      return String(text)
    }
  }
}

/// Joins the pieces of words and puts spaces between words.
struct WordPieceDecoder: Decoder {
  let prefix: String
  let cleansUp: Bool

  func decode(_ tokens: [String]) -> [String] {
    tokens.enumerated().map { index, token in
      var bytes = Array(token.utf8)
      if index > 0 {
        if bytes.starts(with: prefix.utf8) {
          bytes.removeFirst(prefix.utf8.count)
        } else {
          bytes.insert(0x20, at: 0)
        }
      }
      return cleansUp ? Self.cleanedUp(bytes) : String(decoding: bytes, as: UTF8.self)
    }
  }

  /// English signs and contractions stand without the space before them.
  private static func cleanedUp(_ bytes: [UInt8]) -> String {
    var bytes = bytes
    for (old, new) in replacements {
      let old = Array(old.utf8)
      var result: [UInt8] = []
      var position = 0
      while position < bytes.count {
        if bytes[position...].starts(with: old) {
          result += new.utf8
          position += old.count
        } else {
          result.append(bytes[position])
          position += 1
        }
      }
      bytes = result
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let replacements = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
    (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]
}

/// Decoders one after the other.
struct DecoderSequence: Decoder {
  let parts: [any Decoder]

  func decode(_ tokens: [String]) -> [String] {
    parts.reduce(tokens) { $1.decode($0) }
  }
}

extension StageKind where Stage == any Decoder {
  static let fuse = StageKind("Fuse") { _ throws(Diagnostic) in FuseDecoder() }
  static let replace = StageKind("Replace") { section throws(Diagnostic) in
    ReplaceDecoder(
      replace: Replace(pattern: try section.pattern(), content: Array(try section.text("content").utf8)))
  }
  static let strip = StageKind("Strip") { section throws(Diagnostic) in
    StripDecoder(
      content: try section.scalar("content"), left: try section.integer("start"),
      right: try section.integer("stop"))
  }
  static let metaspace = StageKind("Metaspace") { section throws(Diagnostic) in
    MetaspaceDecoder(
      replacement: try section.scalar("replacement"), dropsFirst: try section.metaspace().prefix != .never)
  }
  static let wordPiece = StageKind("WordPiece") { section throws(Diagnostic) in
    WordPieceDecoder(prefix: try section.text("prefix"), cleansUp: try section.flag("cleanup"))
  }
  static let sequence = StageKind("Sequence") { section throws(Diagnostic) in
    var parts: [any Decoder] = []
    for part in try section.sections("decoders") {
      parts.append(try [StageKind<any Decoder>].decoders.read(part))
    }
    return DecoderSequence(parts: parts)
  }
}
