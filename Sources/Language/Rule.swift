internal import Basics

/// What a part of the manifest must be beyond its shape, as far as JSON Schema can say it.
///
/// The reader holds all of these with words of its own for each; the schema is made from them. A test has both refuse
/// the same manifests.
package indirect enum Rule: Sendable {
  /// A text is one of these words.
  case words([String])
  /// A text looks so.
  case pattern(String)
  /// A list or a table has so many entries.
  case count(ClosedRange<Int>)
  /// The keys of a table look so.
  case keys(Shape)
  /// No element stands twice in a list of texts or whole numbers.
  case distinct
  /// A list has more than this word.
  case notOnly(String)
  /// Exactly one of these keys is there; the last is asked for where none is.
  case oneOf([String])
  /// These keys are there.
  case needs([String])
  /// These keys are not there, and why.
  case never([String], because: String)
  /// The value of a key, where it is there, is narrower than its shape elsewhere.
  case narrows(String, Shape)
  /// What holds under a condition, and what holds otherwise.
  case when(Condition, [Rule], otherwise: [Rule])

  /// What holds under a condition.
  package static func when(_ condition: Condition, _ rules: [Rule]) -> Rule {
    .when(condition, rules, otherwise: [])
  }

  /// There is something in a list or a table.
  package static var filled: Rule { .count(1...Int.max) }
}

/// What a rule depends on.
package enum Condition: Sendable {
  /// The key is there.
  case has(String)
  /// The value at the end of this path of keys is one of these words.
  case says([String], among: [String])
  /// The value of a key, or each value of its grid, is one of these words; without the value the condition holds where
  /// `orNothing` says so.
  case saysOnly(String, among: [String], orNothing: Bool)
  /// The value of a key, or some value of its grid, is this word.
  case saysSome(String, String)
}
