internal import Basics

/// Pre-tokenizers one after the other.
struct PreTokenizerSequence: PreTokenizer {
  let parts: [any PreTokenizer]

  var endsInBytes: Bool { parts.last?.endsInBytes ?? false }

  func split(_ text: inout SplitText) {
    for part in parts { part.split(&text) }
  }
}

extension StageKind where Stage == any PreTokenizer {
  static let sequence = StageKind("Sequence") { section throws(Diagnostic) in
    var parts: [any PreTokenizer] = []
    for (index, part) in try section.sections("pretokenizers").enumerated() {
      if parts.last?.endsInBytes == true {
        throw section.problem("nothing may follow ByteLevel, which ends in bytes", "pretokenizers.\(index)")
      }
      parts.append(try [StageKind<any PreTokenizer>].preTokenizers.read(part))
    }
    return PreTokenizerSequence(parts: parts)
  }
}
