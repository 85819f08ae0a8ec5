internal import Basics
internal import Specs

extension GeneratedSuite {
  /// Unlabelled text for masked-language pretraining, with the vocabulary of all forms.
  ///
  /// The clauses of a sentence mostly share a mood and often a topic, and a part of the sentences ends in a
  /// remark in the words of label descriptions and questions: which words go together is what there is to be
  /// learnt. Sentences that validation and test data could hold do not occur.
  ///
  /// - Parameters:
  ///   - world: Names the world.
  ///   - sentences: How many.
  ///   - seed: Another seed gives other sentences of the same world.
  public static func corpus(world: Int, sentences: Int, seed: Int) -> [String] {
    let root = RandomStream(seed: seed, "generated", "corpus", String(world))
    return (0..<sentences).map { row in
      var stream = root.stream("row \(row)")
      while true {
        let (sentence, remark) = draft(&stream)
        if belongs(sentence.text, to: .train) { return sentence.text + remark }
      }
    }
  }

  private static func draft(_ stream: inout RandomStream) -> (Sentence, String) {
    let choice = stream.uniform()
    if choice < 0.2 {
      let clause = Clause.mood(agreement: 1, plain: 0, from: &stream).prefix(1)
      let sentence = Sentence(Array(clause), tail: stream.pick(Names.tails), from: &stream)
      return (sentence, stream.uniform() < 0.1 ? " " + nameRemark(sentence, &stream) : "")
    }
    let clauses =
      choice < 0.45
      ? Clause.story(agreement: 0.95, from: &stream) : Clause.mood(agreement: 0.95, plain: 0.2, from: &stream)
    let sentence = Sentence(clauses, from: &stream)
    guard stream.uniform() < 0.8 else { return (sentence, "") }
    let remarks = [moodRemark, moodRemark, choice < 0.45 ? topicRemark : moodRemark, questionRemark]
    return (sentence, " " + stream.pick(remarks)(clauses, &stream))
  }

  private static func moodRemark(_ clauses: [Clause], _ stream: inout RandomStream) -> String {
    let sum = clauses.reduce(0) { $0 + $1.polarity }
    return GeneratedForm.moodLabels[sum.signum() + 1].description + " ."
  }

  private static func topicRemark(_ clauses: [Clause], _ stream: inout RandomStream) -> String {
    let topics = clauses.compactMap(\.theme).map { Theme.all[$0].topic }
    let most = topics.max { a, b in topics.count { $0 == a } < topics.count { $0 == b } }
    return Theme.topics[most ?? 0].1 + " ."
  }

  private static func questionRemark(_ clauses: [Clause], _ stream: inout RandomStream) -> String {
    let question = Question(about: clauses, from: &stream)
    let law = LabelLaw(GeneratorSpec(form: "headline", rows: [:]), task: "corpus")
    let isTrue = question.answer(clauses, law) ?? false
    return question.text(&stream) + " " + GeneratedForm.headline.template.labels[isTrue ? 1 : 0].description
      + " ."
  }

  private static func nameRemark(_ sentence: Sentence, _ stream: inout RandomStream) -> String {
    let mention = stream.pick(sentence.mentions)
    let isFirst = stream.uniform() < 0.5
    let word = sentence.words[isFirst ? mention.words.lowerBound : mention.words.upperBound - 1]
    let label = GeneratedForm.entities.template.labels[2 * mention.kind.rawValue + (isFirst ? 1 : 2)]
    return "\(word) : \(label.description) , not a plain word ."
  }
}
