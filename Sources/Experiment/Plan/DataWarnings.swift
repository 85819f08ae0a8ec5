internal import Basics
public import Results
public import Specs

/// The rows of `data.csv` for one task, with what is to be said about each.
struct DataWarnings {
  private let task: TaskSpec
  private let kind: KindOutline
  private let splits: [SplitFacts]
  private let maxTokens: Int
  private let choosesOnValidation: Bool

  /// - Parameters:
  ///   - maxTokens: What the manifest cuts longer texts to.
  ///   - choosesOnValidation: Whether anything of the manifest reads validation data.
  init(
    _ task: TaskSpec, _ kind: KindOutline, _ splits: [SplitFacts], maxTokens: Int, choosesOnValidation: Bool
  ) {
    self.task = task
    self.kind = kind
    self.splits = splits
    self.maxTokens = maxTokens
    self.choosesOnValidation = choosesOnValidation
  }

  var rows: [DataRow] {
    splits.map { facts in
      DataRow(
        task: task.name, kind: task.kind, labels: kind.labels == nil ? [] : task.labels.map(\.name),
        answersWords: kind.answersWords, isGenerated: task.isGenerated, facts: facts,
        warnings: warnings(facts))
    }
  }

  private func warnings(_ facts: SplitFacts) -> [DataWarning] {
    [strayTags(facts), outside(facts)].compactMap(\.self) + groups(facts) + overlaps(facts)
      + [conflicts(facts), sameness(facts), fewHeldOut(facts)].compactMap(\.self) + unseenLabels(facts)
      + [cut(facts), emptyWords(facts), unscaled(facts), duplicates(facts)].compactMap(\.self)
  }

  // MARK: Rows held against rows

  /// Rows to choose or report on that are learned, and rows to report on that are chosen on.
  private func overlaps(_ facts: SplitFacts) -> [DataWarning] {
    let seen = Split.allCases.prefix { $0 != facts.split }
    return facts.overlaps.filter { seen.contains($0.other) && $0.rows.count > 0 }.map { overlap in
      let other = overlap.other.rawValue
      var parts: [String] = []
      if overlap.exact < overlap.rows.count { parts.append("\(overlap.exact) letter by letter") }
      if overlap.conflicts.count > 0 {
        parts.append("\(overlap.conflicts.count) with another \(kind.targetWord)")
      }
      let details = parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
      // Of each split apart: what learning knows of test and of validation are two findings, each with its lines.
      return DataWarning(
        "\(facts.split.rawValue) in \(other)",
        "\(share(overlap.rows.count, facts)) stand in \(other) too\(details)\(example(overlap.rows, in: overlap.other))",
        hint: "take them out of \(other), or scores on \(facts.split.rawValue) are too good",
        count: overlap.rows.count, line: overlap.rows.line, flatters: true)
    }
  }

  private func conflicts(_ facts: SplitFacts) -> DataWarning? {
    guard facts.conflicts.count > 0 else { return nil }
    return DataWarning(
      "conflicts",
      "\(share(facts.conflicts.count, facts)) have a text that stands in \(facts.split.rawValue) with another "
        + "\(kind.targetWord) too\(example(facts.conflicts))",
      hint: "decide which one is right, or put what tells them apart into 'text'",
      count: facts.conflicts.count, line: facts.conflicts.line)
  }

  private func duplicates(_ facts: SplitFacts) -> DataWarning? {
    // A few are in every set.
    guard facts.duplicates.count > 0, 100 * facts.duplicates.count >= facts.rows else { return nil }
    return DataWarning(
      "duplicates",
      "\(share(facts.duplicates.count, facts)) repeat an earlier row\(example(facts.duplicates))",
      hint: "remove them, or they count several times", count: facts.duplicates.count,
      line: facts.duplicates.line)
  }

  // MARK: Groups

