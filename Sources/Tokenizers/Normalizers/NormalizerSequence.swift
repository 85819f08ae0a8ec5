internal import Basics

/// Normalizers one after the other.
struct NormalizerSequence: Normalizer {
  let parts: [any Normalizer]

  var lowercases: Bool { parts.contains(where: \.lowercases) }

  func normalize(_ text: inout AlignedText) {
    for part in parts { part.normalize(&text) }
  }
}

extension StageKind where Stage == any Normalizer {
  static let sequence = StageKind("Sequence") { section throws(Diagnostic) in
    var parts: [any Normalizer] = []
    for part in try section.sections("normalizers") {
      parts.append(try [StageKind<any Normalizer>].normalizers.read(part))
    }
    return NormalizerSequence(parts: parts)
  }
}
