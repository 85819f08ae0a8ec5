internal import Basics

/// Lower-cases each scalar, without regard to its neighbours.
struct Lowercase: Normalizer {
  var lowercases: Bool { true }

  func normalize(_ text: inout AlignedText) {
    let bytes = text.bytes
    var scalars: [(value: UInt32, change: Int)] = []
    var position = 0
    var changes = false
    while position < bytes.count {
      let (value, length) = decodeScalar(bytes, at: position)
      position += length
      if UnicodeClasses.of(value).contains(.cased), let scalar = Unicode.Scalar(value) {
        for (index, part) in scalar.properties.lowercaseMapping.unicodeScalars.enumerated() {
          changes = changes || part.value != value
          scalars.append((part.value, index == 0 ? 0 : 1))
        }
      } else {
        scalars.append((value, 0))
      }
    }
    if changes { text.replace(by: scalars) }
  }
}

extension StageKind where Stage == any Normalizer {
  static let lowercase = StageKind("Lowercase") { _ throws(Diagnostic) in Lowercase() }
}
