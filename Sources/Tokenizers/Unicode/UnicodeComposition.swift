internal import Foundation

/// Decompositions and compositions of single scalars, of those that the Hugging Face library's Unicode knows.
///
/// Foundation decomposes; which scalars may be decomposed is read off the library, whose Unicode is older. What one
/// version decomposes no later one changes (Unicode's stability policy).
enum UnicodeComposition {
  static let decomposing = ScalarTable(ScalarSet(pairs: UnicodeRanges.decomposable))
  static let compatible = ScalarTable(ScalarSet(pairs: UnicodeCategoryRanges.compatible))
  static let composing = ScalarTable(ScalarSet(pairs: UnicodeCategoryRanges.composing))

  /// The scalars that one is decomposed to, itself where it is not.
  static func decomposition(of value: UInt32, isCompatible: Bool) -> [UInt32] {
    if isCompatible, let parts = compatibleParts[value] { return parts }
    if let hangul = syllableParts(value) { return hangul }
    return canonicalParts[value] ?? [value]
  }

  /// The scalar that two are composed to, where there is one.
  static func composition(of first: UInt32, _ second: UInt32) -> UInt32? {
    syllable(first, second) ?? compositions[UInt64(first) << 32 | UInt64(second)]
  }

  /// The canonical combining class.
  static func combiningClass(_ value: UInt32) -> UInt8 {
    guard value >= 0x300, decomposing.contains(value), let scalar = Unicode.Scalar(value) else { return 0 }
    return UInt8(scalar.properties.canonicalCombiningClass.rawValue)
  }

  private static let canonicalParts = parts(UnicodeRanges.decomposable) {
    $0.decomposedStringWithCanonicalMapping
  }
  private static let compatibleParts = parts(UnicodeCategoryRanges.compatible) {
    $0.decomposedStringWithCompatibilityMapping
  }

  private static func parts(_ pairs: [UInt32], _ decompose: (String) -> String) -> [UInt32: [UInt32]] {
    var parts: [UInt32: [UInt32]] = [:]
    for range in ScalarSet(pairs: pairs).ranges {
      for value in range where syllableParts(value) == nil {
        guard let scalar = Unicode.Scalar(value) else { continue }
        let found = decompose(String(Character(scalar))).unicodeScalars.map(\.value)
        if found != [value] { parts[value] = found }
      }
    }
    return parts
  }

  private static let compositions: [UInt64: UInt32] = {
    var pairs: [UInt64: UInt32] = [:]
    func composed(_ values: [UInt32]) -> [UInt32] {
      let text = String(String.UnicodeScalarView(values.compactMap(Unicode.Scalar.init)))
      return text.precomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
    }
    for (value, parts) in canonicalParts where parts.count > 1 && composed([value]) == [value] {
      let first = composed(Array(parts.dropLast()))
      guard first.count == 1, let last = parts.last else { continue }
      pairs[UInt64(first[0]) << 32 | UInt64(last)] = value
    }
    return pairs
  }()

  // MARK: Hangul (Unicode Standard, section 3.12)

  private static let syllables: UInt32 = 0xac00
  private static let leading: UInt32 = 0x1100
  private static let vowels: UInt32 = 0x1161
  private static let trailing: UInt32 = 0x11a7
  private static let counts: (leading: UInt32, vowels: UInt32, trailing: UInt32) = (19, 21, 28)

  private static func syllableParts(_ value: UInt32) -> [UInt32]? {
    let count = counts.leading * counts.vowels * counts.trailing
    guard value >= syllables, value - syllables < count else { return nil }
    let (pair, last) = (value - syllables).quotientAndRemainder(dividingBy: counts.trailing)
    let parts = [leading + pair / counts.vowels, vowels + pair % counts.vowels]
    return last == 0 ? parts : parts + [trailing + last]
  }

  private static func syllable(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if first >= leading, first - leading < counts.leading, second >= vowels, second - vowels < counts.vowels {
      return syllables + ((first - leading) * counts.vowels + second - vowels) * counts.trailing
    }
    guard let parts = syllableParts(first), parts.count == 2, second > trailing,
      second - trailing < counts.trailing
    else { return nil }
    return first + second - trailing
  }
}
