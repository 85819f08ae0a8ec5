public import Statistics

extension Metric {
  /// What the metric needs of some predictions, so that it can be computed again for other items.
  ///
  /// Its value is `compute`'s. Nil for a metric that nobody has taken apart yet.
  public func sample(_ predictions: [Target], _ targets: [Target], _ labels: [String]) -> (any MetricSample)?
  {
    precondition(
      predictions.count == targets.count && !targets.isEmpty, "'\(name)' of nothing, or of two lengths")
    return Metric.samples[name]?(predictions, targets, labels)
  }

  private typealias Sampling = @Sendable ([Target], [Target], [String]) -> any MetricSample

  private static let samples: [String: Sampling] = [
    "accuracy": { predictions, targets, labels in
      targets[0].form == .label
        ? classes(.accuracy)(predictions, targets, labels)
        : RatioMetric.ratio(zip(predictions, targets).map { (u: $0 == $1 ? 1 : 0, w: 1) })
    },
    "micro_f1": { predictions, targets, _ in
      RatioMetric.f1(
        zip(predictions.labelSets, targets.labelSets).map { found, wanted in
          (right: found.count(where: wanted.contains), found: found.count, wanted: wanted.count)
        })
    },
    "macro_f1": classes(.macroF1), "weighted_f1": classes(.weightedF1),
    "matthews": classes(.matthews), "mse": numbers(.meanSquaredError), "r2": numbers(.rSquared),
    "pearson": numbers(.pearson),
    "spearman": { predictions, targets, _ in RankSample(predictions.numbers, targets.numbers) },
    "entity_f1": { predictions, targets, labels in
      RatioMetric.f1(
        zip(predictions.tags, targets.tags).map { prediction, target in
          let found = Set(entities(prediction.map { labels[$0] }))
          let wanted = Set(entities(target.map { labels[$0] }))
          return (right: found.intersection(wanted).count, found: found.count, wanted: wanted.count)
        })
    },
    "token_accuracy": { predictions, targets, _ in
      RatioMetric.ratio(
        zip(predictions.tags, targets.tags).map { prediction, target in
          (u: Double(zip(prediction, target).count { $0 == $1 }), w: Double(target.count))
        })
    },
  ]

  private static func classes(_ metric: ClassMetric) -> Sampling {
    { predictions, targets, _ in
      let (predictions, targets) = (predictions.labelSets, targets.labelSets)
      let last = (predictions + targets).joined().max() ?? 0
      return metric.sample(predictions, targets, classes: last + 1)
    }
  }

  private static func numbers(_ metric: NumberMetric) -> Sampling {
    { predictions, targets, _ in metric.sample(predictions.numbers, targets.numbers) }
  }
}
