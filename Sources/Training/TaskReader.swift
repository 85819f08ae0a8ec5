public import Specs
public import Tasks
public import Tokenizers

/// Makes rows of tokens of a task's examples, as its head asks for.
public struct TaskReader: Sendable {
  private let tokenizer: Tokenizer
  /// Where the head is what a decoder says.
  private let answers: AnswerReader?

  /// Reads examples of a task.
  ///
  /// - Parameter end: What ends an answer that is learnt; nil where the base has no such token.
  public init(_ task: TaskSpec, tokenizer: Tokenizer, end: Int32?) {
    self.tokenizer = tokenizer
    answers = task.head == .answers ? AnswerReader(task, tokenizer: tokenizer, end: end) : nil
  }

  /// An example as a row.
  ///
  /// - Parameters:
  ///   - maxTokens: What longer rows are cut to.
  ///   - isLearnt: Whether it teaches what is right; otherwise it asks.
  public func row(_ example: Example, maxTokens: Int, isLearnt: Bool) -> TokenizedExample {
    guard let answers else { return TokenizedExample(example, tokenizer: tokenizer, maxTokens: maxTokens) }
    return isLearnt
      ? answers.learnt(example, maxTokens: maxTokens) : answers.asked(example, maxTokens: maxTokens)
  }
}
