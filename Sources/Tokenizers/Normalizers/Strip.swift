internal import Basics

/// Takes white space away from the ends of a text.
struct Strip: Normalizer {
  let isLeft: Bool
  let isRight: Bool

  func normalize(_ text: inout AlignedText) {
    let bytes = text.bytes
    var start = 0
    while isLeft, start < bytes.count {
      let (value, length) = decodeScalar(bytes, at: start)
      guard UnicodeClasses.of(value).contains(.space) else { break }
      start += length
    }
    var end = bytes.count
    while isRight, end > start {
      var last = end - 1
      while bytes[last] & 0xc0 == 0x80 { last -= 1 }
      guard UnicodeClasses.of(decodeScalar(bytes, at: last).value).contains(.space) else { break }
      end = last
    }
    if end - start < bytes.count { text.rewrite { $0.keep(start..<end) } }
  }
}

extension StageKind where Stage == any Normalizer {
  static let strip = StageKind("Strip") { section throws(Diagnostic) in
    Strip(isLeft: try section.flag("strip_left"), isRight: try section.flag("strip_right"))
  }
}
