import Basics
import Execution
import Experiment
import Foundation
import Machine
import Models
import Outlines
import Results
import Specs
import Tasks
import TestSupport
import Testing

@Suite struct CollectorTests {
  private let scratch: Scratch
  private let a: PlannedJob
  private let b: PlannedJob
  private let merge: PlannedJob
  private let evaluations: [PlannedJob]
  private var plan: Plan

  init() throws {
    scratch = try Scratch()
    a = try Jobs.train(0)
    b = try Jobs.train(1)
    merge = try Jobs.merge([a, b])
    let owners: [PlannedJob?] = [nil, a, b, merge]
    evaluations = try owners.map { try Jobs.evaluate($0) }
    let kinds: [(ModelKind, String, Int?)] = [
      (.base, "base", nil), (.single, "single:fpb", 0), (.single, "single:fpb", 1),
      (.merge, "merge:linear", 0),
    ]
    let models = zip(zip(owners, evaluations), kinds).map { pair, kind in
      PlannedModel(
        model: kind.1, kind: kind.0, recipe: "r", settings: "", tasks: ["fpb"], seed: kind.2, job: pair.0?.id,
        evaluations: [PlannedEvaluation(task: "fpb", split: .test, job: pair.1.id)])
    }
    plan = Jobs.plan([a, b, merge] + evaluations, models: models)
    plan.locations = store.data
  }

  private var store: JobStore { scratch.store }
  private func collect() throws -> ResultSet { try Collector(store: store).collect(plan) }

  private func putAll() throws {
    try store.put(a.id, .trained(steps: 5))
    try store.put(b.id, .trained(steps: 7))
    let site = MergedSite(site: "q", rank: 4, retainedEnergy: 0.9, norm: 2)
    try store.put(merge.id, .merge(MergeResult(sites: [site], bytes: 123)))
    for (index, job) in evaluations.enumerated() { try store.put(predictions: job.id, right: index) }
  }

  @Test func `a full store gives every row in the order of the plan`() throws {
    try putAll()
    let set = try collect()
    #expect(set.models.map(\.model) == ["base", "single:fpb", "single:fpb", "merge:linear"])
    #expect(set.models.map(\.seed) == [nil, 0, 1, 0])
    #expect(set.models.map(\.steps) == [0, 5, 7, 12])
    #expect(set.models.map(\.examples) == [0, 40, 56, 96])
    #expect(set.models.map(\.tokens) == [0, 500, 700, 1200])
    // What the plan counts for a token, times those that were drawn; the merge's are its inputs'.
    #expect(set.models.map(\.flops) == [0, 500, 700, 1200].map { $0 * 85e6 })
    #expect(set.models.map(\.bytes) == [0, 40, 40, 123])
    #expect(set.models.map(\.job) == ["", a.id.hex, b.id.hex, merge.id.hex])
    #expect(set.scores.map(\.value) == [0, 0.25, 0.5, 0.75])
    #expect(set.scores.allSatisfy { $0.metric == "accuracy" && $0.n == 4 && $0.split == .test })
    #expect(set.mixtures.map(\.seed) == [0, 1])
    #expect(set.merges.map(\.method) == ["linear"])
    #expect(set.costs.map(\.label) == plan.jobs.map(\.label))
    #expect(set.failures.isEmpty)
    #expect(set.budget == "5 steps")
  }

  @Test func `an empty store gives the base without scores`() throws {
    let set = try collect()
    #expect(set.models.map(\.model) == ["base"])
    #expect(set.scores.isEmpty && set.costs.isEmpty && set.failures.isEmpty && set.mixtures.isEmpty)
  }

  @Test func `holes leave rows out and move no number to another model`() throws {
    try store.put(b.id, .trained(steps: 7))
    try store.put(predictions: evaluations[0].id, right: 1)
    try store.put(predictions: evaluations[1].id, right: 4)  // of the model that is missing
    try store.recordFailure(Diagnostic("out of memory", hint: "buy some"), of: a.id)
    let set = try collect()
    #expect(set.models.map(\.seed) == [nil, 1])
    #expect(set.scores.map(\.value) == [0.25])
    #expect(set.scores.map(\.model) == ["base"])
    #expect(set.failures == [FailureRow(job: a.id.hex, label: "train 0", message: "out of memory")])
  }

  @Test func `a record of costs that is missing leaves out its row alone`() throws {
    try putAll()
    try FileManager.default.removeItem(at: store.folder(a.id).appendingPathComponent("cost.json"))
    let set = try collect()
    #expect(set.costs.map(\.label) == plan.jobs.dropFirst().map(\.label))
    #expect(set.models.count == 4)
  }

  // MARK: The clock

