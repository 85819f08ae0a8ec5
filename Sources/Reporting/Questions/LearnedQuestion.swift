extension Question {
  /// Whether training on a task teaches anything beyond what can be had without it: test items are others than those
  /// that chose among the floors, so that this choice favours neither side.
  static let learned = Question(
    name: "learned", summary: "Is a task learned: is its single better than the best of its floors?"
  ) {
    evidence, reader in
    try evidence.arms.flatMap { evidence in
      try evidence.plans("learned", arm: evidence.arm, reader) { task in
        let single = evidence.singleSide(task)
        return evidence.both(
          single, .init("floor", evidence.bestFloor(of: task, settings: single?.model.settings ?? "")))
      }
    }
  }
}