  /// Groups within which metrics say nothing, or little.
  private func groups(_ facts: SplitFacts) -> [DataWarning] {
    guard let by = task.by, let groups = facts.groups else { return [] }
    if groups.count == facts.rows, facts.rows > 1 {
      return [
        DataWarning(
          "one row a group", "'by' names '\(by)', which has another value in each of the \(facts.rows) rows",
          hint: "name a column that many rows share a value of", count: facts.rows, isError: true)
      ]
    }
    let empty = task.metrics.compactMap { metric in
      groups.unmeasured[metric].map { group in
        DataWarning(
          "unmeasured \(metric)",
          "within the group '\(group)' of '\(by)' the answers are such that '\(metric)' is a convention and no measurement",
          hint: "leave out the metric, or give the group to another one, in which answers differ",
          count: groups.count, isError: true)
      }
    }
    guard empty.isEmpty, groups.fewest < Self.fewInGroup else { return empty }
    return [
      DataWarning(
        "small groups",
        "of the \(groups.count) groups of '\(by)' '\(groups.smallest)' has \(groups.fewest) rows, and counts as much as one of "
          + "\(groups.most)",
        hint: "a metric within so few rows is mostly noise: join small groups, or leave out 'by'",
        count: groups.fewest)
    ]
  }

  /// Fewer rows tell two models apart in their group that differ by 0.3 or more.
  private static let fewInGroup = 20

  // MARK: Targets

  private func strayTags(_ facts: SplitFacts) -> DataWarning? {
    let stray = facts.strayTags.count
    guard stray > 0 else { return nil }
    // Some slips are noise; where they are the rule the tags follow another scheme.
    let isOther = stray >= facts.entities
    return DataWarning(
      "scheme",
      "\(stray) of \(stray + facts.entities) entities begin with I- and count for nothing: "
        + (isOther ? "the tags are of the scheme IOB1 or IO, not IOB2" : "IOB2 begins each with B-"),
      hint: "make every I-X that follows no B-X or I-X to B-X", count: stray, line: facts.strayTags.line,
      isError: isOther)
  }

  private func outside(_ facts: SplitFacts) -> DataWarning? {
    guard let numbers = facts.numbers, numbers.outside.count > 0 else { return nil }
    let anchors = task.labels.compactMap(\.value)
    return DataWarning(
      "outside",
      "\(share(numbers.outside.count, facts)) ask for a number outside the anchors \(shortNumber(anchors.min() ?? 0)) to "
        + "\(shortNumber(anchors.max() ?? 0)), up to \(shortNumber(numbers.low)) and \(shortNumber(numbers.high)): they are learned as the "
        + "nearest anchor and never predicted",
      hint: "set 'anchors' at the ends of the numbers, or scale these", count: numbers.outside.count,
      line: numbers.outside.line)
  }

  private func unscaled(_ facts: SplitFacts) -> DataWarning? {
    guard task.head == .linear, facts.split == .train, let numbers = facts.numbers, facts.rows > 1 else {
      return nil
    }
    guard abs(numbers.mean) > 3 || numbers.deviation > 3 || (numbers.deviation > 0 && numbers.deviation < 0.1)
    else { return nil }
    return DataWarning(
      "scale",
      "the numbers have mean \(shortNumber(numbers.mean)) and standard deviation \(shortNumber(numbers.deviation)), and a linear "
        + "head begins at 0 and does not standardise them",
      hint: "subtract the mean and divide by the deviation, in all splits alike", count: facts.rows)
  }

  private func sameness(_ facts: SplitFacts) -> DataWarning? {
    kind.sameness(task, facts).map {
      DataWarning("one class", $0.what, hint: $0.hint ?? "", count: facts.rows)
    }
  }

  /// A validation split that was drawn from train and is too small to choose by.
  private func fewHeldOut(_ facts: SplitFacts) -> DataWarning? {
    guard facts.isHeldOut, choosesOnValidation, facts.rows < Self.fewRows else { return nil }
    let error = kind.chance.error(Double(facts.rows))
    return DataWarning(
      "few held out",
      "only \(facts.rows) rows were drawn from train to choose by: \(kind.chance.what) among them has a standard error "
        + "of up to \(shortNumber(error, digits: 2))",
      hint: facts.rows < facts.available
        ? "raise limits.validation, which leaves out \(facts.available - facts.rows)"
        : "give the task a validation file, or raise its validation_fraction, which is "
          + "\(ParameterValue.number(task.validationFraction))", count: facts.rows)
  }

  /// Fewer rows tell two models apart that differ by 0.2 or more.
  private static let fewRows = 50

