internal import Basics
internal import Foundation

/// BERT's normalizer: clean, isolate ideographs, strip accents, lower-case, in this order.
///
/// Where nobody asks for places, which no training of an encoder does, the text goes through in one pass: ASCII is handled
/// byte by byte, only runs of scalars that can decompose go through Foundation's NFD. With places it is four
/// steps, each as it is written; both give the same text. Cost: O(bytes).
package struct BertNormalizer: Normalizer, Hashable {
  /// Whether controls are removed and white space becomes spaces.
  package var cleansText: Bool
  /// Whether ideographs get spaces around them.
  package var isolatesIdeographs: Bool
  /// Whether marks are removed after canonical decomposition.
  package var stripsAccents: Bool
  /// Whether each scalar is lower-cased, without regard to its neighbours.
  package var lowercases: Bool

  /// Makes a normaliser.
  package init(cleansText: Bool, isolatesIdeographs: Bool, stripsAccents: Bool, lowercases: Bool) {
    self.cleansText = cleansText
    self.isolatesIdeographs = isolatesIdeographs
    self.stripsAccents = stripsAccents
    self.lowercases = lowercases
  }

  func normalize(_ text: inout AlignedText) {
    guard text.isTracked else { return text.replace(untracked: normalized(text.bytes)) }
    if cleansText {
      text.replaceScalars { value, classes in
        classes.contains(.dropped) ? [] : [classes.contains(.space) ? 0x20 : value]
      }
    }
    if isolatesIdeographs {
      text.replaceScalars { value, classes in classes.contains(.ideograph) ? [0x20, value, 0x20] : [value] }
    }
    if stripsAccents {
      UnicodeForm(isCompatible: false, composes: false).normalize(&text)
      text.replaceScalars { value, classes in classes.contains(.mark) ? [] : [value] }
    }
    if lowercases { Lowercase().normalize(&text) }
  }

  /// The normalised text with the part of the original that each of its bytes comes from, for tests.
  package func aligned(_ text: [UInt8]) -> (bytes: [UInt8], places: [Range<Int>]) {
    var aligned = AlignedText(text, start: 0, isTracked: true)
    normalize(&aligned)
    return (aligned.bytes, aligned.bytes.indices.map { aligned.original($0..<$0 + 1) })
  }

  /// The normalised text, without places.
  package func normalized(_ text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count + 8)
    var run = String.UnicodeScalarView()
    var position = 0
    while position < text.count {
      let byte = text[position]
      if byte < 0x80 {
        position += 1
        // A removed control is no wall between marks.
        if cleansText, UnicodeClasses.of(UInt32(byte)).contains(.dropped) { continue }
        if !run.isEmpty { flush(&run, to: &output) }
        append(ascii: byte, to: &output)
      } else {
        let (scalar, length) = decodeScalar(text, at: position)
        position += length
        append(scalar, run: &run, to: &output)
      }
    }
    if !run.isEmpty { flush(&run, to: &output) }
    return output
  }

  private func append(ascii byte: UInt8, to output: inout [UInt8]) {
    switch byte {
    case 0x41...0x5a: output.append(lowercases ? byte | 0x20 : byte)
    case 0x09, 0x0a, 0x0d: output.append(cleansText ? 0x20 : byte)
    default: output.append(byte)
    }
  }

  /// Takes a scalar outside ASCII: into the run that waits for NFD, or straight to the output.
  ///
  /// A scalar that neither decomposes nor moves is a wall for NFD: what stands before and after it
  /// can be decomposed apart.
  private func append(
    _ value: UInt32, run: inout String.UnicodeScalarView, to output: inout [UInt8]
  ) {
    let classes = UnicodeClasses.of(value)
    if cleansText, classes.contains(.dropped) { return }
    if cleansText, classes.contains(.space) {
      if !run.isEmpty { flush(&run, to: &output) }
      output.append(0x20)
      return
    }
    let isolated = isolatesIdeographs && classes.contains(.ideograph)
    if isolated {
      if !run.isEmpty { flush(&run, to: &output) }
      output.append(0x20)
    }
    if stripsAccents, classes.contains(.decomposable), let scalar = Unicode.Scalar(value) {
      run.append(scalar)
      if isolated { flush(&run, to: &output) }
    } else {
      if !run.isEmpty { flush(&run, to: &output) }
      finish(value, classes, to: &output)
    }
    if isolated { output.append(0x20) }
  }

  /// Decomposes the waiting run and sends it on.
  private func flush(_ run: inout String.UnicodeScalarView, to output: inout [UInt8]) {
    var text = String(run).decomposedStringWithCanonicalMapping
    // Foundation takes these three for starters, though they decompose to marks: the marks of a second
    // pass move as they must.
    if run.contains(where: { $0 == "\u{f73}" || $0 == "\u{f75}" || $0 == "\u{f81}" }) {
      text = text.decomposedStringWithCanonicalMapping
    }
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        append(ascii: UInt8(scalar.value), to: &output)
      } else {
        finish(scalar.value, UnicodeClasses.of(scalar.value), to: &output)
      }
    }
    run.removeAll(keepingCapacity: true)
  }

  /// The last two steps for a decomposed scalar: marks go, the rest is lower-cased.
  private func finish(_ value: UInt32, _ classes: UnicodeClasses, to output: inout [UInt8]) {
    if stripsAccents, classes.contains(.mark) { return }
    if lowercases, classes.contains(.cased), let scalar = Unicode.Scalar(value) {
      output.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
    } else {
      appendScalar(value, to: &output)
    }
  }
}

extension AlignedText {
  /// Replaces each scalar by some, all of which come from where it does.
  fileprivate mutating func replaceScalars(_ parts: (UInt32, UnicodeClasses) -> [UInt32]) {
    let old = bytes
    rewrite { rewriting in
      var position = 0
      while position < old.count {
        let (value, length) = decodeScalar(old, at: position)
        for part in parts(value, UnicodeClasses.of(value)) { rewriting.append(part, from: position) }
        position += length
      }
    }
  }
}

extension StageKind where Stage == any Normalizer {
  static let bert = StageKind("BertNormalizer") { section throws(Diagnostic) in
    let lowercases = try section.flag("lowercase")
    return BertNormalizer(
      cleansText: try section.flag("clean_text"),
      isolatesIdeographs: try section.flag("handle_chinese_chars"),
      stripsAccents: try section.flag("strip_accents", usually: lowercases), lowercases: lowercases)
  }
}
