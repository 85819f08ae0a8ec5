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
        id: "\(task.name)/\(split.rawValue)/\(index)", prediction: task.text(of: prediction),
        target: task.text(of: target), correct: task.isRight(prediction, target))
      data.append(try StableHash.canonicalJSON(row))
      data.append(UInt8(ascii: "\n"))
    }
    try data.write(to: folder.appendingPathComponent(name))
  }
}
