internal import Basics

/// Splits at a pattern.
struct PatternSplit: PreTokenizer {
  let pattern: TextPattern
  let behavior: SplitBehavior
  let isInverted: Bool

  func split(_ text: inout SplitText) {
    text.split(behavior, isInverted: isInverted) { bytes, piece, found in
      pattern.forEachMatch(in: bytes, piece, found)
    }
  }
}

extension StageKind where Stage == any PreTokenizer {
  static let split = StageKind("Split") { section throws(Diagnostic) in
    let name = try section.text("behavior")
    guard let behavior = SplitBehavior(rawValue: name) else {
      let known = SplitBehavior.allCases.map(\.rawValue).joined(separator: ", ")
      throw section.problem("'\(name)' is not supported", "behavior", hint: "supported: \(known)")
    }
    return PatternSplit(
      pattern: try section.pattern(), behavior: behavior, isInverted: try section.flag("invert"))
  }
}
