/// A place that an error points at: a file with line and column, and what lies there (a tensor, a row).
public struct Place: Sendable, Hashable, Codable {
  /// The file as the user named it.
  public var file: String
  /// One-based line, where there is one.
  public var line: Int?
  /// One-based column in characters, where there is one.
  public var column: Int?
  /// What lies there, for instance `tensor 'encoder.layer.0.output.dense.weight'`.
  public var detail: String?

  /// Makes a place.
  public init(file: String, line: Int? = nil, column: Int? = nil, detail: String? = nil) {
    self.file = file
    self.line = line
    self.column = column
    self.detail = detail
  }
}

extension Place: CustomStringConvertible {
  /// `file:line:column: detail`, as far as known.
  public var description: String {
    var text = file
    if let line { text += ":\(line)" }
    if let line, line > 0, let column { text += ":\(column)" }
    if let detail { text += ": \(detail)" }
    return text
  }
}

/// What is wrong, where, and how to mend it: the one error type that reaches a user.
///
/// One struct for all modules instead of an enum for each: nothing in the program branches on the
/// kind of a user's mistake, everything renders it. The exceptions are `isRefusal` and `systemNumber`.
public struct Diagnostic: Error, Sendable, Hashable, Codable {
  /// What is wrong, one sentence without a full stop.
  public var what: String
  /// Where it is wrong.
  public var place: Place?
  /// How to mend it.
  public var hint: String?
  /// The source line that `place` points into, for a caret.
  public var source: String?
  /// Whether a method has something against the values that it was given, so that others are worth a trial; false where
  /// the work itself failed.
  ///
  /// Not written to files or to other processes: only who tries values asks.
  public private(set) var isRefusal = false
  /// The system's number where it refused to write, as in `errno`; nil for everything else.
  public private(set) var systemNumber: Int32?

  /// Makes a diagnostic.
  public init(_ what: String, at place: Place? = nil, hint: String? = nil, source: String? = nil) {
    self.what = what
    self.place = place
    self.hint = hint
    self.source = source
  }

  /// A method's refusal of values: of parameters or weights.
  public static func refusal(_ what: String, hint: String? = nil) -> Diagnostic {
    Diagnostic(what, hint: hint).asRefusal
  }

  /// The same, as a refusal of values.
  public var asRefusal: Diagnostic {
    var refusal = self
    refusal.isRefusal = true
    return refusal
  }

  /// What is said of an input whose bytes are not those that a plan was made of.
  ///
  /// - Parameter what: `the file`, `the base`.
  public static func changed(_ what: String, _ path: String) -> Diagnostic {
    Diagnostic(
      "\(what) changed since this run was planned", at: Place(file: path),
      hint: "run again, which plans with what is there now; what is done is kept")
  }

  /// The same, as what the system said where something was to be written.
  public func ofSystem(_ number: Int32?) -> Diagnostic {
    var diagnostic = self
    diagnostic.systemNumber = number
    return diagnostic
  }

  private enum CodingKeys: String, CodingKey { case what, place, hint, source, systemNumber }
}

extension Diagnostic: CustomStringConvertible {
  /// The text that a terminal shows, without a trailing line break.
  ///
  /// ```
  /// a.yaml:14:9: error: unknown parameter 'densty' of merge method 'ties'
  ///    14 |         densty: 0.2
  ///       |         ^ did you mean 'density'?
  /// ```
  public var description: String {
    let prefix = place.map { "\($0): " } ?? ""
    var text = "\(prefix)error: \(what)"
    if let source, let place, let line = place.line {
      let number = String(repeating: " ", count: max(0, 5 - String(line).count)) + String(line)
      let gutter = String(repeating: " ", count: number.count)
      let indent = String(repeating: " ", count: max(0, (place.column ?? 1) - 1))
      text += "\n\(number) | \(source)\n\(gutter) | \(indent)^"
      if let hint { text += " \(hint)" }
    } else if let hint {
      text += "\n  \(hint)"
    }
    return text
  }
}

/// Several diagnostics found together, so that a user mends a file once.
public struct Diagnostics: Error, Sendable, CustomStringConvertible {
  /// The findings in the order of their places.
  public var all: [Diagnostic]

  /// Wraps findings.
  public init(_ all: [Diagnostic]) {
    self.all = all
  }

  /// All findings, one below the other.
  public var description: String {
    all.map(\.description).joined(separator: "\n")
  }
}

extension [Diagnostic] {
  /// One finding for all that say the same of the same file, in the order of the first ones.
  ///
  /// - Parameter others: Says in words how many more there are: `3 more tensors`.
  public func grouped(_ others: (Int) -> String) -> [Diagnostic] {
    var groups: [(first: Diagnostic, more: Int)] = []
    for problem in self {
      let same = groups.firstIndex {
        $0.first.what == problem.what && $0.first.place?.file == problem.place?.file
      }
      if let same { groups[same].more += 1 } else { groups.append((problem, 0)) }
    }
    return groups.map { problem, more in
      guard more > 0 else { return problem }
      var problem = problem
      problem.hint = (problem.hint.map { $0 + "; " } ?? "") + "the same in \(others(more))"
      return problem
    }
  }
}
