internal import Basics
internal import LinearAlgebra
internal import Models
internal import Specs
internal import Tasks
internal import Training

/// Two labels of which a base makes nearly one vector.
struct LikeLabels: Sendable, Hashable, Codable {
  var first: Int
  var second: Int
  var cosine: Float
}

extension LikeLabels {
  /// Descriptions above it are told: the tasks whose descriptions coincide learn least in so many steps.
  static let limit: Float = 0.8

  /// The labels of a task whose descriptions a base nearly takes for one, the likest first; labels alone, as anchors on a line
  /// are to be like each other.
  ///
  /// Cost: one pass over the descriptions, through a base that is opened for it.
  static func found(_ task: TaskSpec, _ base: BaseModel) -> [LikeLabels] {
    guard case .cosine(let labels, _) = base.labelHead(task, scale: 1, workspace: Workspace()) else {
      return []
    }
    var pairs: [LikeLabels] = []
    for first in 0..<labels.rows {
      for second in first + 1..<max(first + 1, labels.rows) {
        let cosine = (0..<labels.columns).reduce(Float(0)) { $0 + labels[first, $1] * labels[second, $1] }
        if cosine > limit { pairs.append(LikeLabels(first: first, second: second, cosine: cosine)) }
      }
    }
    return pairs.sorted { $0.cosine > $1.cosine }
  }

  /// What a user should know of such labels; nil where there are none.
  static func note(_ pairs: [LikeLabels], of task: TaskSpec) -> Diagnostic? {
    guard let likest = pairs.first else { return nil }
    let more =
      pairs.count == 1 ? "" : ", and \(pairs.count - 1) more pairs above \(shortNumber(Double(limit)))"
    return Diagnostic(
      "the descriptions of the labels '\(task.labels[likest.first].name)' and '\(task.labels[likest.second].name)' of the task "
        + "'\(task.name)' are nearly one text to the base: their cosine is \(shortNumber(Double(likest.cosine), digits: 2))\(more)",
      hint:
        "a label head learns such labels slowly: describe what tells them apart, write head: linear, or let "
        + "tune: {head: [labels, linear]} try both")
  }
}
