/// Counts of each class over all items.
struct ClassCounts {
  /// The classes that occur in targets or predictions, ascending.
  let classes: [Int]
  /// Items of a class that were predicted as it.
  private(set) var right: [Int]
  /// Items of a class.
  private(set) var wanted: [Int]
  /// Items predicted as a class.
  private(set) var predicted: [Int]

  /// Counts items of one or several classes each, without repeats.
  init(predictions: [[Int]], targets: [[Int]]) {
    classes = Set((predictions + targets).joined()).sorted()
    let slots = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($0.element, $0.offset) })
    right = classes.map { _ in 0 }
    wanted = right
    predicted = right
    for (prediction, target) in zip(predictions, targets) {
      for slot in prediction.compactMap({ slots[$0] }) { predicted[slot] += 1 }
      for label in target {
        guard let slot = slots[label] else { continue }
        wanted[slot] += 1
        if prediction.contains(label) { right[slot] += 1 }
      }
    }
  }

  /// F1 of each class, 2·right ÷ (wanted + predicted).
  var f1: [Double] {
    classes.indices.map { 2 * Double(right[$0]) / Double(wanted[$0] + predicted[$0]) }
  }
}
