internal import Basics
internal import Models
public import Specs
public import Tasks
public import Tokenizers

/// Makes rows of tokens of texts and what is to be said after them: the one place that knows what begins a text, where an answer
/// starts, and what ends it.
public struct AnswerReader: Sendable {
  private let tokenizer: Tokenizer
  /// What stands before every text.
  private let begins: [Int32]
  /// What ends an answer that is learnt; nil where the base has no such token.
  private let end: Int32?
  /// What each label says, as it stands behind a text.
  private let words: [String]

  /// Reads texts of a task.
  ///
  /// - Parameter end: What ends an answer that is learnt; nil where the base has no such token.
  public init(_ task: TaskSpec, tokenizer: Tokenizer, end: Int32?) {
    self.tokenizer = tokenizer
    begins = tokenizer.beginIDs
    self.end = end
    words = task.labels.map(\.description)
  }

  /// A row that teaches the right answer.
  ///
  /// The text and its answer are made tokens together. A token that holds bytes of both belongs to the answer. Where the row is too
  /// long the text's left is cut, never the answer.
  /// - Parameter maxTokens: The longest row, the end token counted.
  public func learnt(_ example: Example, maxTokens: Int) -> TokenizedExample {
    let said = said(example, example.target.label)
    let answer = said.ids[said.start...] + [end].compactMap { $0 }
    let text = cut(said.ids[..<said.start], to: maxTokens - answer.count)
    // The last token is foretold and foretells nothing.
    let ids = text + answer.dropLast()
    let places = (0..<answer.count).map { text.count - 1 + $0 }
    let tokens = answer.enumerated().map { AnswerHead.Token(place: $0.offset, id: $0.element) }
    return example.row(
      ids, AnswerRow(places: places, forks: [], tokens: [tokens], isLearnt: true))
  }

  /// A row in which every label's answer is foretold.
  ///
  /// What answers share, the text above all, is read once; what they do not forks.
  public func asked(_ example: Example, maxTokens: Int) -> TokenizedExample {
    let all = words.indices.map { said(example, $0) }
    // Up to here all rows are one, and none has begun its answer; a token before an answer foretells its first one.
    var shared = all.map(\.start).min() ?? 0
    for other in all.dropFirst() {
      shared = zip(all[0].ids.prefix(shared), other.ids).prefix { $0 == $1 }.count
    }
    let longest = (all.map(\.ids.count).max() ?? 0) - shared - 1
    var ids = cut(all[0].ids[..<shared], to: maxTokens - max(0, longest))
    let trunk = ids.count
    var forks: [Range<Int>] = []
    // By their place in the row at first.
    var answers: [[AnswerHead.Token]] = []
    for said in all {
      let rest = said.ids[shared...]
      let fork = ids.count..<ids.count + max(0, rest.count - 1)
      ids += rest.dropLast()
      if !fork.isEmpty { forks.append(fork) }
      answers.append(
        (said.start..<said.ids.count).map { index -> AnswerHead.Token in
          // The first of the rest is foretold by the trunk's last token, the others by those before them.
          let place = index == shared ? trunk - 1 : fork.lowerBound + index - shared - 1
          return AnswerHead.Token(place: place, id: said.ids[index])
        })
    }
    let places = Set(answers.joined().map(\.place)).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: places.enumerated().map { ($1, $0) })
    let tokens = answers.map { answer in
      answer.compactMap { token in
        numbers[token.place].map { AnswerHead.Token(place: $0, id: token.id) }
      }
    }
    return example.row(ids, AnswerRow(places: places, forks: forks, tokens: tokens, isLearnt: false))
  }

  /// The tokens of a text with a label's answer behind it, and where the answer begins among them; the first token is nobody's
  /// answer.
  private func said(_ example: Example, _ label: Int) -> (ids: [Int32], start: Int) {
    let answer = words[label]
    let isApart = example.text.last?.isWhitespace ?? true || answer.first?.isWhitespace ?? true
    let text = example.text
    let read = tokenizer.tokens(of: text + (isApart ? "" : " ") + answer)
    let length = text.utf8.count
    let first = read.ranges.firstIndex { $0.upperBound > length } ?? read.ids.count
    let ids = begins + read.ids
    return (ids, max(1, begins.count + first))
  }

  /// The beginning and the right end of a text.
  private func cut(_ ids: some RandomAccessCollection<Int32>, to most: Int) -> [Int32] {
    if ids.count <= most { return Array(ids) }
    let begin = ids.prefix(begins.count)
    return Array(begin) + ids.suffix(max(1, most - begin.count))
  }
}

extension Example {
  /// The example as a row.
  fileprivate func row(_ ids: [Int32], _ answers: AnswerRow) -> TokenizedExample {
    var row = TokenizedExample(
      ids: ids, types: [Int32](repeating: 0, count: ids.count), wordStarts: [], target: target)
    row.answers = answers
    row.group = group
    return row
  }
}
