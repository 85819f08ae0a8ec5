internal import Basics

/// What a name in a sentence stands for, in the order of the tags.
enum NameKind: Int, Sendable, CaseIterable {
  case organisation
  case person
  case place
}

/// A name in a sentence.
struct Mention: Sendable, Hashable {
  var kind: NameKind
  var words: Range<Int>
  /// The word that is peculiar to the name.
  var key: String
}

/// A piece of meaning: a theme that goes well (+1) or badly (−1), or a plain fact (no theme).
struct Clause: Sendable, Hashable {
  var theme: Int?
  var polarity: Int
}

/// Words in the making.
struct Sentence: Sendable {
  private(set) var words: [String] = []
  private(set) var mentions: [Mention] = []

  var text: String { words.joined(separator: " ") }

  /// A sentence of some clauses: an opening, the clauses in turn, a full stop.
  init(_ clauses: [Clause], lead: [String]? = nil, tail: [String]? = nil, from stream: inout RandomStream) {
    append(lead ?? stream.pick(Names.leads), &stream)
    for (number, clause) in clauses.enumerated() {
      if number > 0 { words += stream.pick(Names.connectives) }
      append(clause, &stream)
    }
    if let tail { append(tail, &stream) }
    words.append(".")
  }

  private mutating func append(_ clause: Clause, _ stream: inout RandomStream) {
    guard let index = clause.theme else {
      append(stream.pick(Names.facts), &stream)
      return
    }
    let theme = Theme.all[index]
    words += stream.pick(theme.nouns)
    words += stream.pick(clause.polarity > 0 ? theme.good : theme.bad)
    if stream.uniform() < 0.5 {
      words += stream.pick(clause.polarity > 0 ? Names.goodAsides : Names.badAsides)
    }
    if stream.uniform() < 0.25 { append(stream.pick(Names.moments), &stream) }
  }

  private mutating func append(_ template: [String], _ stream: inout RandomStream) {
    for word in template {
      switch word {
      case "ORG": name(.organisation, &stream)
      case "PER": name(.person, &stream)
      case "LOC": name(.place, &stream)
      case "NUM": words.append(stream.pick(Names.numbers))
      case "MONTH": words.append(stream.pick(Names.months))
      default: words.append(word)
      }
    }
  }

  private mutating func name(_ kind: NameKind, _ stream: inout RandomStream) {
    let start = words.count
    let isAmbiguous = stream.uniform() < 0.45
    let isLong = stream.uniform() < 0.5
    let key: String
    switch kind {
    case .organisation:
      key = stream.pick(isAmbiguous ? Names.ambiguous : Names.companies)
      words.append(key)
      if isLong { words.append(stream.pick(Names.suffixes)) }
    case .person:
      key = stream.pick(isAmbiguous ? Names.ambiguous : Names.surnames)
      if isLong { words.append(stream.pick(Names.firstNames)) }
      words.append(key)
    case .place:
      key = stream.pick(isAmbiguous ? Names.ambiguous : Names.places)
      words.append(key)
    }
    mentions.append(Mention(kind: kind, words: start..<words.count, key: key))
  }
}

extension Clause {
  /// Two or three clauses over different themes that mostly share a mood; some are plain facts, and in a
  /// `plain` share of all sentences most are.
  static func mood(agreement: Double, plain: Double, from stream: inout RandomStream) -> [Clause] {
    let mood = stream.uniform() < 0.5 ? 1 : -1
    let facts = stream.uniform() < plain ? 0.8 : 0.1
    let count = 2 + stream.index(below: 2)
    return stream.permutation(Theme.all.count).prefix(count).map { theme in
      if stream.uniform() < facts { return Clause(theme: nil, polarity: 0) }
      return Clause(theme: theme, polarity: stream.uniform() < agreement ? mood : -mood)
    }
  }

  /// Both themes of one topic and, mostly, a clause of another topic, in any order.
  static func story(agreement: Double, from stream: inout RandomStream) -> [Clause] {
    let topic = stream.index(below: Theme.topics.count)
    let others = Theme.all.indices.filter { Theme.all[$0].topic != topic }
    var themes = Theme.all.indices.filter { Theme.all[$0].topic == topic }
    if stream.uniform() < 0.7 { themes.append(stream.pick(others)) }
    let mood = stream.uniform() < 0.5 ? 1 : -1
    return stream.permutation(themes.count).map { place in
      Clause(theme: themes[place], polarity: stream.uniform() < agreement ? mood : -mood)
    }
  }
}

extension RandomStream {
  /// One of some things.
  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[index(below: elements.count)]
  }
}
