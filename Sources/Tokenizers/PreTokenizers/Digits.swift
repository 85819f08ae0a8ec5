internal import Basics

/// Splits numbers from the rest, or each digit.
struct Digits: PreTokenizer {
  let areSingle: Bool

  private static let numeric = ScalarTable(.numeric)

  func split(_ text: inout SplitText) {
    text.split(areSingle ? .isolated : .contiguous) { bytes, piece, found in
      var position = piece.lowerBound
      let numeric = Self.numeric
      while position < piece.upperBound {
        let (value, length) = decodeScalar(bytes, at: position)
        if numeric.contains(value) { found(position..<position + length) }
        position += length
      }
    }
  }
}

extension StageKind where Stage == any PreTokenizer {
  static let digits = StageKind("Digits") { section throws(Diagnostic) in
    Digits(areSingle: try section.flag("individual_digits"))
  }
}
