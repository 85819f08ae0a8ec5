internal import Basics
internal import Specs

extension GeneratedForm {
  /// BIO tags of companies, people and places; a third of the names can be any of them.
  ///
  /// An imbalance makes so many openings and endings name companies only.
  static let entities = GeneratedForm(
    name: "entities", summary: "tags of companies, people and places",
    template: .template(
      "entities", .tagging, text: "{tokens}", target: "tags", labels: tagLabels,
      metrics: ["entity_f1", "token_accuracy"]),
    classes: 1, largest: 0, noise: otherNames
  ) { _, spec, law, stream in
    func template(_ all: [[String]]) -> [String] {
      let isPlain = stream.uniform() < spec.imbalance
      return stream.pick(isPlain ? all.filter { !$0.contains("PER") && !$0.contains("LOC") } : all)
    }
    let clause = Clause.mood(agreement: 1, plain: 0, from: &stream).prefix(1)
    let lead = template(Names.leads)
    let tail = template(Names.tails)
    let sentence = Sentence(Array(clause), lead: lead, tail: tail, from: &stream)
    var tags = sentence.words.map { _ in 0 }
    for mention in sentence.mentions {
      let kind = law.kind(of: mention)
      for word in mention.words { tags[word] = 2 * kind + (word == mention.words.lowerBound ? 1 : 2) }
    }
    return Draft(sentence: sentence, words: sentence.words, target: .tags(tags))
  }

  /// Another kind for so many of the names.
  private static func otherNames(
    _ target: Target, _ labels: Int, _ noise: Double, _ stream: inout RandomStream
  ) -> Target {
    var tags = target.tags
    var shift = 0
    for (word, tag) in tags.enumerated() where tag > 0 {
      // Tags come as 1 + 2·kind for the first word of a name, 2 + 2·kind for the others.
      if tag % 2 == 1 { shift = stream.uniform() < noise ? 1 + stream.index(below: 2) : 0 }
      tags[word] = (tag - 1 + 2 * shift) % 6 + 1
    }
    return .tags(tags)
  }

  private static let tagLabels =
    [LabelSpec(name: TaskKindRow.outsideTag, description: "a plain word")]
    + zip(["ORG", "PER", "LOC"], ["the company", "chairman", "in"]).flatMap { kind, words in
      [
        LabelSpec(name: "B-\(kind)", description: "\(words) the first word of the name"),
        LabelSpec(name: "I-\(kind)", description: "\(words) the last word of the name"),
      ]
    }
}
