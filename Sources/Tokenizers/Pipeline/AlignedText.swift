/// A text on its way through the pipeline, which knows where in the original each of its bytes comes from.
struct AlignedText: Sendable {
  /// A part of the original.
  struct Origin: Sendable, Hashable {
    var start: Int32
    var end: Int32
  }

  /// The text as it is now, in UTF-8.
  private(set) var bytes: [UInt8]
  /// Where the text begins in the original.
  let start: Int
  /// Whether places are kept; without that a changed text has none.
  let isTracked: Bool
  /// The part of the original that each byte stands for, from `start` on; nil as long as nothing was changed.
  private var origins: [Origin]?

  /// A piece of an original.
  init(_ bytes: [UInt8], start: Int, isTracked: Bool) {
    self.bytes = bytes
    self.start = start
    self.isTracked = isTracked
  }

  /// The part of the original that some bytes stand for: whole characters of it.
  func original(_ range: Range<Int>) -> Range<Int> {
    if range.isEmpty { return start..<start }
    let end = origin(range.upperBound - 1).end
    let begin = origin(range.lowerBound).start
    return start + Int(begin)..<start + Int(max(begin, end))
  }

  /// Takes a text without places in place of this one.
  mutating func replace(untracked bytes: [UInt8]) {
    precondition(!isTracked, "places would be lost")
    self.bytes = bytes
  }

  fileprivate func origin(_ index: Int) -> Origin {
    if let origins { return origins[index] }
    var first = index
    while bytes[first] & 0xc0 == 0x80 { first -= 1 }
    return Origin(start: Int32(first), end: Int32(first + decodeScalar(bytes, at: first).length))
  }

  // MARK: Changes

  /// Writes the text anew.
  mutating func rewrite(_ body: (inout Rewriting) -> Void) {
    var rewriting = Rewriting(source: self)
    rewriting.bytes.reserveCapacity(bytes.count + 8)
    if isTracked { rewriting.origins.reserveCapacity(bytes.count + 8) }
    body(&rewriting)
    bytes = rewriting.bytes
    origins = isTracked ? rewriting.origins : nil
  }

  /// Replaces all scalars by others.
  ///
  /// - Parameter scalars: Each with what it does to the old ones: 0 takes the place of one, 1 stands besides, -n takes
  ///   the place of one and of n more.
  mutating func replace(by scalars: [(value: UInt32, change: Int)]) {
    let old = bytes
    rewrite { rewriting in
      var offset = 0
      func skip() {
        if offset < old.count { offset += decodeScalar(old, at: offset).length }
      }
      for (value, change) in scalars {
        rewriting.append(value, from: change > 0 ? offset - 1 : min(offset, old.count - 1))
        for _ in 0..<max(0, 1 - change) { skip() }
      }
    }
  }

  /// A text that is written anew.
  struct Rewriting {
    /// The text as it was.
    let source: AlignedText
    /// The new text so far.
    fileprivate(set) var bytes: [UInt8] = []
    fileprivate var origins: [Origin] = []

    fileprivate init(source: AlignedText) { self.source = source }

    /// Appends a part of the old text.
    mutating func keep(_ range: Range<Int>) {
      bytes += source.bytes[range]
      if source.isTracked { for index in range { origins.append(source.origin(index)) } }
    }

    /// Appends a scalar that comes from where the old byte at `index` does; from the beginning where that is negative.
    mutating func append(_ value: UInt32, from index: Int) {
      let before = bytes.count
      if value < 0x80 { bytes.append(UInt8(value)) } else { appendScalar(value, to: &bytes) }
      note(bytes.count - before, from: index)
    }

    /// Appends text that comes from where the old byte at `index` does.
    mutating func append(_ text: [UInt8], from index: Int) {
      bytes += text
      note(text.count, from: index)
    }

    private mutating func note(_ count: Int, from index: Int) {
      guard source.isTracked else { return }
      let origin = index < 0 ? Origin(start: 0, end: 0) : source.origin(index)
      for _ in 0..<count { origins.append(origin) }
    }
  }
}
