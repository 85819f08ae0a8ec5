internal import Basics

/// Puts a text before every text that is not empty.
struct Prepend: Normalizer {
  let prefix: [UInt8]

  func normalize(_ text: inout AlignedText) {
    let all = text.bytes.indices
    if !all.isEmpty { text.rewrite { $0.prepend(prefix, to: all) } }
  }
}

extension AlignedText.Rewriting {
  /// Appends a prefix, which comes from where the first character does, and a part of the old text.
  mutating func prepend(_ prefix: [UInt8], to part: Range<Int>) {
    append(prefix, from: part.lowerBound)
    keep(part)
  }
}

extension StageKind where Stage == any Normalizer {
  static let prepend = StageKind("Prepend") { section throws(Diagnostic) in
    Prepend(prefix: Array(try section.text("prepend").utf8))
  }
}
