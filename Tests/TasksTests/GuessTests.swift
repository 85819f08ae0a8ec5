import Specs
import Tasks
import Testing

@Suite struct GuessTests {
  private func example(_ target: Target, _ words: [String] = []) -> Example {
    Example(text: words.joined(separator: " "), words: words, target: target)
  }

  @Test func `the most frequent label, of equal ones the first, with the shares of all`() {
    let guess = Guess([2, 1, 1, 2, 0].map { example(.label($0)) }, labels: 4)
    let answer = guess.answer(example(.label(3)))
    #expect(answer.target == .label(1))
    #expect(answer.probabilities == [0.2, 0.4, 0.4, 0])
  }

  @Test func `the mean number, and the labels that most rows have`() {
    let number = Guess([1, 2, 6].map { example(.number($0)) }, labels: 0)
    #expect(number.answer(example(.number(0))) == Prediction(.number(3)))
    let sets = Guess([[0, 2], [0], [1, 2], [2]].map { example(.labels($0)) }, labels: 3)
    #expect(sets.answer(example(.labels([]))) == Prediction(.labels([2]), probabilities: [0.5, 0.25, 0.75]))
  }

  @Test func `a word has the tag that it has most often, an unknown one that of most words`() {
    let guess = Guess(
      [example(.tags([0, 1]), ["the", "Acme"]), example(.tags([0, 2, 1]), ["the", "Acme", "Acme"])], labels: 3
    )
    let answer = guess.answer(example(.tags([0, 0, 0]), ["Acme", "the", "new"]))
    #expect(answer.target == .tags([1, 0, 0]))
    #expect(answer.probabilities.count == 9)
    #expect(answer.probabilities[0..<6] == [0, Float(2) / 3, Float(1) / 3, 1, 0, 0])
  }
}
