internal import Statistics

extension Metric {
  /// The share of words whose tag is right, over all words of all items; as seqeval's `accuracy_score`.
  static let tokenAccuracy = Metric(
    "token_accuracy", "share of right tags", of: [.tags],
    sample: { predictions, targets, _ in
      RatioMetric.ratio(
        zip(predictions.tags, targets.tags).map { prediction, target in
          (u: Double(zip(prediction, target).count { $0 == $1 }), w: Double(target.count))
        })
    },
    compute: { predictions, targets, _ in
      var right = 0
      var words = 0
      for (prediction, target) in zip(predictions.tags, targets.tags) {
        precondition(prediction.count == target.count, "\(prediction.count) tags for \(target.count) words")
        right += zip(prediction, target).count { $0 == $1 }
        words += target.count
      }
      precondition(words > 0, "'token_accuracy' of no words")
      return Double(right) / Double(words)
    })
}