  @Test func `nothing measured means a guess`() throws {
    let clock = WorkClock(plan: plan, store: store)
    // 85 GFLOP at 0.92 of 100 GFLOP/s, and what a job costs beside.
    #expect(abs(clock.seconds(a) - (85.0 / 92 + 0.03)) < 1e-12)
    #expect(clock.basis == "from a guess of 100 GFLOP/s a worker")
  }

  @Test func `the clock learns from jobs of the same kind`() throws {
    try store.put(a.id, .trained(), cost: .some(wall: 6))
    let clock = WorkClock(plan: plan, store: store)
    #expect(clock.basis == "from a guess of 100 GFLOP/s a worker, and 1 job that is done")
    // One second of the expectation is added to both sides.
    let expected = 85.0 / 92 + 0.03
    #expect(abs(clock.seconds(b) - expected * 7 / (1 + expected)) < 1e-12)
    var half = b
    half.work.flops /= 2
    #expect(abs(clock.seconds(half) - (42.5 / 92 + 0.03) * 7 / (1 + expected)) < 1e-12)
    #expect(abs(clock.seconds(merge) - (0.02 + 85 / 30)) < 1e-12, "another kind")
    clock.learn(b, .some(wall: 2))
    #expect(abs(clock.seconds(a) - expected * 9 / (1 + 2 * expected)) < 1e-12)
  }

  @Test func `another machine, or another kernel, teaches the clock nothing`() throws {
    var cost = JobCost.some(wall: 6)
    cost.machine = "a much slower one"
    try store.put(a.id, .trained(), cost: cost)
    #expect(WorkClock(plan: plan, store: store).basis == "from a guess of 100 GFLOP/s a worker")
  }

  @Test func `a measured speed takes the place of the guess, and element-wise numbers count`() throws {
    let clock = WorkClock(plan: plan, store: store, speed: MachineSpeed(flopsPerSecond: 200e9))
    var job = a
    #expect(abs(clock.seconds(job) - (85.0 / 184 + 0.03)) < 1e-12)
    job.work.elements = 2e9
    #expect(abs(clock.seconds(job) - (0.03 + (85.0 + 110) / 184)) < 1e-12)
    #expect(clock.basis == "from 200 GFLOP/s a worker, just measured")
  }

  @Test func `the machine's speed is that of one worker, and more workers than cores share it`() {
    let shape = NetworkFamilies.pretrained(
      layers: 1, hidden: 64, heads: 2, intermediate: 128, vocabulary: 10, positions: 8)
    let one = MachineSpeed.measure(shape.outline, workers: 1).flopsPerSecond
    let many = MachineSpeed.measure(shape.outline, workers: 20 * MachineFacts.cores).flopsPerSecond
    #expect(one > 1e8)
    #expect(many < one / 2)
  }

  // MARK: Predictions

