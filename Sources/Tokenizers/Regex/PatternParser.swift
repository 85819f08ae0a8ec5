/// Reads a regular expression as Oniguruma does in its Ruby syntax, which the Hugging Face library uses.
///
/// Read are literals, escapes, `.`, classes with ranges, negation, nesting and `&&`, `\p{…}` of general categories,
/// groups (none captures), `(?i:…)`, `(?m:…)` (`.` takes line breaks), lookahead, atomic groups, alternation, greedy,
/// lazy and possessive quantifiers, and the anchors. Anything else is an error with its place.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var at = 0
  private var depth = 0

  /// What holds for a part.
  private struct Flags {
    var ignoresCase = false
    var dotTakesAll = false
  }

  private static let deepest = 100
  private static let mostTimes = 1000

  private init(_ pattern: String) { scalars = Array(pattern.unicodeScalars) }

  /// Reads a whole pattern.
  static func parse(_ pattern: String) throws(PatternProblem) -> PatternNode {
    var parser = PatternParser(pattern)
    let node = try parser.choice(Flags())
    if parser.at < parser.scalars.count { throw parser.problem("')' without '('") }
    return node
  }

  /// The literal text as a pattern.
  static func literal(_ text: String) -> PatternNode {
    .sequence(text.unicodeScalars.map { .set(ScalarSet($0.value, $0.value)) })
  }

  // MARK: Structure

  private mutating func choice(_ flags: Flags) throws(PatternProblem) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.deepest { throw problem("more than \(Self.deepest) groups in each other") }
    var parts = [try sequence(flags)]
    while skip("|") { parts.append(try sequence(flags)) }
    return parts.count == 1 ? parts[0] : .choice(parts)
  }

  private mutating func sequence(_ flags: Flags) throws(PatternProblem) -> PatternNode {
    var parts: [PatternNode] = []
    while let next = peek(), next != "|", next != ")" {
      if let rest = try openFlags(flags) {
        // Flags without a group hold to the end of the group around them, alternatives included.
        parts.append(try choice(rest))
        break
      }
      guard let part = try atom(flags) else { continue }
      parts.append(try quantified(part))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  /// The flags of `(?i)`; nil, and nothing read, for anything else.
  private mutating func openFlags(_ flags: Flags) throws(PatternProblem) -> Flags? {
    let start = at
    guard skip("("), skip("?"), let read = flagLetters(flags), skip(")") else {
      at = start
      return nil
    }
    return read
  }

  private mutating func flagLetters(_ flags: Flags) -> Flags? {
    var flags = flags
    var isOn = true
    var count = 0
    while let next = peek() {
      switch next {
      case "-": isOn = false
      case "i": flags.ignoresCase = isOn
      case "m": flags.dotTakesAll = isOn
      default: return count > 0 ? flags : nil
      }
      at += 1
      count += 1
    }
    return nil
  }

  /// One part without its quantifier; nil for a comment.
  private mutating func atom(_ flags: Flags) throws(PatternProblem) -> PatternNode? {
    let start = at
    guard let next = take() else { throw problem("the pattern ends early") }
    switch next {
    case "(": return try group(flags, from: start)
    case "[": return .set(fold(try classSet(from: start), flags))
    case ".": return .set(flags.dotTakesAll ? ScalarSet().inverted : ScalarSet(0x0a, 0x0a).inverted)
    case "^": return .place(.lineStart)
    case "$": return .place(.lineEnd)
    case "*", "+", "?": throw problem("nothing stands before '\(next)'", at: start)
    case "\\":
      if let place = place() { return .place(place) }
      return .set(fold(try escape(from: start), flags))
    default: return .set(fold(ScalarSet(next.value, next.value), flags))
    }
  }

  private mutating func group(_ flags: Flags, from start: Int) throws(PatternProblem) -> PatternNode? {
    guard skip("?") else { return try closed(try choice(flags), start) }
    if skip(":") { return try closed(try choice(flags), start) }
    if skip("=") { return .look(try closed(try choice(flags), start), isNegated: false) }
    if skip("!") { return .look(try closed(try choice(flags), start), isNegated: true) }
    if skip(">") { return .atomic(try closed(try choice(flags), start)) }
    if skip("#") {
      while let next = take() { if next == ")" { return nil } }
      throw problem("'(' without ')'", at: start)
    }
    if skip("<") {
      if peek() == "=" || peek() == "!" { throw problem("lookbehind is not supported", at: start) }
      while let next = take() { if next == ">" { return try closed(try choice(flags), start) } }
      throw problem("'(?<' without '>'", at: start)
    }
    guard let inner = flagLetters(flags), skip(":") else {
      throw problem("this group is not supported", at: start)
    }
    return try closed(try choice(inner), start)
  }

  private mutating func closed(_ node: PatternNode, _ start: Int) throws(PatternProblem) -> PatternNode {
    guard skip(")") else { throw problem("'(' without ')'", at: start) }
    return node
  }

  private mutating func quantified(_ part: PatternNode) throws(PatternProblem) -> PatternNode {
    var part = part
    while true {
      let start = at
      let bounds: (least: Int, most: Int?)
      var isInterval = false
      if skip("?") {
        bounds = (0, 1)
      } else if skip("*") {
        bounds = (0, nil)
      } else if skip("+") {
        bounds = (1, nil)
      } else if let interval = try interval() {
        bounds = interval
        isInterval = true
      } else {
        return part
      }
      if case .place = part { throw problem("a place cannot be repeated", at: start) }
      if case .look = part { throw problem("lookahead cannot be repeated", at: start) }
      if bounds.most == nil, part.maybeEmpty {
        throw problem("a repetition of what may be empty is not supported", at: start)
      }
      var taking = PatternNode.Taking.most
      if skip("?") {
        if isInterval, bounds.least == bounds.most { throw problem("'{n}?' is not supported", at: start) }
        taking = .least
      } else if !isInterval, skip("+") {
        taking = .all
      }
      part = .repetition(part, least: bounds.least, most: bounds.most, taking)
    }
  }

  /// `{n}`, `{n,}`, `{,n}`, `{n,m}`; anything else that begins with a brace is a literal.
  private mutating func interval() throws(PatternProblem) -> (least: Int, most: Int?)? {
    let start = at
    guard skip("{") else { return nil }
    let least = number()
    let hasComma = skip(",")
    let most = hasComma ? number() : least
    guard skip("}"), least != nil || most != nil else {
      at = start
      return nil
    }
    if max(least ?? 0, most ?? 0) > Self.mostTimes {
      throw problem("more than \(Self.mostTimes) repetitions", at: start)
    }
    if let most, most < least ?? 0 { throw problem("the bounds stand in the wrong order", at: start) }
    return (least ?? 0, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let next = peek(), ("0"..."9").contains(next) {
      value = min((value ?? 0) * 10 + Int(next.value - 0x30), 1_000_000)
      at += 1
    }
    return value
  }

  // MARK: Sets

  private func fold(_ set: ScalarSet, _ flags: Flags) -> ScalarSet {
    flags.ignoresCase ? set.caseFolded : set
  }

  /// A place that a letter behind the backslash says, which is then read.
  private mutating func place() -> PatternPlace? {
    let places: [Unicode.Scalar: PatternPlace] = [
      "A": .textStart, "z": .textEnd, "Z": .lastLineEnd, "b": .wordBorder, "B": .noWordBorder,
    ]
    guard let next = peek(), let place = places[next] else { return nil }
    at += 1
    return place
  }

  /// What stands behind a backslash.
  private mutating func escape(from start: Int) throws(PatternProblem) -> ScalarSet {
    guard let next = take() else { throw problem("'\\' at the end", at: start) }
    switch next {
    case "s": return .space
    case "S": return ScalarSet.space.inverted
    case "d": return .digit
    case "D": return ScalarSet.digit.inverted
    case "w": return .word
    case "W": return ScalarSet.word.inverted
    case "h": return .hexDigit
    case "H": return ScalarSet.hexDigit.inverted
    case "p": return try property(isNegated: false, from: start)
    case "P": return try property(isNegated: true, from: start)
    case "x": return try hexadecimal(start)
    case "u": return try scalar(digits(4, 4), from: start)
    default: break
    }
    let controls: [Unicode.Scalar: UInt32] = [
      "n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "a": 7, "e": 27, "0": 0,
    ]
    if let value = controls[next] { return ScalarSet(value, value) }
    if next.isASCII, next.properties.isAlphabetic || ("0"..."9").contains(next) {
      throw problem("'\\\(next)' is not supported", at: start)
    }
    return ScalarSet(next.value, next.value)
  }

  private mutating func hexadecimal(_ start: Int) throws(PatternProblem) -> ScalarSet {
    guard skip("{") else { return try scalar(digits(1, 2), from: start) }
    let value = digits(1, 8)
    guard skip("}") else { throw problem("'\\x{' without '}'", at: start) }
    return try scalar(value, from: start)
  }

  private mutating func digits(_ least: Int, _ most: Int) -> UInt32? {
    var value: UInt32 = 0
    var count = 0
    while count < most, let next = peek(), let digit = Character(next).hexDigitValue, next.isASCII {
      value = value << 4 | UInt32(digit)
      at += 1
      count += 1
    }
    return count < least ? nil : value
  }

  private func scalar(_ value: UInt32?, from start: Int) throws(PatternProblem) -> ScalarSet {
    guard let value, Unicode.Scalar(value) != nil else {
      throw problem("not the number of a character", at: start)
    }
    return ScalarSet(value, value)
  }

  private mutating func property(isNegated: Bool, from start: Int) throws(PatternProblem) -> ScalarSet {
    guard skip("{") else { throw problem("'{' must follow '\\p'", at: start) }
    let isInverted = skip("^") != isNegated
    var name = ""
    while let next = take(), next != "}" { name.unicodeScalars.append(next) }
    guard let set = ScalarSet.property(name) else {
      throw problem("the property '\(name)' is not supported (\(ScalarSet.properties) are)", at: start)
    }
    return isInverted ? set.inverted : set
  }

  /// A class behind its opening bracket.
  private mutating func classSet(from start: Int) throws(PatternProblem) -> ScalarSet {
    depth += 1
    defer { depth -= 1 }
    if depth > Self.deepest { throw problem("more than \(Self.deepest) classes in each other", at: start) }
    let isInverted = skip("^")
    var whole: ScalarSet?
    var part = ScalarSet()
    var isFirst = true
    while true {
      let itemStart = at
      guard let next = take() else { throw problem("'[' without ']'", at: start) }
      if next == "]", !isFirst { break }
      isFirst = false
      if next == "[" {
        if peek() == ":" { throw problem("POSIX brackets are not supported", at: itemStart) }
        part = part.union(try classSet(from: itemStart))
      } else if next == "&", skip("&") {
        whole = whole?.intersection(part) ?? part
        part = ScalarSet()
      } else {
        part = part.union(try range(from: next, itemStart))
      }
    }
    let set = whole?.intersection(part) ?? part
    return isInverted ? set.inverted : set
  }

  /// One member of a class, or a range of them.
  private mutating func range(
    from next: Unicode.Scalar, _ start: Int
  ) throws(PatternProblem) -> ScalarSet {
    let first = next == "\\" ? try classEscape(from: start) : ScalarSet(next.value, next.value)
    guard let low = first.single, peek() == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else {
      return first
    }
    at += 1
    let place = at
    guard let end = take() else { return first }
    let last = end == "\\" ? try classEscape(from: place) : ScalarSet(end.value, end.value)
    guard end != "[", let high = last.single, low <= high else {
      throw problem("this range is not supported", at: start)
    }
    return ScalarSet(low, high)
  }

  private mutating func classEscape(from start: Int) throws(PatternProblem) -> ScalarSet {
    skip("b") ? ScalarSet(8, 8) : try escape(from: start)
  }

  // MARK: Reading

  private func peek() -> Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

  private mutating func take() -> Unicode.Scalar? {
    guard at < scalars.count else { return nil }
    at += 1
    return scalars[at - 1]
  }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar else { return false }
    at += 1
    return true
  }

  private func problem(_ what: String, at place: Int? = nil) -> PatternProblem {
    PatternProblem(what: what, column: (place ?? at) + 1)
  }
}
