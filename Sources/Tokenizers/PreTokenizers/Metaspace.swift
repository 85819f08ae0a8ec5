internal import Basics

/// SentencePiece's way: spaces become a visible character, which may also stand before the first word.
struct Metaspace: PreTokenizer {
  /// Where the character is put before a piece that does not begin with it.
  enum Prefix: String, CaseIterable {
    case always
    /// Only where the text begins.
    case first
    case never
  }

  let replacement: [UInt8]
  let prefix: Prefix
  let splits: Bool

  func split(_ text: inout SplitText) {
    text.rewrite { rewriting, piece in
      let old = rewriting.source.bytes
      let begins = old[piece.lowerBound] == 0x20 || old[piece].starts(with: replacement)
      if !begins, isPrefixed(piece, of: rewriting.source) {
        rewriting.append(replacement, from: piece.lowerBound)
      }
      var end = piece.lowerBound
      for index in piece where old[index] == 0x20 {
        rewriting.keep(end..<index)
        rewriting.append(replacement, from: index)
        end = index + 1
      }
      rewriting.keep(end..<piece.upperBound)
    }
    guard splits else { return }
    text.split(.mergedWithNext) { bytes, piece, found in
      var position = piece.lowerBound
      while position < piece.upperBound {
        let end = position + decodeScalar(bytes, at: position).length
        if bytes[position..<end].elementsEqual(replacement) { found(position..<end) }
        position = end
      }
    }
  }

  private func isPrefixed(_ piece: Range<Int>, of text: AlignedText) -> Bool {
    switch prefix {
    case .always: true
    case .first: text.original(piece).lowerBound == 0
    case .never: false
    }
  }
}

extension FileSection {
  /// Settings of `Metaspace`, which pre-tokenizer and decoder share.
  func metaspace() throws(Diagnostic) -> Metaspace {
    let name = try optionalText("prepend_scheme") ?? Metaspace.Prefix.always.rawValue
    guard var prefix = Metaspace.Prefix(rawValue: name) else {
      let known = Metaspace.Prefix.allCases.map(\.rawValue).joined(separator: ", ")
      throw problem("'\(name)' is not supported", "prepend_scheme", hint: "supported: \(known)")
    }
    if try !flag("add_prefix_space", usually: true) {
      guard prefix == .never || value("prepend_scheme") == nil else {
        throw problem("false contradicts 'prepend_scheme'", "add_prefix_space", hint: "remove one of the two")
      }
      prefix = .never
    }
    return Metaspace(
      replacement: Array(String(Character(try scalar("replacement"))).utf8), prefix: prefix,
      splits: try flag("split", usually: true))
  }
}

extension StageKind where Stage == any PreTokenizer {
  static let metaspace = StageKind("Metaspace") { section throws(Diagnostic) in try section.metaspace() }
}
