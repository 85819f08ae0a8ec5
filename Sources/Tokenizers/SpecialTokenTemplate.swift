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
        append(TokenRow(ids: ids, words: [Int32](repeating: -1, count: ids.count)), type: type)
      case .first(let type): append(first, type: type)
      case .second(let type): if let second { append(second, type: type) }
      }
    }
    return encoding
  }
}

/// The tokens of one sentence before special tokens are put around them.
struct TokenRow: Sendable, Hashable {
  var ids: [Int32] = []
  var words: [Int32] = []

  /// Keeps the first tokens.
  mutating func cut(to count: Int) {
    guard count < ids.count else { return }
    ids.removeLast(ids.count - count)
    words.removeLast(words.count - count)
  }

  /// Cuts two sentences to a common length, the longer one first.
  ///
  /// What the Hugging Face library calls `longest_first`: the shorter sentence n is whole as long as
  /// the other still gets max(n, limit - n); else both get half, the longer (of equal ones the second)
  /// the odd token.
  static func cutLongestFirst(_ first: inout TokenRow, _ second: inout TokenRow, to limit: Int) {
    guard first.ids.count + second.ids.count > limit else { return }
    let firstIsLonger = first.ids.count > second.ids.count
    var shorter = min(first.ids.count, second.ids.count)
    var longer = max(shorter, limit - shorter)
    if shorter + longer > limit {
      shorter = limit / 2
      longer = limit - shorter
    }
    first.cut(to: firstIsLonger ? longer : shorter)
    second.cut(to: firstIsLonger ? shorter : longer)
  }
}
