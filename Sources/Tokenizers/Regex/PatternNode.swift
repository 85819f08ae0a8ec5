/// A part of a regular expression.
indirect enum PatternNode: Sendable {
  /// How often a repeated part is tried.
  enum Taking: Sendable {
    /// As often as possible first.
    case most
    /// As seldom as possible first.
    case least
    /// As often as possible, and not less later on.
    case all
  }

  /// One scalar of a set.
  case set(ScalarSet)
  /// One after the other.
  case sequence([PatternNode])
  /// The first that leads to a match.
  case choice([PatternNode])
  /// Some times; nil for no limit.
  case repetition(PatternNode, least: Int, most: Int?, Taking)
  /// What must follow, or must not, without being taken.
  case look(PatternNode, isNegated: Bool)
  /// The first match of a part, and no other.
  case atomic(PatternNode)
  /// A place.
  case place(PatternPlace)

  /// Whether it may match without taking anything.
  var maybeEmpty: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.maybeEmpty)
    case .choice(let parts): parts.contains(where: \.maybeEmpty)
    case .repetition(let part, let least, _, _): least == 0 || part.maybeEmpty
    case .look, .place: true
    case .atomic(let part): part.maybeEmpty
    }
  }
}

/// A place in a text that a regular expression asks for.
enum PatternPlace: Sendable {
  /// `^`: the beginning of a line, but not the end of a text behind its last line break.
  case lineStart
  /// `$`: the end of a line.
  case lineEnd
  /// `\A`.
  case textStart
  /// `\z`.
  case textEnd
  /// `\Z`: the end, or before a line break there.
  case lastLineEnd
  /// `\b`.
  case wordBorder
  /// `\B`.
  case noWordBorder
}

/// A regular expression that cannot be read.
struct PatternProblem: Error, Hashable {
  /// What is wrong.
  let what: String
  /// The character of the pattern where it is wrong, from one.
  let column: Int
}
