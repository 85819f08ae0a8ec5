import Basics
import Specs
import Testing

/// What of a task stands in a job: all that the job reads, and nothing else.
@Suite struct TaskReadingTests {
  private static let files = Dictionary(
    uniqueKeysWithValues: Split.allCases.map { ($0.rawValue, DataFile(sha256: $0.rawValue, format: "jsonl")) }
  )
  private static let task = TaskSpec(
    name: "fpb", kind: TaskKind("classification"), source: .files(files), text: "{text}", pair: "{more}",
    target: "label",
    labels: [LabelSpec(name: "up", description: "it rises")], metrics: ["macro_f1", "accuracy"],
    limits: ["train": 10, "validation": 10, "test": 10], validationFraction: 0.1, head: .labels)

  /// A way to change a task, by its field and what of it.
  private struct Change: Sendable {
    let field: String
    let apply: @Sendable (inout TaskSpec) -> Void

    init(_ field: String, _ apply: @escaping @Sendable (inout TaskSpec) -> Void) {
      self.field = field
      self.apply = apply
    }
  }

  private static let changes: [Change] =
    [
      Change("name") { $0.name = "fomc" }, Change("kind") { $0.kind = TaskKind("tagging") },
      Change("text") { $0.text = "{title}" }, Change("pair") { $0.pair = nil },
      Change("target") { $0.target = "y" }, Change("labels") { $0.labels[0].name = "down" },
      Change("labels.description") { $0.labels[0].description = "x" },
      Change("labels.value") { $0.labels[0].value = 3 }, Change("metrics") { $0.metrics[0] = "matthews" },
      Change("metrics.others") { $0.metrics[1] = "matthews" },
      Change("validationFraction") { $0.validationFraction = 0.2 }, Change("head") { $0.head = .linear },
      Change("part") { $0.part = ValidationPart(fitFraction: 0.5, isFit: false) },
      Change("draw") { $0.draw = 1 }, Change("by") { $0.by = "asked" },
    ] + Split.allCases.map { split in Change("limits.\(split)") { $0.limits[split.rawValue] = 11 } }
    + Split.allCases.map { split in
      Change("source.\(split)") { task in
        guard case .files(var files) = task.source, files[split.rawValue] != nil else { return }
        files[split.rawValue]?.sha256 = "other"
        task.source = .files(files)
      }
    }

  /// The changes that a reading notices.
  private func noticed(_ task: TaskSpec, _ read: (TaskSpec) -> TaskSpec) -> Set<String> {
    Set(
      Self.changes.filter { change in
        var changed = task
        change.apply(&changed)
        return read(changed) != read(task)
      }.map(\.field))
  }

  /// What belongs to one split alone.
  private static func own(_ split: Split) -> Set<String> {
    split == .train ? ["draw"] : split == .validation ? ["part"] : []
  }

  private static let always: Set = [
    "name", "kind", "text", "pair", "target", "labels", "labels.description", "labels.value", "head",
  ]

  @Test func `every field of a task has a change here`() {
    let fields = Mirror(reflecting: Self.task).children.compactMap(\.label)
    let changed = Set(Self.changes.compactMap { $0.field.split(separator: ".").first.map(String.init) })
    #expect(changed == Set(fields))
  }

  @Test func `a training reads its training data, and validates on its first metric or not at all`() {
    let plain = noticed(Self.task) { $0.trained(TrainingSpec()) }
    #expect(plain == Self.always.union(["source.train", "limits.train", "draw"]))
    let validating = noticed(Self.task) { $0.trained(TrainingSpec(validateEvery: 5)) }
    #expect(validating == plain.union(["source.validation", "limits.validation", "metrics", "part", "by"]))
  }

  @Test func `one split is read without the others`() {
    for split in Split.allCases {
      #expect(
        noticed(Self.task) { $0.reduced(to: [split]) }
          == Self.always.union(["source.\(split)", "limits.\(split)"]).union(Self.own(split)))
    }
    #expect(
      noticed(Self.task) { $0.reduced(to: [.test], metrics: 2) }
        == Self.always.union(["source.test", "limits.test", "metrics", "metrics.others", "by"]))
    #expect(
      noticed(Self.task) { $0.scored(.test) } == Self.always.union(["source.test", "limits.test", "by"]))
  }

  @Test func `without a validation file the training file and the share held back decide both`() {
    var task = Self.task
    var files = Self.files
    files["validation"] = nil
    task.source = .files(files)
    for split in [Split.train, .validation] {
      #expect(
        noticed(task) { $0.reduced(to: [split]) }
          == Self.always.union(["source.train", "validationFraction", "limits.\(split)"]).union(
            Self.own(split)))
    }
    #expect(noticed(task) { $0.reduced(to: [.test]) } == Self.always.union(["source.test", "limits.test"]))
  }

  @Test func `a linear head reads neither descriptions nor values`() {
    var task = Self.task
    task.head = .linear
    #expect(
      noticed(task) { $0.reduced(to: [.test]) }
        == Self.always.union(["source.test", "limits.test"]).subtracting(
          ["labels.description", "labels.value", "head"]))
  }

  @Test func `noise of a generated task is in its training data alone`() {
    func read(_ splits: Set<Split>, noise: Double) -> TaskSpec {
      var task = Self.task
      task.source = .generated(
        GeneratorSpec(form: "score", rows: ["train": 9, "validation": 3, "test": 3], noise: noise))
      return task.reduced(to: splits)
    }
    #expect(read([.test], noise: 0) == read([.test], noise: 0.5))
    #expect(read([.train], noise: 0) != read([.train], noise: 0.5))
  }

  @Test func `settings that do nothing beside others are not in a training`() {
    func fields(_ spec: TrainingSpec, labels: Bool = true, _ change: (inout TrainingSpec) -> Void) -> Bool {
      var changed = spec
      change(&changed)
      return changed.effective(withLabelHeads: labels) == spec.effective(withLabelHeads: labels)
    }
    let validating = TrainingSpec(validateEvery: 5)
    #expect(fields(TrainingSpec()) { $0.patience = 3 } && !fields(validating) { $0.patience = 3 })
    #expect(fields(TrainingSpec()) { $0.keepBest = true } && !fields(validating) { $0.keepBest = true })
    #expect(
      fields(TrainingSpec(batchTokens: 9)) { $0.batchRows = 3 }
        && !fields(TrainingSpec()) { $0.batchRows = 3 })
    #expect(
      fields(TrainingSpec(), labels: false) { $0.labelScale = 3 }
        && !fields(TrainingSpec()) { $0.labelScale = 3 })
  }
}
