internal import Basics

/// Replaces all matches of a pattern by a text.
struct Replace: Normalizer {
  let pattern: TextPattern
  let content: [UInt8]

  func normalize(_ text: inout AlignedText) {
    let bytes = text.bytes
    let matches = pattern.matches(in: bytes, 0..<bytes.count)
    if matches.isEmpty || bytes.isEmpty { return }
    text.rewrite { rewriting in
      var end = 0
      for match in matches {
        rewriting.keep(end..<match.lowerBound)
        rewriting.append(content, from: match.upperBound - 1)
        end = match.upperBound
      }
      rewriting.keep(end..<bytes.count)
    }
  }
}

extension StageKind where Stage == any Normalizer {
  static let replace = StageKind("Replace") { section throws(Diagnostic) in
    Replace(pattern: try section.pattern(), content: Array(try section.text("content").utf8))
  }
}