  /// Labels that no row of train has, told where other splits ask for them or with train.
  private func unseenLabels(_ facts: SplitFacts) -> [DataWarning] {
    guard facts.split == .train, !facts.labels.isEmpty, let words = kind.labels else { return [] }
    let unseen = task.labels.indices.filter {
      facts.labels[$0] == 0 && !words.mayLack(task.labels[$0].name)
    }
    // One class only is told already.
    guard !unseen.isEmpty, unseen.count < task.labels.count - 1 else { return [] }
    let names = unseen.prefix(5).map { "'\(task.labels[$0].name)'" }.joined(separator: ", ")
    let thing = kind.answersWords ? "word" : "row"
    let asked = splits.filter { $0.split != .train }.compactMap { other -> String? in
      let count = unseen.reduce(0) { $0 + other.labels[$1] }
      return count > 0 ? "\(count) \(thing)\(count == 1 ? "" : "s") of \(other.split.rawValue)" : nil
    }
    return [
      DataWarning(
        "unseen",
        "no \(thing) of train has \(unseen.count == 1 ? "the label" : "the \(unseen.count) labels") \(names)"
          + (unseen.count > 5 ? " …" : "")
          + (asked.isEmpty ? "" : ", which \(asked.joined(separator: " and ")) ask for"),
        hint: "add such rows, or take the label from the list", count: unseen.count)
    ]
  }

  // MARK: Lengths

  private func cut(_ facts: SplitFacts) -> DataWarning? {
    guard let lengths = facts.lengths, lengths.cutRows.count > 0 else { return nil }
    let what: String
    if kind.answersWords {
      guard lengths.cutWords > 0 else { return nil }
      what = "\(lengths.cutWords) of \(lengths.words) words are never read and count as O"
    } else {
      // A few long rows are no finding.
      guard 100 * lengths.cutTokens >= lengths.tokens else { return nil }
      what = "\(percent(lengths.cutTokens, lengths.tokens)) of the tokens are never read"
    }
    return DataWarning(
      "cut",
      "\(share(lengths.cutRows.count, facts)) are cut to \(lengths.most) tokens: \(what); the longest has "
        + "\(lengths.longest)",
      hint: lengths.most < maxTokens
        ? "split long rows: the base reads no more" : "raise training.max_tokens, or split long rows",
      count: lengths.cutRows.count, line: lengths.cutRows.line)
  }

  private func emptyWords(_ facts: SplitFacts) -> DataWarning? {
    guard let lengths = facts.lengths, lengths.emptyWords.count > 0 else { return nil }
    let count = lengths.emptyWords.count
    return DataWarning(
      "empty words",
      "the base's tokenizer makes nothing of \(count) of \(lengths.words) words, as of control characters and spaces of "
        + "zero width: they are never read and count as O",
      hint: "take them out, with their tags", count: count, line: lengths.emptyWords.line)
  }

  // MARK: Words

  private func share(_ count: Int, _ facts: SplitFacts) -> String { "\(count) of \(facts.rows) rows" }

  private func example(_ finding: RowFinding, in other: Split? = nil) -> String {
    guard let line = finding.line, let otherLine = finding.otherLine else { return "" }
    let words = task.isGenerated ? "row" : "line"
    return ", such as \(words) \(line)"
      + (other.map { ", which is \(words) \(otherLine) of \($0.rawValue)" }
        ?? ", see \(words) \(otherLine)")
  }

  private func percent(_ part: Int, _ whole: Int) -> String {
    let tenths = whole > 0 ? (1000 * part + whole / 2) / whole : 0
    return "\(tenths / 10).\(tenths % 10) %"
  }
}

extension DataRow {
  /// The rows of a task's splits, with what is to be said about each.
  ///
  /// - Parameter maxTokens: What the manifest cuts longer texts to.
  public static func rows(
    of task: TaskSpec, _ kind: KindOutline, _ splits: [SplitFacts], maxTokens: Int
  ) -> [DataRow] {
    DataWarnings(task, kind, splits, maxTokens: maxTokens, choosesOnValidation: true).rows
  }
}

extension TaskSpec {
  /// Whether the generator makes its texts.
  var isGenerated: Bool {
    if case .generated = source { return true }
    return false
  }
}
