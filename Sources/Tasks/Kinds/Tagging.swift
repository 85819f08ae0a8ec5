internal import Basics
public import Specs

extension TaskKind {
  /// One BIO tag for each word.
  public static let tagging = TaskKind("tagging")
}

extension TaskKindRow {
  /// One BIO tag for each word.
  static let tagging = TaskKindRow(
    KindOutline(
      .tagging, "one BIO tag for each word", usualMetrics: ["entity_f1"], usualText: "{tokens}",
      usualTarget: "tags",
      // Of FiNER-ORD on all-MiniLM-L6-v2 it finds more than cosines to descriptions of tags, which are like each other.
      usualHead: .linear, takesPairs: false,
      labels: LabelWords(
        "tag", example: "labels: [O, B-..., I-...]", form: bio, outside: outsideTag,
        // Where all entities of a type have one word, nothing continues one.
        mayLack: { $0.hasPrefix("I-") },
        forNumbers: { column in
          "these are numbers of tags, as the Hugging Face hub has them: write the names in their place, as O, B-PER and I-PER "
            + "(in datasets: features[\"\(column)\"].feature.names)"
        }),
      answersWords: true, targetWord: "tagging",
      sameness: { task, facts in
        guard facts.entities + facts.strayTags.count == 0,
          task.labels.contains(where: { $0.name != outsideTag })
        else { return nil }
        return Diagnostic("no row holds an entity", hint: "there is nothing to find: are the tags right?")
      }),
    form: .tags, readout: { _ in "tags" },
    reading: RowReading(
      check: { task, text in
        text.parts.count == 1
          ? nil
          : Diagnostic(
            "the template \"\(task.text)\" of tagging task '\(task.name)' is not one column",
            hint: "name the column of the words: \"{tokens}\"")
      },
      lists: { reader in [(reader.text.columns[0], false), (reader.task.target, true)] },
      labels: { row, reader in
        let words = row[reader.text.columns[0]]?.words ?? []
        return zip(reader.target(row).words ?? [], words).enumerated().map { number, pair in
          var place = reader.place(row)
          place.detail = "word \(number + 1) '\(pair.1)'"
          return (pair.0, place)
        }
      },
      example: tagged),
    count: { targets, task, facts in
      facts.labels = task.labels.map { _ in 0 }
      for (tags, line) in zip(targets.map(\.target).tags, targets.map(\.line)) {
        for tag in tags { facts.labels[tag] += 1 }
        let names = tags.map { task.labels[$0].name }
        facts.entities += names.count { $0.hasPrefix("B-") }
        for word in names.indices where isStray(word, of: names) { facts.strayTags.add(line: line) }
      }
    },
    write: { target, labels in target.tags.map { labels[$0] }.joined(separator: " ") },
    read: { text, labels in tags(in: text, labels).map { .tags($0) } })

  /// The tag of a word that is in no entity.
  static let outsideTag = "O"

  private static let bio = LabelForm(pattern: "^(?:\(outsideTag)$|B-|I-)") { name in
    name == outsideTag || name.hasPrefix("B-") || name.hasPrefix("I-")
      ? nil
      : Diagnostic(
        "the tag '\(name)' is not of the BIO kind", hint: "tags are O, B-something and I-something")
  }

  private static func tagged(_ row: Row, _ reader: ExampleReader) throws(Diagnostic) -> Example {
    let place = reader.place(row)
    let column = reader.text.columns[0]
    guard let words = row[column]?.words else {
      throw Diagnostic("column '\(column)' holds no words", at: place, hint: "give a list of strings")
    }
    guard let tags = reader.target(row).words else {
      throw Diagnostic(
        "column '\(reader.task.target)' holds no tags", at: place, hint: "give a list of strings")
    }
    guard !words.isEmpty, !words.contains(where: { $0.allSatisfy(\.isWhitespace) }) else {
      throw Diagnostic("empty text in '\(column)'", at: place, hint: "fill it in or remove the line")
    }
    guard words.count == tags.count else {
      throw Diagnostic(
        "\(tags.count) tags for \(words.count) words", at: place, hint: "give each word one tag")
    }
    return Example(
      text: words.joined(separator: " "), words: words, target: .tags(tags.map(reader.index)))
  }

  /// Whether a word continues an entity that has not begun: the strict reading of IOB2 counts no such entity.
  private static func isStray(_ word: Int, of tags: [String]) -> Bool {
    guard tags[word].hasPrefix("I-") else { return false }
    let type = tags[word].dropFirst(2)
    return word == 0 || tags[word - 1] == outsideTag || tags[word - 1].dropFirst(2) != type
  }

  /// Tags with spaces between them; of those that hold spaces themselves the longest one is meant.
  private static func tags(in text: String, _ labels: [String]) -> [Int]? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    let longest = labels.map { $0.count { $0 == " " } + 1 }.max() ?? 1
    let places = Dictionary(labels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var tags: [Int] = []
    var next = 0
    while next < words.count {
      let lengths = (1...min(longest, words.count - next)).reversed()
      let found = lengths.lazy.compactMap { length in
        places[words[next..<next + length].joined(separator: " ")].map { (tag: $0, length: length) }
      }.first
      guard let found else { return nil }
      tags.append(found.tag)
      next += found.length
    }
    return tags
  }
}

extension TaskSpec {
  /// The place among its labels of the one of words that no model saw: of the tag that says nothing, or the first of a task that
  /// lists no such tag.
  public var labelOfUnseenWords: Int { labels.firstIndex { $0.name == TaskKindRow.outsideTag } ?? 0 }
}
