internal import Basics
internal import Foundation

/// The normalization forms of Unicode (Unicode Standard Annex 15).
///
/// A text in which nothing can change is left as it is, after one look at each scalar.
package struct UnicodeForm: Normalizer {
  /// Whether compatible characters become one.
  let isCompatible: Bool
  /// Whether characters are composed after they were decomposed.
  let composes: Bool

  /// The form of a name, for tests.
  package static func named(_ name: String) -> UnicodeForm? {
    switch name {
    case "NFC": UnicodeForm(isCompatible: false, composes: true)
    case "NFD": UnicodeForm(isCompatible: false, composes: false)
    case "NFKC": UnicodeForm(isCompatible: true, composes: true)
    case "NFKD": UnicodeForm(isCompatible: true, composes: false)
    default: nil
    }
  }

  /// The normalised text.
  package func normalized(_ text: [UInt8]) -> [UInt8] {
    var aligned = AlignedText(text, start: 0, isTracked: false)
    normalize(&aligned)
    return aligned.bytes
  }

  func normalize(_ text: inout AlignedText) {
    let bytes = text.bytes
    var position = 0
    var changes = false
    while position < bytes.count, !changes {
      let (value, length) = decodeScalar(bytes, at: position)
      changes = value >= 0x80 && mayChange(value)
      position += length
    }
    if changes { text.replace(by: scalars(bytes)) }
  }

  private func mayChange(_ value: UInt32) -> Bool {
    (composes ? UnicodeComposition.composing : UnicodeComposition.decomposing).contains(value)
      || (isCompatible && UnicodeComposition.compatible.contains(value))
  }

  /// The new scalars with what each does to the old ones.
  private func scalars(_ bytes: [UInt8]) -> [(value: UInt32, change: Int)] {
    var result: [(value: UInt32, change: Int)] = []
    var position = 0
    while position < bytes.count {
      let (value, length) = decodeScalar(bytes, at: position)
      position += length
      for (index, part) in UnicodeComposition.decomposition(of: value, isCompatible: isCompatible)
        .enumerated()
      {
        result.append((part, index == 0 ? 0 : 1))
      }
    }
    order(&result)
    return composes ? composed(result) : result
  }

  /// Sorts runs of marks by their combining classes, equal ones as they stand.
  private func order(_ scalars: inout [(value: UInt32, change: Int)]) {
    var start = 0
    while start < scalars.count {
      guard UnicodeComposition.combiningClass(scalars[start].value) != 0 else {
        start += 1
        continue
      }
      var end = start + 1
      while end < scalars.count, UnicodeComposition.combiningClass(scalars[end].value) != 0 { end += 1 }
      if end > start + 1 {
        let run = scalars[start..<end].enumerated().sorted { a, b in
          let classes = [a, b].map { UnicodeComposition.combiningClass($0.element.value) }
          return classes[0] == classes[1] ? a.offset < b.offset : classes[0] < classes[1]
        }
        scalars.replaceSubrange(start..<end, with: run.map(\.element))
      }
      start = end
    }
  }

  private func composed(_ scalars: [(value: UInt32, change: Int)]) -> [(value: UInt32, change: Int)] {
    var result: [(value: UInt32, change: Int)] = []
    var starter: Int?
    var lastClass: UInt8?
    for (value, change) in scalars {
      let own = UnicodeComposition.combiningClass(value)
      if let starter, lastClass.map({ $0 < own }) ?? true,
        let joined = UnicodeComposition.composition(of: result[starter].value, value)
      {
        // One scalar less: what it took is taken by the composed one.
        result[starter] = (joined, result[starter].change + change - 1)
        continue
      }
      if own == 0 {
        starter = result.count
        lastClass = nil
      } else {
        lastClass = own
      }
      result.append((value, change))
    }
    return result
  }
}

extension StageKind where Stage == any Normalizer {
  static let nfc = StageKind("NFC") { _ throws(Diagnostic) in UnicodeForm(isCompatible: false, composes: true)
  }
  static let nfd = StageKind("NFD") { _ throws(Diagnostic) in
    UnicodeForm(isCompatible: false, composes: false)
  }
  static let nfkc = StageKind("NFKC") { _ throws(Diagnostic) in
    UnicodeForm(isCompatible: true, composes: true)
  }
  static let nfkd = StageKind("NFKD") { _ throws(Diagnostic) in
    UnicodeForm(isCompatible: true, composes: false)
  }
}