  /// The predictions in a model's file.
  private func said(_ file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
      try #require(JSON(Array(line.utf8), file: "")["prediction"]?.text)
    }
  }

  @Test func `a model's name that no file can have is shortened, and no two models share a file`() throws {
    try putAll()
    let long = "cocktail:" + (0..<9).map { "a_task_with_an_ordinary_name_\($0)" }.joined(separator: "+")
    var plan = plan
    let names = [long, long + "+x", "merge:ties(density=0.2)", "merge:ties[density=0.2]"]
    for (index, name) in names.enumerated() { plan.models[index].model = name }
    let folder = scratch.url.appendingPathComponent("predictions")
    try PredictionBinder(store: store).bind(plan, into: folder)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count == 4 && files.allSatisfy { $0.utf8.count <= 255 })
    #expect(files.filter { $0.hasPrefix("cocktail_a_task_with_an_ordinary_name_0+a_task") }.count == 2)
    #expect(files.filter { $0.hasPrefix("merge_ties_density=0.2_-") }.count == 2)
    let right = try files.map { name in
      try said(folder.appendingPathComponent(name)).count { $0 == "a" }
    }
    #expect(right.sorted() == [0, 1, 2, 3])
    // The same names the next time.
    try PredictionBinder(store: store).bind(plan, into: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == files.sorted())
  }

  @Test func `predictions of a model are bound, and bound again when labels change but not sizes`() throws {
    try putAll()
    let folder = scratch.url.appendingPathComponent("predictions")
    let file = folder.appendingPathComponent("single_fpb.seed0.jsonl")
    for right in [1, 2] {
      try store.discard(evaluations[1].id)
      try store.put(predictions: evaluations[1].id, right: right)
      try PredictionBinder(store: store).bind(plan, into: folder)
      #expect(try said(file).count { $0 == "a" } == right)
    }
    let line = try #require(String(contentsOf: file, encoding: .utf8).split(separator: "\n").first)
    #expect(
      line
        == #"{"task":"fpb","split":"test","row":1,"text":"\#(String(StableHash.hex(Data("row 0".utf8)).prefix(16)))","#
        + #""prediction":"a","target":"a","correct":true,"#
        + #""probabilities":{"a":0.75,"b":0.25}}"#)
  }

  // MARK: Scores

  @Test func `scores are kept beside predictions, and one more metric is computed from them`() throws {
    try putAll()
    var plan = plan
    let book = store.folder(evaluations[1].id).appendingPathComponent("scores")
    func names() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: book.path)) ?? []).sorted()
    }
    _ = try collect()
    #expect(names().isEmpty)
    _ = try Collector(store: store, keepsScores: true).collect(plan)
    let kept = try #require(names().first)
    #expect(names().count == 1 && kept.hasSuffix("-accuracy-1.json"))
    plan.plannedTasks[0].spec.metrics = ["accuracy", "macro_f1"]
    plan.tasks[0].metrics.append(MetricColumn(name: "macro_f1", higherIsBetter: true))
    let set = try Collector(store: store, keepsScores: true).collect(plan)
    #expect(set.scores.count == 8)
    #expect(set.scores.filter { $0.metric == "macro_f1" }.map(\.value).last == 3.0 / 7)
    #expect(names().count == 2 && names().contains(kept))
    // What was changed by hand, or is one revision's under the name of another, is computed anew.
    let file = book.appendingPathComponent(kept)
    let whole = try String(contentsOf: file, encoding: .utf8)
    for (old, new) in [("0.25", "0.75"), ("-accuracy-1", "-accuracy-2")] {
      try Data(whole.replacing(old, with: new).utf8).write(to: file)
      #expect(try collect().scores.map(\.value) == [0, 0.25, 0.5, 0.75])
    }
  }

  @Test func `two runs that compute different scores at once lose none`() async throws {
    try putAll()
    let store = store
    let plans = ["accuracy", "macro_f1", "weighted_f1", "matthews"].map { metric in
      var plan = plan
      plan.plannedTasks[0].spec.metrics = [metric]
      return plan
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for plan in plans {
        group.addTask { _ = try Collector(store: store, keepsScores: true).collect(plan) }
      }
      try await group.waitForAll()
    }
    let book = store.folder(evaluations[1].id).appendingPathComponent("scores")
    #expect(try FileManager.default.contentsOfDirectory(atPath: book.path).count == 4)
  }

  @Test func `predictions are held against the rows and texts that they are of`() throws {
    try putAll()
    let columns = PredictionColumns(
      rows: [1, 2, 3, 5], texts: (0..<4).map { Example(text: "row \($0)", target: .label(0)).textHash },
      predictions: (0..<4).map { _ in Prediction(.label(0), probabilities: [1, 0]) }, labels: 2)
    var (rows, texts, labels) = (columns, columns, columns)
    rows.rows = [1, 2, 3, 5]
    (texts.rows, texts.texts[2]) = ([1, 2, 3, 4], 7)
    (labels.labels, labels.predictions) = (
      3, (0..<4).map { _ in Prediction(.label(2), probabilities: [0, 0, 1]) }
    )
    let file = store.data[Jobs.data.sha256] ?? ""
    for (wrong, what) in [
      (rows, "prediction 4 is of row 5, not of row 4 of \(file)"),
      (texts, "the prediction for row 3 is of another text than stands in line 3 of \(file)"),
      (labels, "predictions of 3 labels for a task of 2"),
    ] {
      try store.discard(evaluations[1].id)
      let attempt = try store.beginAttempt(evaluations[1].id, "put")
      try Data(wrong.bytes).write(to: attempt.appendingPathComponent("predictions.bin"))
      try store.commit(
        attempt, as: evaluations[1].id, spec: evaluations[1].spec, result: .predicted, cost: .some())
      let set = try collect()
      #expect(set.scores.map(\.value) == [0, 0.5, 0.75])
      #expect(set.failures.map(\.message) == [what])
      let folder = scratch.url.appendingPathComponent("predictions")
      let told = #expect(throws: Diagnostic.self) {
        try PredictionBinder(store: store).bind(plan, into: folder)
      }
      #expect(told?.what == what && told?.place?.file.hasSuffix("predictions.bin") == true)
      let row = ScoreRow(
        model: "single:fpb", seed: 0, task: "fpb", split: .test, metric: "accuracy", value: 0, n: 4,
        job: evaluations[1].id.hex)
      let items = StoredItems(store: store, plan: plan)
      #expect(throws: Diagnostic.self) { try items.items(row) }
      #expect(throws: Diagnostic.self) { try items.labels(row) }
      let archive = scratch.url.appendingPathComponent("answers.gz")
      #expect(throws: Diagnostic.self) {
        try PredictionArchive(store: store).write(plan, models: ["single:fpb"], to: archive)
      }
    }
  }

  @Test func `bytes that no job wrote are told, whatever their first line claims`() throws {
    func problem(_ bytes: [UInt8]) -> String? {
      do {
        _ = try PredictionColumns(bytes)
        return nil
      } catch { return error.what }
    }
    let good = PredictionColumns(
      rows: [1, 2], texts: [7, 8],
      predictions: (0..<2).map { _ in Prediction(.label(0), probabilities: [1, 0]) },
      labels: 2)
    let end = try #require(good.bytes.firstIndex(of: UInt8(ascii: "\n")))
    let columns = Array(good.bytes[end...])
    let lines: [(String, String?)] = [
      ("labels 2 2 1", nil), ("labels 2 1 1", "there are bytes behind the predictions"),
      ("labels 2 65537 1", "these are no predictions of this version"),
      ("labels 9223372036854775807 2 1", "these are no predictions of this version"),
      ("labels 2 2 4294967295", "these are no predictions of this version"),
      ("labels 4294967290 2 1", "the predictions end too early"),
      ("tags 2 65536 1", "the predictions end too early"), ("sets 2 2 0", "the predictions end too early"),
      ("words 2 2 1", "these are no predictions of this version"),
    ]
    for (line, what) in lines {
      let bytes = Array("mixology predictions 1 \(line)".utf8) + columns
      #expect(problem(bytes) == what, "\(line)")
    }
    var wrong = good.bytes
    wrong[wrong.count - 9] = 2
    #expect(problem(wrong) == "a prediction is label 2, and there are 2, from 0")
  }

  @Test func `another column of targets is another key`() throws {
    try putAll()
    _ = try Collector(store: store, keepsScores: true).collect(plan)
    var plan = plan
    plan.plannedTasks[0].spec.labels.swapAt(0, 1)
    #expect(try Collector(store: store).collect(plan).scores.map(\.value) == [1, 0.75, 0.5, 0.25])
  }

  // MARK: Reasons

  @Test func `a plan says what changed since the last run`() throws {
    try putAll()
    var last = LastRun()
    last.note(plan, finished: store.finished())
    try last.write(of: "test", in: store)
    #expect(LastRun(of: "test", in: store) == last)
    func reasons(_ change: (inout TrainJob) -> Void) throws -> [String] {
      guard case .train(var job) = a.spec else { return [] }
      change(&job)
      var planned = a
      planned.spec = .train(job)
      planned.id = planned.spec.id()
      var plan = plan
      plan.jobs[0] = planned
      return Reasons(plan, store, store.progress(of: plan)).reasons(planned).map(\.words)
    }
    #expect(try reasons { $0.training.learningRate = 0.5 } == ["training.learning_rate from 0.001 to 0.5"])
    #expect(try reasons { $0.budget = .tokens(5) }.contains("budget.steps from 5 to nothing"))
    #expect(try reasons { $0.seed = 4 } == ["seeds from 0 to 4"])
    #expect(
      try reasons { $0.tasks[0].labels[0].description = "rises" } == [
        "tasks.fpb.labels.a from 'a' to 'rises'"
      ])
    #expect(try reasons { _ in } == [])
    var other = a
    other.label = "train 77"
    other.id = JobID(number: 77)
    #expect(Reasons(plan, store, store.progress(of: plan)).reasons(other) == [.new])
  }

  @Test func `a data file that changed is told with its first other line`() throws {
    try putAll()
    RowHashes.keep(plan, in: store)
    var last = LastRun()
    last.note(plan, finished: store.finished())
    try last.write(of: "test", in: store)
    let file = scratch.url.appendingPathComponent("new.jsonl")
    let old = try String(contentsOfFile: store.data[Jobs.data.sha256] ?? "", encoding: .utf8)
    try Data(old.replacingOccurrences(of: "row 2", with: "row 9").utf8).write(to: file)
    guard case .train(var job) = a.spec else { return }
    job.tasks[0].source = .files([
      "train": DataFile(sha256: "new", format: "jsonl"), "test": Jobs.data,
    ])
    var planned = a
    planned.spec = .train(job)
    planned.id = planned.spec.id()
    var changed = plan
    changed.jobs[0] = planned
    changed.locations["new"] = file.path
    #expect(
      Reasons(changed, store, store.progress(of: changed)).reasons(planned) == [.file(file.path, line: 3)])
  }
}
