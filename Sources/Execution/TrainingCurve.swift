internal import Foundation
internal import Results

/// The curve that a training left in its `curve.csv`, short enough for a table.
enum TrainingCurve {
  /// Stretches of about equal length, twenty at most; none where the file is not there or not one of ours.
  static func rows(_ folder: String, model: String, seed: Int) -> [CurveRow] {
    guard let text = try? String(contentsOfFile: folder + "/curve.csv", encoding: .utf8) else { return [] }
    let lines = text.split(separator: "\n")
    guard let header = lines.first?.split(separator: ",", omittingEmptySubsequences: false),
      let step = header.firstIndex(of: "step"), let loss = header.firstIndex(of: "loss")
    else { return [] }
    let validation = header.firstIndex(of: "validation")
    let points = lines.dropFirst().compactMap { line -> CurveRow? in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == header.count, let step = Int(cells[step]), let loss = Double(cells[loss]) else {
        return nil
      }
      return CurveRow(
        model: model, seed: seed, step: step, loss: loss, validation: validation.flatMap { Double(cells[$0]) }
      )
    }
    let count = min(20, points.count)
    return (0..<count).map { part in
      let stretch = points[part * points.count / count..<(part + 1) * points.count / count]
      var row = stretch[stretch.endIndex - 1]
      row.loss = stretch.reduce(0) { $0 + $1.loss } / Double(stretch.count)
      row.validation = stretch.compactMap(\.validation).last
      return row
    }
  }
}
