internal import Basics
internal import Specs
internal import Tasks

/// Predictions as people read them: one JSON object a line.
///
/// `{"task":"news","split":"test","row":17,"text":"9f86d081884c7d65","prediction":"good","target":"bad","correct":false,
/// "probabilities":{"bad":0.49,"good":0.51}}`. For tagging `probabilities` lists that of the tag of each word, `null` where
/// the model did not see the word; a linear regression has none. A row of a task whose metrics are means over groups has its `group`. What is right or wrong is `null` for numbers, which are near
/// or far.
struct PredictionText {
  private(set) var bytes: [UInt8] = []

  /// Adds the rows of one split.
  mutating func add(_ rows: JoinedRows, task: TaskSpec, split: Split) {
    let (columns, groups) = (rows.columns, rows.wanted.groups)
    let names = task.labels.map { JSONText.quoted($0.name) }
    let head = "{\"task\":\(JSONText.quoted(task.name)),\"split\":\"\(split.rawValue)\",\"row\":"
    for (index, (prediction, target)) in zip(columns.predictions, rows.targets).enumerated() {
      add(
        head + "\(columns.rows[index]),\"text\":\"\(Self.hexadecimal(columns.texts[index]))\","
      )
      if task.by != nil, let group = groups[index] { add("\"group\":\(JSONText.quoted(group)),") }
      add("\"prediction\":")
      add(JSONText.quoted(task.text(of: prediction.target)))
      add(",\"target\":" + JSONText.quoted(task.text(of: target)))
      add(",\"correct\":" + (task.isRight(prediction.target, target).map { "\($0)" } ?? "null"))
      add(",\"probabilities\":" + Self.probabilities(prediction, labels: columns.labels, names) + "}\n")
    }
  }

  private mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private static func probabilities(_ prediction: Prediction, labels: Int, _ names: [String]) -> String {
    if labels == 0 { return "null" }
    guard case .tags(let tags) = prediction.target else {
      let pairs = zip(names, prediction.probabilities).map { "\($0):\(Float16($1))" }
      return "{" + pairs.joined(separator: ",") + "}"
    }
    let words = tags.enumerated().map { word, tag in
      let all = prediction.probabilities[word * labels..<(word + 1) * labels]
      return all.allSatisfy { $0 == 0 } ? "null" : "\(Float16(all[all.startIndex + tag]))"
    }
    return "[" + words.joined(separator: ",") + "]"
  }

  private static func hexadecimal(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
