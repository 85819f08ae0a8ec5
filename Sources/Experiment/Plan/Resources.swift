public import Basics
public import Outlines
public import Specs

/// What the planner must know of a data file.
public struct FileFacts: Sendable, Hashable {
  /// Of its bytes, 64 hexadecimal digits.
  public var sha256: String
  /// Rows, for the estimate.
  public var rows: Int
  /// Its size.
  public var bytes: Int

  /// Makes facts.
  public init(sha256: String, rows: Int, bytes: Int) {
    self.sha256 = sha256
    self.rows = rows
    self.bytes = bytes
  }
}

/// What the planner must know of a base model in a folder.
public struct BaseFacts: Sendable, Hashable {
  /// Over weights, configuration and tokenizer.
  public var sha256: String
  /// The folder.
  public var path: String
  /// Its layers and sizes.
  public var outline: ModelOutline
  /// What sentence-transformers cuts texts to, in tokens; nil where it says nothing.
  public var longest: Int?

  /// Makes facts.
  public init(sha256: String, path: String, outline: ModelOutline, longest: Int? = nil) {
    self.sha256 = sha256
    self.path = path
    self.outline = outline
    self.longest = longest
  }
}

/// What stands between a sound base and a task; findings have no place.
public struct TaskFit: Sendable, Hashable {
  /// What keeps jobs from being done.
  public var problems: [Diagnostic] = []
  /// What keeps them from being worth it: they are done, and say little.
  public var notes: [Diagnostic] = []

  /// Makes one of nothing.
  public init() {}
}

/// The planner's door to the world; tests put a table behind it.
public protocol Resources: Sendable {
  /// Whether a file can be opened there; the planner asks before it looks at files that may be missing.
  func exists(_ path: String) -> Bool
  /// Facts about a data file.
  func file(_ path: String) throws -> FileFacts
  /// Facts about a base: a path, or a name in the local Hugging Face cache.
  ///
  /// - Throws: `Diagnostics`, or a `Diagnostic`, for one that no job could use.
  func base(_ name: String) throws -> BaseFacts
  /// What keeps products from being done in a precision, and how to mend it; nil where nothing does.
  func obstacle(to precision: Precision) -> Diagnostic?
  /// How a sound base serves a task.
  func fit(of task: TaskSpec, base: String) -> TaskFit
  /// The outline of a base that a job will make.
  func outline(of pretrain: PretrainSpec) -> ModelOutline
  /// Tokens of some rows of a split, special tokens counted, at most a few hundred; for the estimate only.
  ///
  /// Empty where they cannot be counted: what is wrong with the data is told before the run.
  ///
  /// - Parameters:
  ///   - base: The base whose tokeniser counts; nil for one that the sweep pretrains itself.
  ///   - locations: SHA-256 → path of the task's files.
  func lengths(of task: TaskSpec, _ split: Split, base: String?, locations: [String: String]) -> [Int]
  /// What stands in the splits of a task that can be read, in the order of `Split`.
  ///
  /// - Parameters:
  ///   - base: The base whose tokeniser counts; nil for one that the sweep pretrains itself.
  ///   - maxTokens: What the manifest cuts longer texts to.
  ///   - locations: SHA-256 → path of the task's files.
  func facts(
    of task: TaskSpec, base: String?, maxTokens: Int, locations: [String: String]
  ) -> [SplitFacts]
}

extension Resources {
  /// Nothing in the way.
  public func obstacle(to precision: Precision) -> Diagnostic? { nil }

  /// Nothing known.
  public func fit(of task: TaskSpec, base: String) -> TaskFit { TaskFit() }

  /// Nothing counted.
  public func facts(
    of task: TaskSpec, base: String?, maxTokens: Int, locations: [String: String]
  ) -> [SplitFacts] { [] }

  /// Nothing counted.
  public func lengths(
    of task: TaskSpec, _ split: Split, base: String?, locations: [String: String]
  ) -> [Int] { [] }
}
