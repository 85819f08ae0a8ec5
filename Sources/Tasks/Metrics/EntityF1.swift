internal import Statistics

extension Metric {
  /// F1 over whole entities: right only where type, first and last word are right.
  ///
  /// As seqeval's `f1_score(mode="strict", scheme=IOB2)`, micro average: an entity is a `B-X` and the `I-X`
  /// that follow it; an `I-X` behind anything else belongs to no entity (seqeval's default mode would start
  /// one there). 0 where neither side has an entity.
  static let entityF1 = Metric(
    "entity_f1", "F1 of whole entities, strict IOB2", of: [.tags],
    sample: { predictions, targets, labels in
      RatioMetric.f1(
        zip(predictions.tags, targets.tags).map { prediction, target in
          let found = Set(entities(prediction.map { labels[$0] }))
          let wanted = Set(entities(target.map { labels[$0] }))
          return (right: found.intersection(wanted).count, found: found.count, wanted: wanted.count)
        })
    },
    compute: { predictions, targets, labels in
      var right = 0
      var wanted = 0
      var predicted = 0
      for (prediction, target) in zip(predictions.tags, targets.tags) {
        precondition(prediction.count == target.count, "\(prediction.count) tags for \(target.count) words")
        let found = Set(entities(prediction.map { labels[$0] }))
        let expected = Set(entities(target.map { labels[$0] }))
        right += found.intersection(expected).count
        wanted += expected.count
        predicted += found.count
      }
      return wanted + predicted > 0 ? 2 * Double(right) / Double(wanted + predicted) : 0
    })

  struct Entity: Hashable {
    var type: Substring
    var words: Range<Int>
  }

  static func entities(_ tags: [String]) -> [Entity] {
    var entities: [Entity] = []
    var word = 0
    while word < tags.count {
      guard tags[word].hasPrefix("B-") else {
        word += 1
        continue
      }
      let type = tags[word].dropFirst(2)
      let start = word
      word += 1
      while word < tags.count, tags[word].hasPrefix("I-"), tags[word].dropFirst(2) == type { word += 1 }
      entities.append(Entity(type: type, words: start..<word))
    }
    return entities
  }
}
