import Basics
import Experiment
import Results
import Specs
import Tasks
import Testing

/// What changes the identity of a job, and what does not.
@Suite struct IdentityTests {
  private static let text = manifestText(
    "cocktails: [all]\nmerges: [{method: ties, of: [fpb, fiqa], weights: [1, 2]}]")

  private func ids(_ text: String, _ overrides: [String] = [], resources: FakeResources = FakeResources())
    throws -> [JobID]
  {
    try plan(text, ["seeds=0"] + overrides, resources: resources).jobs.map(\.id).sorted { $0.hex < $1.hex }
  }

  private func training(_ text: String, _ overrides: [String] = []) throws -> JobID? {
    try plan(text, ["seeds=0"] + overrides).models.first { $0.kind == .cocktail }?.job
  }

  @Test(arguments: [
    "adapter.rank=4", "adapter.alpha=8", "adapter.dropout=0.1", "adapter.rslora=true",
    "adapter.targets=query",
    "training.learning_rate=0.01", "training.schedule=cosine", "training.warmup=0", "training.weight_decay=0",
    "training.beta1=0.8", "training.beta2=0.99", "training.epsilon=1e-6", "training.clip=0",
    "training.batch_rows=8",
    "training.batch_tokens=100", "training.accumulation=2", "training.max_tokens=64",
    "training.validate_every=10",
    "training.label_scale=10", "training.precision=bfloat16", "budget.steps=100", "budget={tokens: 200}",
    "seeds=1", "sampling.rule=equal",
    "base={pretrain: {}}", "head=linear", "tasks.fpb.text={text} and more", "tasks.fpb.pair={question}",
    "tasks.fpb.target=gold", "tasks.fpb.labels=[good, bad]", "tasks.fpb.labels={bad: awful, good: fine}",
    "tasks.fpb.limits.train=50", "tasks.fpb.data=fomc",
  ])
  func `what can change a result changes the identity of its training`(override: String) throws {
    let before = try #require(try training(Self.text))
    #expect(try training(Self.text, [override]) != before)
  }

  @Test(arguments: [
    "title=something else", "name=other", "tasks.fpb.family=other", "tasks.fpb.limits.test=10",
    "tasks.fpb.limits.validation=10", "tasks.fpb.metrics=accuracy", "task_defaults.validation_fraction=0.2",
    "tasks.fpb.metrics=macro_f1", "tasks.fpb.by=asked", "evaluate.tasks=own", "evaluate.splits=test",
    "sampling.rule=concatenation",
    "adapter.targets=value,query", "adapter.rank=8", "training.precision=float32",
    "evaluate.precision=bfloat16",
  ])
  func `what cannot change a training leaves its identity`(override: String) throws {
    let before = try #require(try training(Self.text))
    #expect(try training(Self.text, [override]) == before)
  }

  // MARK: What a job reads, and nothing else

  /// What changes a training that validates on the way.
  @Test(arguments: [
    ("tasks.fpb.metrics=accuracy", true), ("tasks.fpb.by=asked", true),
    ("tasks.fpb.limits.validation=10", true),
    ("training.patience=3", true), ("training.keep_best=true", true), ("tasks.fpb.limits.test=10", false),
    ("task_defaults.validation_fraction=0.2", false),
  ])
  func `a training that validates reads the first metric and validation data`(override: String, changes: Bool)
    throws
  {
    let validating = ["training.validate_every=10"]
    let before = try #require(try training(Self.text, validating))
    #expect((try training(Self.text, validating + [override]) != before) == changes)
  }

  @Test
  func
    `the share held back is read where there is no validation file, and validation data then come from the training file`()
    throws
  {
    let bare = FakeResources(splits: [.train, .test])
    func plan(_ overrides: [String], _ resources: FakeResources) throws -> Plan {
      try ExperimentTests.plan(Self.text, ["seeds=0"] + overrides, resources: resources)
    }
    func training(_ plan: Plan) -> JobID? { plan.models.first { $0.kind == .cocktail }?.job }
    func base(_ plan: Plan, _ split: Split) -> JobID? {
      plan.models.first?.evaluations.first { $0.task == "fpb" && $0.split == split }?.job
    }
    let before = try plan([], bare)
    let share = try plan(["task_defaults.validation_fraction=0.2"], bare)
    #expect(training(share) != training(before))
    #expect(base(share, .validation) != base(before, .validation))
    #expect(base(share, .test) == base(before, .test))
    var moved = bare
    moved.files["data/fpb/train.jsonl"]?.sha256 = "other bytes"
    let other = try plan([], moved)
    #expect(training(other) != training(before))
    #expect(base(other, .validation) != base(before, .validation))
    #expect(base(other, .test) == base(before, .test))
    // Nothing of this where there is a file.
    var whole = FakeResources()
    let known = try plan([], whole)
    whole.files["data/fpb/train.jsonl"]?.sha256 = "other bytes"
    let again = try plan([], whole)
    #expect(training(again) != training(known))
    #expect(again.models.first?.evaluations == known.models.first?.evaluations)
  }

