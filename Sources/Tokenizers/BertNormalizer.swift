internal import Foundation

/// BERT's normaliser: clean, isolate ideographs, strip accents, lower-case, in this order.
///
/// The text is UTF-8 in and out. ASCII is handled byte by byte; only runs of scalars that can
/// decompose go through Foundation's NFD. Cost: O(bytes).
package struct BertNormalizer: Sendable, Hashable {
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

  /// The normalised text.
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

/// Reads the scalar that starts at a byte of well-formed UTF-8, and its number of bytes.
@inline(__always)
func decodeScalar(_ text: [UInt8], at position: Int) -> (value: UInt32, length: Int) {
  let first = UInt32(text[position])
  if first < 0x80 { return (first, 1) }
  let second = UInt32(text[position + 1] & 0x3f)
  if first < 0xe0 { return ((first & 0x1f) << 6 | second, 2) }
  let third = UInt32(text[position + 2] & 0x3f)
  if first < 0xf0 { return ((first & 0x0f) << 12 | second << 6 | third, 3) }
  let fourth = UInt32(text[position + 3] & 0x3f)
  return ((first & 0x07) << 18 | second << 12 | third << 6 | fourth, 4)
}

/// Appends a scalar outside ASCII as UTF-8.
private func appendScalar(_ value: UInt32, to output: inout [UInt8]) {
  func follow(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (value >> shift) & 0x3f) }
  if value < 0x800 {
    output.append(UInt8(0xc0 | value >> 6))
  } else if value < 0x10000 {
    output.append(UInt8(0xe0 | value >> 12))
    output.append(follow(6))
  } else {
    output.append(UInt8(0xf0 | value >> 18))
    output.append(follow(12))
    output.append(follow(6))
  }
  output.append(follow(0))
}
