internal import Basics
internal import Experiment
internal import LinearAlgebra
internal import Outlines
public import Specs
internal import Tasks
internal import Tokenizers
internal import Training

extension DiskResources {
  /// What stands in the splits of a task; lengths are in tokens, or in words and signs where the base, and with it the
  /// tokeniser, is yet to be made.
  public func facts(
    of task: TaskSpec, base name: String?, maxTokens: Int, locations: [String: String]
  ) -> [SplitFacts] {
    do {
      let base = try name.map { try self.base($0) }
      var read = task
      read.metrics = []
      let key = try StableHash.hex(of: [
        try StableHash.hex(of: read), base?.sha256 ?? "words", "\(maxTokens)",
      ])
      if let known = facts.value(.splits, key) { return known }
      tell("counting the rows of \(task.name)")
      // What ends an answer counts in no row that asks.
      let reader = try base.map { TaskReader(task, tokenizer: try self.tokenizer($0.path), end: nil) }
      let most = min(maxTokens, base?.outline.limits.positions ?? JobPerformer.pretrainedPositions)
      let survey = TaskSurvey(task) { locations[$0] }
      let splits = survey.parts.map { part in
        var facts = part.facts
        facts.lengths = DiskResources.lengths(part, reader, most: most)
        return facts
      }
      // A file that could not be read this time may be there the next time under the same hash.
      if survey.isComplete { facts.keep(splits, .splits, key) }
      return splits
    } catch {
      // What is wrong with the base is told by the plan.
      return []
    }
  }

  /// Counts the rows on all cores.
  private static func lengths(_ part: TaskSurvey.Part, _ reader: TaskReader?, most: Int) -> LengthFacts {
    let pieces = part.examples.count / 1024 + 1
    let counted = Lock([[RowLength]](repeating: [], count: pieces))
    concurrently(pieces) { piece in
      let rows = part.examples.dropFirst(1024 * piece).prefix(1024).map {
        RowLength($0, reader, most: most)
      }
      counted.withLock { $0[piece] = rows }
    }
    let rows = counted.withLock { $0.flatMap(\.self) }
    var facts = LengthFacts(rows.map(\.tokens), most: most)
    for (row, line) in zip(rows, part.lines) {
      facts.words += row.words
      for _ in 0..<row.emptyWords { facts.emptyWords.add(line: line) }
      guard row.tokens > most else { continue }
      facts.cutRows.add(line: line)
      facts.cutTokens += row.tokens - most
      facts.cutWords += row.cutWords
    }
    return facts
  }
}

/// How long a row is, and what a longest length cuts from it.
private struct RowLength {
  var tokens: Int
  var words: Int
  var cutWords = 0
  /// Words without a token: of control characters, say.
  var emptyWords = 0

  init(_ example: Example, _ reader: TaskReader?, most: Int) {
    words = example.words.count
    guard let reader else {
      tokens = DiskResources.words(example)
      if tokens > most { cutWords = min(words, tokens - most) }
      return
    }
    let whole = reader.row(example, maxTokens: .max, isLearnt: false)
    tokens = whole.ids.count
    emptyWords = words - whole.wordStarts.count
    guard tokens > most, words > 0 else { return }
    let cut = reader.row(example, maxTokens: most, isLearnt: false)
    cutWords = whole.wordStarts.count - cut.wordStarts.count
  }
}

extension FactKind<[SplitFacts]> {
  /// What stands in the splits of a task, by task, base and longest length.
  fileprivate static var splits: FactKind { FactKind("splits") }
}