  @Test func `groups of rows change no job, but what scores on the way`() throws {
    let grouped = "tasks.fpb.by=asked"
    #expect(try ids(Self.text, [grouped]) == ids(Self.text))
    let validating = ["training.validate_every=10"]
    func evaluated(_ overrides: [String]) throws -> [JobSpec] {
      try plan(Self.text, overrides).jobs.map(\.spec).filter { ["guess", "probe"].contains($0.kind) }
    }
    #expect(try evaluated(validating + [grouped]) == evaluated(validating))
    #expect(try plan(Self.text, [grouped]).tasks.map(\.by) == ["asked", "", "", ""])
  }

  @Test func `what a base cannot read of a length is not in a job`() throws {
    let short = FakeResources(positions: 64)
    #expect(
      try ids(Self.text, ["training.max_tokens=64"], resources: short)
        == ids(Self.text, ["training.max_tokens=100"], resources: short))
  }

  @Test func `the order of models counts where the method says so`() throws {
    let ordered = Vocabulary.small(
      and: Vocabulary.Method(
        name: "slerp_first",
        parameters: [
          ParameterSpec("task", .integer(0...9), default: .number(0), "which"), Vocabulary.rank,
        ], demands: Vocabulary.asking({ _ in .changes }, isOrdered: { $0["task"] != .number(0) })))
    func merges(_ entry: String) throws -> [MergeJob] {
      try ExperimentTests.plan(manifestText("merges: [\(entry)]"), ["seeds=0"], vocabulary: ordered).jobs
        .compactMap { if case .merge(let merge) = $0.spec { merge } else { nil } }
    }
    let there = try merges("{method: slerp_first, of: [ner, fpb], weights: [2, 1], task: 1}")
    let back = try merges("{method: slerp_first, of: [fpb, ner], weights: [1, 2], task: 1}")
    #expect(there[0].weights == [2, 1] && back[0].weights == [1, 2])
    #expect(there[0].inputs == back[0].inputs.reversed() && there != back)
    #expect(
      try merges("{method: slerp_first, of: [ner, fpb], weights: [2, 1]}")
        == merges("{method: slerp_first, of: [fpb, ner], weights: [1, 2]}"))
  }

  @Test func `comments, titles and the order of keys, tasks and inputs change nothing`() throws {
    let other = """
      # A comment.
      merges:
        - weights: [2, 1]
          of: [fiqa, fpb]
          method: ties
      cocktails: [{name: everything, tasks: [ner, fpb, fomc, fiqa]}]
      title: the same
      budget: {steps: 200}
      base: mini
      tasks:
        ner: {data: ner, kind: tagging, labels: [O, B-PER, I-PER], head: linear}
        fiqa: {labels: [bad, good], kind: classification, data: fiqa}
        fpb: {data: fpb, kind: classification, labels: [bad, good], family: sentiment}
        fomc: {data: fomc, kind: classification, labels: {dove: "lower rates", hawk: "higher rates"}}
      name: finance
      data_root: data
      """
    #expect(try ids(other) == (try ids(Self.text)))
  }

  @Test func `files of the same bytes are the same files wherever they lie`() throws {
    var moved = FakeResources(folders: [])
    for (path, facts) in FakeResources().files {
      moved.files["elsewhere/x/" + path.split(separator: "/").suffix(2).joined(separator: "/")] = facts
    }
    let overrides = [
      "data_root=elsewhere/x",
      "tasks.fpb={files: {train: fpb/train.jsonl, validation: fpb/validation.jsonl, test: fpb/test.jsonl}, kind: classification, labels: [bad, good]}",
    ]
    #expect(try ids(Self.text, overrides, resources: moved) == (try ids(Self.text)))
    moved.files["elsewhere/x/fpb/train.jsonl"]?.sha256 = "other bytes"
    #expect(try ids(Self.text, overrides, resources: moved) != (try ids(Self.text)))
  }

  @Test func `a merge's parameters and weights are part of it, its defaults written out or not`() throws {
    func merge(_ overrides: [String]) throws -> JobID? {
      try plan(Self.text, ["seeds=0"] + overrides).models.first { $0.kind == .merge }?.job
    }
    let before = try #require(try merge([]))
    #expect(try merge(["merges.0.density=0.2"]) == before)
    #expect(try merge(["merges.0.density=0.3"]) != before)
    #expect(try merge(["merges.0.weights=[1, 3]"]) != before)
    #expect(try merge(["merges.0.name=mine"]) == before)
  }
}
