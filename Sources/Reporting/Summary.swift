internal import Basics
internal import Results
internal import Statistics

/// The short table that a run ends with.
enum Summary {
  /// One line a task: the best floor, single, best cocktail, all-task cocktail and the merge, each mean ± interval over seeds.
  ///
  /// `*` marks a win or loss against the single by the register, `†` what collapsed. Names of the best models stand in
  /// the line where `width` allows it, else below. Plain text without colours.
  static func text(of page: Page, width: Int) -> String {
    let rows = page.answered
    guard !rows.isEmpty else { return "no tasks\n" }
    let roles = page.shortRoles
    var text: [String] = []
    for arm in rows.map(\.arm).reduce(into: [String](), { if !$0.contains($1) { $0.append($1) } }) {
      let own = rows.filter { $0.arm == arm }
      let named = layout(lines(of: own, roles, naming: true))
      let fits = named.allSatisfy { $0.count <= width }
      if !arm.isEmpty { text += wrapped(arm + ":", to: width) }
      text += fits ? named : narrowed(own, roles, to: width)
      if !fits { text += names(of: own, roles, width: width) }
    }
    text += wrapped(legend(rows, page), to: width)
    if let incomplete = page.evidence.results.incomplete {
      text += wrapped("\(incomplete): the table is incomplete", to: width)
    }
    let overlooked = page.evidence.overlooked
    if !overlooked.isEmpty {
      let models = overlooked.map {
        "\($0.model) on \($0.tasks.joined(separator: ", ")) (\($0.seeds) of \($0.most))"
      }
      text += wrapped(
        "no candidate for the best, for want of seeds: " + models.joined(separator: "; "), to: width)
    }
    return text.map { $0 + "\n" }.joined()
  }

  /// Header and one line for each task, as cells.
  private static func lines(of rows: [ComparisonRow], _ roles: [ComparisonRow.Role], naming: Bool)
    -> [[String]]
  {
    let header =
      ["task", "metric", "n", "floor", "single"]
      + roles.map { $0 == .allTaskCocktail ? "all cocktail" : $0.words }
    return [header]
      + rows.map { row in
        [
          row.task.name, row.metricWords, row.testExamples.map(String.init) ?? "-",
          row.floor?.score.map(bounded) ?? NumberText.missing, score(row.single, name: false),
        ] + roles.map { score(row[$0], name: naming && $0 != .allTaskCocktail) }
      }
  }

  /// `0.812±0.010*`, and the name behind it.
  private static func score(_ contender: Contender?, name: Bool) -> String {
    guard let contender, let score = contender.score else { return "-" }
    let outcome = contender.outcome
    let mark = outcome == .win || outcome == .loss ? "*" : isCollapsed(contender) ? "†" : ""
    let text = bounded(score) + mark
    return name ? "\(text) \(shortName(contender))" : text
  }

  /// `0.812±0.010`.
  private static func bounded(_ score: Estimate) -> String {
    NumberText.estimate(score).replacing(" ± ", with: "±")
  }

  /// Whether a seed of either side of its comparison collapsed, as the page says.
  private static func isCollapsed(_ contender: Contender) -> Bool {
    contender.contrast?.note.hasPrefix("collapsed") ?? false
  }

  /// The name without its kind, which the column says already.
  private static func shortName(_ contender: Contender) -> String {
    let prefix = contender.candidate.kind.rawValue + ":"
    let name = contender.candidate.model
    return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
  }

  private static func layout(_ lines: [[String]]) -> [String] {
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    return lines.map { line in
      let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      let text = cells.joined(separator: "  ")
      return String(text.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Without names of models; where that is still too wide without the number of items, one block of short lines for each
  /// task.
  private static func narrowed(_ rows: [ComparisonRow], _ roles: [ComparisonRow.Role], to width: Int)
    -> [String]
  {
    let cells = lines(of: rows, roles, naming: false)
    let countless = cells.map { Array($0[..<2] + $0[3...]) }
    for table in [layout(cells), layout(countless)] where table.allSatisfy({ $0.count <= width }) {
      return table
    }
    let labels = cells[0].map { "  " + $0 + String(repeating: " ", count: 15 - $0.count) }
    return cells.dropFirst().flatMap { line -> [String] in
      [line[0] + " " + line[1]] + (2..<line.count).map { labels[$0] + line[$0] }
    }
  }

  private static func names(of rows: [ComparisonRow], _ roles: [ComparisonRow.Role], width: Int) -> [String] {
    rows.flatMap { row -> [String] in
      let parts = roles.filter { $0 != .allTaskCocktail }.compactMap { role in
        row[role].map { "\(role.words) \(shortName($0))" }
      }
      return parts.isEmpty ? [] : wrapped("\(row.task.name): " + parts.joined(separator: ", "), to: width)
    }
  }

  private static func legend(_ rows: [ComparisonRow], _ page: Page) -> String {
    let contenders = rows.flatMap { row in [row.single] + ComparisonRow.Role.allCases.map { row[$0] } }
    let counts = contenders.compactMap { $0?.score?.count }
    let seeds = counts.max() ?? page.seedCount
    let words = NumberText.seeds((counts.min() ?? seeds)...seeds)
    let down = rows.filter { !$0.metric.higherIsBetter }.map(\.metric.name)
    let lower = down.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    var parts = ["test split, mean±95% interval over \(words)"]
    let isJudged = rows.contains { row in row.contenders.values.contains { $0.contrast?.outcome != nil } }
    parts.append(
      isJudged
        ? "* win or loss against the single (contrasts.csv)"
        : "nothing could be judged (contrasts.csv says why)")
    if rows.contains(where: { row in page.shortRoles.compactMap { row[$0] }.contains(where: isCollapsed) }) {
      parts.append("† a seed collapsed, of it or of the single: no verdict")
    }
    let floors = Floor.allCases.filter { floor in rows.contains { $0.floors[floor] != nil } }.map(\.rawValue)
    parts.append(
      floors.isEmpty
        ? "floor: the base without training" : "floor: the best of base, \(floors.joined(separator: ", "))")
    if !lower.isEmpty { parts.append("lower is better: \(lower.joined(separator: ", "))") }
    parts.append("best: chosen on validation")
    return parts.joined(separator: "; ")
  }

  /// Breaks at spaces; words longer than a line stay whole, so that names can be copied.
  private static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append((lines.isEmpty ? "" : "  ") + word)
      }
    }
    return lines
  }
}
