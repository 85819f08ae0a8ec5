/// One step of a compiled regular expression.
enum PatternStep: Sendable {
  /// Takes one scalar of a table.
  case set(Int)
  /// Takes scalars of a table, as many as there are between two bounds; gives some back later unless `isFinal`.
  case run(Int, least: Int, most: Int, isFinal: Bool)
  /// Goes on at the first step, and if that fails at the second; `guards` says which of them the next byte allows.
  case split(first: Int, second: Int, guards: Int)
  /// Goes on elsewhere.
  case jump(Int)
  /// Looks ahead by the steps behind this one, up to their `accept`.
  case look(isNegated: Bool, next: Int)
  /// Takes the first match of the steps behind this one, up to their `accept`.
  case atomic(next: Int)
  /// Asks for a place.
  case place(PatternPlace)
  /// The end.
  case accept
}

/// A compiled regular expression.
struct PatternProgram: Sendable {
  private(set) var steps: [PatternStep] = []
  private(set) var tables: [ScalarTable] = []
  /// For each split 257 entries, by the next byte or the end of the text: 1 where the first step may match there, plus 2 where
  /// the second may.
  private(set) var guards: [UInt8] = []
  /// Whether a match may begin with a byte; the last entry is the end of the text.
  private(set) var starts: [Bool] = []

  private var sets: [ScalarSet] = []
  private let hasRuns: Bool

  /// A program of more steps is refused: `{m,n}` writes its part several times.
  private static let largest = 20_000
  private static let bytes = 257

  /// Compiles a pattern.
  ///
  /// - Parameter hasRuns: Whether repeated sets are one step; without it each scalar that they take is one of its own, so
  ///   that a memo sees it.
  init(_ node: PatternNode, hasRuns: Bool) throws(PatternProblem) {
    self.hasRuns = hasRuns
    try append(node)
    steps.append(.accept)
    shorten()
    var known = [[Bool]?](repeating: nil, count: steps.count)
    for index in steps.indices {
      guard case .split(let first, let second, _) = steps[index] else { continue }
      let (one, two) = (beginnings(of: first, &known), beginnings(of: second, &known))
      steps[index] = .split(first: first, second: second, guards: guards.count)
      guards += (0..<Self.bytes).map { (one[$0] ? 1 : 0) + (two[$0] ? 2 : 0) }
    }
    starts = beginnings(of: 0, &known)
    tables = sets.map(ScalarTable.init)
  }

  // MARK: Steps

  private mutating func append(_ node: PatternNode) throws(PatternProblem) {
    if steps.count > Self.largest { throw PatternProblem(what: "the pattern is too long", column: 1) }
    switch node {
    case .set(let set): steps.append(.set(index(of: set)))
    case .sequence(let parts): for part in parts { try append(part) }
    case .place(let place): steps.append(.place(place))
    case .look(let part, let isNegated):
      let start = steps.count
      try appendClosed(part)
      steps[start] = .look(isNegated: isNegated, next: steps.count)
    case .atomic(let part):
      let start = steps.count
      try appendClosed(part)
      steps[start] = .atomic(next: steps.count)
    case .choice(let parts): try append(choice: parts[...])
    case .repetition(let part, let least, let most, .all):
      try append(.atomic(.repetition(part, least: least, most: most, .most)))
    case .repetition(.set(let set), let least, let most, .most) where hasRuns:
      steps.append(.run(index(of: set), least: least, most: most ?? .max, isFinal: false))
    case .repetition(let part, let least, let most, let taking):
      for _ in 0..<least { try append(part) }
      if let most {
        try append(optional: part, times: most - least, taking)
      } else {
        let start = steps.count
        steps.append(.accept)
        try append(part)
        steps.append(.jump(start))
        steps[start] = split(start + 1, steps.count, taking)
      }
    }
  }

  private mutating func appendClosed(_ part: PatternNode) throws(PatternProblem) {
    steps.append(.accept)
    try append(part)
    steps.append(.accept)
  }

  private mutating func append(choice parts: ArraySlice<PatternNode>) throws(PatternProblem) {
    guard let first = parts.first else { return }
    if parts.count == 1 { return try append(first) }
    let start = steps.count
    steps.append(.accept)
    try append(first)
    let end = steps.count
    steps.append(.accept)
    steps[start] = split(start + 1, steps.count, .most)
    try append(choice: parts.dropFirst())
    steps[end] = .jump(steps.count)
  }

  private mutating func append(
    optional part: PatternNode, times: Int, _ taking: PatternNode.Taking
  ) throws(PatternProblem) {
    var starts: [Int] = []
    for _ in 0..<times {
      starts.append(steps.count)
      steps.append(.accept)
      try append(part)
    }
    for start in starts { steps[start] = split(start + 1, steps.count, taking) }
  }

  private func split(_ body: Int, _ rest: Int, _ taking: PatternNode.Taking) -> PatternStep {
    taking == .least
      ? .split(first: rest, second: body, guards: 0) : .split(first: body, second: rest, guards: 0)
  }

  private mutating func index(of set: ScalarSet) -> Int {
    if let index = sets.firstIndex(of: set) { return index }
    sets.append(set)
    return sets.count - 1
  }

  /// Leads jumps to their ends, and marks the runs behind which nothing can fail.
  private mutating func shorten() {
    func target(_ index: Int) -> Int {
      var index = index
      while case .jump(let next) = steps[index] { index = next }
      return index
    }
    for index in steps.indices {
      switch steps[index] {
      case .jump(let next): steps[index] = .jump(target(next))
      case .split(let first, let second, _):
        steps[index] = .split(first: target(first), second: target(second), guards: 0)
      case .run(let set, let least, let most, _):
        if case .accept = steps[target(index + 1)] {
          steps[index] = .run(set, least: least, most: most, isFinal: true)
        }
      case .set, .look, .atomic, .place, .accept: break
      }
    }
  }

  // MARK: First bytes

  /// The bytes with which a match from a step may begin; all where that is not known.
  private func beginnings(of index: Int, _ known: inout [[Bool]?]) -> [Bool] {
    if let found = known[index] { return found }
    // A loop comes back here only without having taken anything, which adds nothing.
    known[index] = [Bool](repeating: false, count: Self.bytes)
    let all = [Bool](repeating: true, count: Self.bytes)
    let found: [Bool]
    switch steps[index] {
    case .set(let set): found = Self.beginnings(sets[set])
    case .run(let set, let least, _, _):
      let own = Self.beginnings(sets[set])
      found = least > 0 ? own : joined(own, beginnings(of: index + 1, &known))
    case .split(let first, let second, _):
      found = joined(beginnings(of: first, &known), beginnings(of: second, &known))
    case .jump(let next), .look(_, let next): found = beginnings(of: next, &known)
    case .place: found = beginnings(of: index + 1, &known)
    case .atomic, .accept: found = all
    }
    known[index] = found
    return found
  }

  private func joined(_ one: [Bool], _ two: [Bool]) -> [Bool] { zip(one, two).map { $0 || $1 } }

  /// The first bytes of a set's scalars in UTF-8.
  private static func beginnings(_ set: ScalarSet) -> [Bool] {
    var found = [Bool](repeating: false, count: bytes)
    func first(_ value: UInt32) -> Int {
      value < 0x80
        ? Int(value)
        : value < 0x800
          ? Int(0xc0 | value >> 6) : value < 0x10000 ? Int(0xe0 | value >> 12) : Int(0xf0 | value >> 18)
    }
    for range in set.ranges {
      for byte in first(range.lowerBound)...first(range.upperBound - 1) { found[byte] = true }
    }
    return found
  }
}
