internal import Basics
internal import Foundation
internal import Specs
internal import Tasks

/// `predictions.jsonl` of an evaluation: one `PredictionRow` a line.
enum PredictionFile {
  static let name = "predictions.jsonl"

  static func write(
    _ predictions: [Target], _ targets: [Target], task: TaskSpec, split: Split, to folder: URL
  ) throws {
    var data = Data()
    for (index, (prediction, target)) in zip(predictions, targets).enumerated() {
      let row = PredictionRow(
        id: "\(task.name)/\(split.rawValue)/\(index)", prediction: text(prediction, task),
        target: text(target, task),
        correct: task.kind == .regression ? nil : prediction == target)
      data.append(try StableHash.canonicalJSON(row))
      data.append(UInt8(ascii: "\n"))
    }
    try data.write(to: folder.appendingPathComponent(name))
  }

  private static func text(_ target: Target, _ task: TaskSpec) -> String {
    switch target {
    case .label(let label): task.labels[label].name
    case .number(let number): "\(number)"
    case .tags(let tags): tags.map { task.labels[$0].name }.joined(separator: " ")
    }
  }
}
