/// Where special tokens stand around one sentence and around two.
struct SpecialTokenTemplate: Sendable {
  /// A part of a template.
  enum Part: Sendable, Hashable {
    /// Special tokens of a type.
    case special(ids: [Int32], type: Int32)
    /// The first sentence, its tokens of a type.
    case first(type: Int32)
    /// The second sentence, its tokens of a type.
    case second(type: Int32)
  }

  /// The template of one sentence.
  var single: [Part]
  /// The template of two sentences.
  var pair: [Part]

  /// No special tokens.
  static let plain = SpecialTokenTemplate(
    single: [.first(type: 0)], pair: [.first(type: 0), .second(type: 1)])

  /// BERT's own: class, first, separator, second, separator.
  static func bert(classID: Int32, separatorID: Int32) -> SpecialTokenTemplate {
    let single: [Part] = [
      .special(ids: [classID], type: 0), .first(type: 0), .special(ids: [separatorID], type: 0),
    ]
    return SpecialTokenTemplate(
      single: single, pair: single + [.second(type: 1), .special(ids: [separatorID], type: 1)])
  }

  /// RoBERTa's: class, first, separator, separator, second, separator; all of one type.
  static func roberta(classID: Int32, separatorID: Int32) -> SpecialTokenTemplate {
    let separator = Part.special(ids: [separatorID], type: 0)
    let single: [Part] = [.special(ids: [classID], type: 0), .first(type: 0), separator]
    return SpecialTokenTemplate(single: single, pair: single + [separator, .second(type: 0), separator])
  }

  /// The same parts, all of type 0: what a model that knows no token types sees.
  var untyped: SpecialTokenTemplate {
    func untyped(_ parts: [Part]) -> [Part] {
      parts.map { part in
        switch part {
        case .special(let ids, _): .special(ids: ids, type: 0)
        case .first: .first(type: 0)
        case .second: .second(type: 0)
        }
      }
    }
    return SpecialTokenTemplate(single: untyped(single), pair: untyped(pair))
  }

  /// The special tokens before and after a single text.
  var surroundings: (before: [Int32], after: [Int32]) {
    var (before, after): ([Int32], [Int32]) = ([], [])
    var isBefore = true
    for part in single {
      switch part {
      case .special(let ids, _): if isBefore { before += ids } else { after += ids }
      case .first, .second: isBefore = false
      }
    }
    return (before, after)
  }

  /// The outermost special tokens of a single text that has one on both sides.
  var marks: (first: Int32, last: Int32)? {
    let (before, after) = surroundings
    guard let first = before.first, let last = after.last else { return nil }
    return (first, last)
  }

  /// How many special tokens a template has.
  static func specialCount(_ parts: [Part]) -> Int {
    parts.reduce(0) { count, part in
      guard case .special(let ids, _) = part else { return count }
      return count + ids.count
    }
  }

  /// The special tokens of both templates.
  var ids: [Int32] {
    (single + pair).flatMap { part -> [Int32] in
      if case .special(let ids, _) = part { return ids }
      return []
    }
  }

  /// The token types that a template gives.
  static func types(_ parts: [Part]) -> [Int32] {
    parts.map { part in
      switch part {
      case .special(_, let type), .first(let type), .second(let type): type
      }
    }
  }

  /// Puts sentences, already cut to length, into a template.
  static func fill(_ parts: [Part], first: TokenRow, second: TokenRow?) -> Encoding {
    var encoding = Encoding()
    func append(_ row: TokenRow, type: Int32) {
      encoding.ids += row.ids
      encoding.words += row.words
      encoding.types += repeatElement(type, count: row.ids.count)
    }
    for part in parts {
      switch part {
      case .special(let ids, let type):
        encoding.ids += ids
        encoding.words += repeatElement(-1, count: ids.count)
        encoding.types += repeatElement(type, count: ids.count)
      case .first(let type): append(first, type: type)
      case .second(let type): if let second { append(second, type: type) }
      }
    }
    return encoding
  }
}
