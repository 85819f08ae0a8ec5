/// A regular expression with the meaning that Oniguruma gives it: of all matches the leftmost, of those the first in the
/// order of the pattern.
///
/// It backtracks. A text that makes it backtrack much is searched on by a second program that remembers for each
/// alternative and place whether it led to a match: no pattern takes longer than O(pattern · text).
package struct TextPattern: Sendable {
  let fast: PatternProgram
  let careful: PatternProgram

  /// Compiles a pattern.
  ///
  /// - Throws: a `PatternProblem` with the column of what is not understood.
  init(_ pattern: String) throws(PatternProblem) { try self.init(PatternParser.parse(pattern)) }

  /// A pattern that takes a text as it stands.
  init(literal text: String) throws(PatternProblem) { try self.init(PatternParser.literal(text)) }

  /// A pattern of our own, which is known to be right.
  static func known(_ pattern: String) -> TextPattern {
    do { return try TextPattern(pattern) } catch { preconditionFailure("'\(pattern)': \(error)") }
  }

  private init(_ node: PatternNode) throws(PatternProblem) {
    fast = try PatternProgram(node, hasRuns: true)
    careful = try PatternProgram(node, hasRuns: false)
  }

  /// Compiles a pattern for a test, which sees what is wrong as a text.
  package static func compiled(_ pattern: String) -> Result<TextPattern, PatternFailure> {
    do { return .success(try TextPattern(pattern)) } catch {
      return .failure(PatternFailure(description: "\(error.column): \(error.what)"))
    }
  }

  /// The matches in a part of a text, from the left; the text ends where the part does.
  ///
  /// An empty match right behind another match is passed over, as Oniguruma's binding does it.
  ///
  /// - Parameter isCareful: Whether to remember from the beginning, for tests.
  package func matches(in text: [UInt8], _ part: Range<Int>, isCareful: Bool = false) -> [Range<Int>] {
    var found: [Range<Int>] = []
    forEachMatch(in: text, part, isCareful: isCareful) { found.append($0) }
    return found
  }

  /// Calls `body` with each match in a part of a text.
  func forEachMatch(
    in text: [UInt8], _ part: Range<Int>, isCareful: Bool = false, _ body: (Range<Int>) -> Void
  ) {
    var matcher = PatternMatcher(self, part, isCareful: isCareful)
    var position = part.lowerBound
    var last = -1
    while position <= part.upperBound, let match = matcher.next(text, from: position) {
      if match.isEmpty, match.lowerBound == last {
        position += position < part.upperBound ? decodeScalar(text, at: position).length : 1
      } else {
        body(match)
        position = match.upperBound
        last = position
      }
    }
  }
}

/// A pattern that a test could not compile.
package struct PatternFailure: Error, CustomStringConvertible {
  /// The column and what is wrong.
  package let description: String
}

/// A search through one text.
struct PatternMatcher {
  private let pattern: TextPattern
  private let lower: Int
  private let upper: Int
  private var frames: [Frame] = []
  private var effort = 0
  private var mostEffort: Int
  private var isExhausted = false
  /// Where each split of the careful program leads at each position.
  ///
  /// 0 is not known, -1 leads to no match, anything else is one more than the end of the match. Empty as long as nothing is
  /// remembered.
  private var memo: [Int32] = []

  /// A way that was not tried yet.
  private struct Frame {
    var step: Int
    var position: Int
    /// Of a run the lowest position that it can go back to; `single` for a step, `note` for a split whose ways are all
    /// tried once this is reached.
    var floor: Int
    static let single = -1
    static let note = -2
  }

  init(_ pattern: TextPattern, _ part: Range<Int>, isCareful: Bool) {
    self.pattern = pattern
    lower = part.lowerBound
    upper = part.upperBound
    // Enough for every usual pattern and text; what needs more is remembered.
    mostEffort = 1000 + 64 * part.count
    if isCareful { remember() }
  }

  /// The first match that begins at a position or later.
  mutating func next(_ text: [UInt8], from position: Int) -> Range<Int>? {
    var position = position
    while true {
      if pattern.fast.starts[position < upper ? Int(text[position]) : 256] {
        if let end = match(text, at: position) { return position..<end }
      }
      guard position < upper else { return nil }
      position += decodeScalar(text, at: position).length
    }
  }

  private mutating func match(_ text: [UInt8], at position: Int) -> Int? {
    if memo.isEmpty {
      let end = run(pattern.fast, text, from: 0, at: position)
      if !isExhausted { return end }
      isExhausted = false
      remember()
    }
    return run(pattern.careful, text, from: 0, at: position)
  }

