extension Question {
  /// Whether training on a task teaches anything beyond the base.
  static let learned = Question(
    name: "learned", summary: "Is a task learned: is its single better than the base?"
  ) {
    evidence, reader in
    try evidence.plans("learned", reader) { task in
      let single = evidence.singleSide(task)
      return evidence.both(single, .init("base", evidence.base(settings: single?.model.settings ?? "")))
    }
  }
}