  private mutating func remember() {
    let splits = pattern.careful.guards.count / 257
    memo = [Int32](repeating: 0, count: max(1, splits * (upper - lower + 1)))
    mostEffort = .max
    frames.removeAll(keepingCapacity: true)
  }

  /// Runs the steps from one on; the end of the match, nil where there is none or the effort is exhausted.
  private mutating func run(_ program: PatternProgram, _ text: [UInt8], from entry: Int, at start: Int)
    -> Int?
  {
    let base = frames.count
    var index = entry
    var position = start
    while true {
      effort += 1
      if effort > mostEffort { isExhausted = true }
      if isExhausted { return nil }
      var isAlive = true
      switch program.steps[index] {
      case .set(let table):
        isAlive = false
        if position < upper {
          let (value, length) = decodeScalar(text, at: position)
          if program.tables[table].contains(value) {
            position += length
            index += 1
            isAlive = true
          }
        }
      case .run(let table, let least, let most, let isFinal):
        let begin = position
        var floor = least == 0 ? position : -1
        var count = 0
        while position < upper, count < most {
          let (value, length) = decodeScalar(text, at: position)
          guard program.tables[table].contains(value) else { break }
          position += length
          count += 1
          if count == least { floor = position }
        }
        effort += position - begin
        isAlive = floor >= 0
        if isAlive, !isFinal, position > floor {
          frames.append(Frame(step: index + 1, position: position, floor: floor))
        }
        index += 1
      case .split(let first, let second, let guards):
        if !memo.isEmpty {
          let place = guards / 257 * (upper - lower + 1) + position - lower
          let known = memo[place]
          if known > 0 { return succeed(at: Int(known) - 1 + lower, base) }
          isAlive = known == 0
          if isAlive { frames.append(Frame(step: place, position: 0, floor: Frame.note)) }
        }
        if isAlive {
          switch program.guards[guards + (position < upper ? Int(text[position]) : 256)] {
          case 1: index = first
          case 2: index = second
          case 3:
            frames.append(Frame(step: second, position: position, floor: Frame.single))
            index = first
          default: isAlive = false
          }
        }
      case .jump(let next): index = next
      case .look(let isNegated, let next):
        isAlive = (run(program, text, from: index + 1, at: position) == nil) == isNegated
        index = next
      case .atomic(let next):
        let end = run(program, text, from: index + 1, at: position)
        isAlive = end != nil
        position = end ?? position
        index = next
      case .place(let place):
        isAlive = isAt(place, text, position)
        index += 1
      case .accept: return succeed(at: position, base)
      }
      if isAlive { continue }
      guard let way = nextWay(text, base) else { return nil }
      (index, position) = way
    }
  }

  /// The next way that was not tried yet; nil where there is none.
  private mutating func nextWay(_ text: [UInt8], _ base: Int) -> (index: Int, position: Int)? {
    while frames.count > base {
      let top = frames.count - 1
      let frame = frames[top]
      if frame.floor >= 0 {
        var position = frame.position - 1
        while text[position] & 0xc0 == 0x80 { position -= 1 }
        if position > frame.floor { frames[top].position = position } else { frames.removeLast() }
        return (frame.step, position)
      }
      frames.removeLast()
      if frame.floor == Frame.single { return (frame.step, frame.position) }
      memo[frame.step] = -1
    }
    return nil
  }

  /// Takes away this run's frames; the splits on the way to the match are remembered with its end.
  private mutating func succeed(at end: Int, _ base: Int) -> Int {
    while frames.count > base {
      let frame = frames.removeLast()
      if frame.floor == Frame.note { memo[frame.step] = Int32(end - lower + 1) }
    }
    return end
  }

  private func isAt(_ place: PatternPlace, _ text: [UInt8], _ position: Int) -> Bool {
    switch place {
    case .lineStart: position == lower || (position < upper && text[position - 1] == 0x0a)
    case .lineEnd: position == upper || text[position] == 0x0a
    case .textStart: position == lower
    case .textEnd: position == upper
    case .lastLineEnd: position == upper || (position == upper - 1 && text[position] == 0x0a)
    case .wordBorder: isWordBorder(text, position)
    case .noWordBorder: !isWordBorder(text, position)
    }
  }

  private func isWordBorder(_ text: [UInt8], _ position: Int) -> Bool {
    var before = false
    if position > lower {
      var start = position - 1
      while text[start] & 0xc0 == 0x80 { start -= 1 }
      before = ScalarSet.word.contains(decodeScalar(text, at: start).value)
    }
    return before != (position < upper && ScalarSet.word.contains(decodeScalar(text, at: position).value))
  }
}
