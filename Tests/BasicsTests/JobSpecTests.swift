import Basics
import Foundation
import Specs
import Testing

/// A way to change one field of a spec.
struct Change<Spec>: Sendable {
  let field: String
  let apply: @Sendable (inout Spec) -> Void

  init(_ field: String, _ apply: @escaping @Sendable (inout Spec) -> Void) {
    self.field = field
    self.apply = apply
  }
}

@Suite struct JobSpecTests {
  private static let label = LabelSpec(name: "up", description: "it rises", value: 1)
  private static let file = DataFile(sha256: "aa", format: "jsonl")
  static let task = TaskSpec(
    name: "fpb", kind: TaskKind("classification"), source: .files(["train": file]), text: "{text}",
    pair: "{more}",
    target: "label", labels: [label], metrics: ["macro_f1"], limits: ["train": 10], validationFraction: 0.1,
    head: .labels)
  private static let sampling = SamplingSpec(rule: "temperature", cap: 9, temperature: 2, weights: ["fpb": 1])
  private static let train = TrainJob(
    base: .folder(sha256: "bb"), tasks: [task], sampling: sampling, budget: .steps(200),
    adapter: AdapterSpec(),
    training: TrainingSpec(), seed: 0)
  private static let start = TrainStart(
    adapter: JobID(number: 0x0c), heads: JobID(number: 0x0d), earlier: [.steps(100)])
  private static let merge = MergeJob(
    method: "ties", parameters: ["density": .number(0.2), "elect": .text("weighted")],
    inputs: [JobID(number: 0x01), JobID(number: 0x02)], weights: [1, 0.5], seed: 3)
  private static let statistics = StatisticsJob(
    base: .folder(sha256: "bb"), adapter: JobID(number: 0x0a), tasks: [task], rows: 256, maxTokens: 128,
    what: .fisher(labels: .model, labelScale: 20), seed: 1)
  private static let data = MergeData(
    base: .pretrained(JobID(number: 0x0b)), tasks: [[task], []], rows: 256, maxTokens: 128)
  private static let predict = PredictJob(
    base: .pretrained(JobID(number: 0x0b)), adapter: JobID(number: 0x0a), task: task, split: .test,
    head: JobID(number: 0x0c), maxTokens: 128, labelScale: 20)

  /// Every field must have a change, and every change another identity: a field that is added without a row here fails.
  func check<Spec>(_ spec: Spec, _ changes: [Change<Spec>], _ job: (Spec) -> JobSpec) throws {
    // A part that is hashed on its own stands behind an underscore.
    let fields = Mirror(reflecting: spec).children.compactMap { $0.label?.trimmingPrefix("_").description }
    #expect(changes.map(\.field) == fields)
    var ids = [job(spec).id()]
    let parts = job(spec).partTexts
    for change in changes {
      var changed = spec
      change.apply(&changed)
      ids.append(job(changed).id())
      // What makes it another job stands in the list that reasons are told from, under a word of the manifest.
      let changedParts = job(changed).partTexts
      let names = Set(parts.keys).union(changedParts.keys).filter { parts[$0] != changedParts[$0] }
      #expect(!names.isEmpty, "no part says that \(change.field) changed")
    }
    #expect(Set(ids).count == ids.count, "two of \(fields) do not change the identity")
  }

  // MARK: Golden identities

  // The texts by hand, their hashes by Python's hashlib: a change here makes every store start again.
  @Test func `a merge has the text and the identity that it always had`() throws {
    // sha256 of "mixology job 3 merge\nmethod ties\nparameters P\ninputs 0…01 0…02\nweights 1.0 0.5\nseed 3\n" with P that of
    let parameters = #"{"density":0.2,"elect":"weighted"}"#
    #expect(
      String(decoding: try StableHash.canonicalJSON(Self.merge.parameters), as: UTF8.self) == parameters)
    #expect(JobSpec.merge(Self.merge).id().hex == "07a2dfcb95655b75922c445bc0ef3c46")
    let json =
      #"{"merge":{"_0":{"inputs":["00000000000000000000000000000001","00000000000000000000000000000002"],"#
      + #""method":"ties","parameters":\#(parameters),"seed":3,"weights":[1,0.5]}}}"#
    #expect(String(decoding: try StableHash.canonicalJSON(JobSpec.merge(Self.merge)), as: UTF8.self) == json)
  }

  @Test func `a training has the parts and the identity that it always had`() throws {
    // sha256 of "mixology job 3 train\n", then a line "name sha256" for each of these, then "seed 0\n".
    let parts = [
      ("base", #"{"folder":{"sha256":"bb"}}"#),
      (
        "tasks",
        #"[{"head":"labels","kind":"classification","labels":[{"description":"it rises","name":"up","value":1}],"#
          + #""limits":{"train":10},"metrics":["macro_f1"],"name":"fpb","pair":"{more}","#
          + #""source":{"files":{"_0":{"train":{"format":"jsonl","sha256":"aa"}}}},"target":"label","text":"{text}","#
          + #""validationFraction":0.1}]"#
      ),
      ("sampling", #"{"cap":9,"rule":"temperature","temperature":2,"weights":{"fpb":1}}"#),
      ("budget", #"{"steps":{"_0":200}}"#),
      ("adapter", #"{"alpha":16,"dropout":0,"rank":8,"rslora":false,"targets":["query","value"]}"#),
      (
        "training",
        #"{"accumulation":1,"batchRows":32,"batchTokens":0,"beta1":0.9,"beta2":0.999,"clip":1,"epsilon":1e-08,"#
          + #""keepBest":false,"labelScale":20,"learningRate":0.001,"maxTokens":128,"patience":0,"#
          + #""schedule":"linear","validateEvery":0,"warmup":0.06,"weightDecay":0.01}"#
      ),
    ]
    let text =
      "mixology job 3 train\n"
      + parts.map { "\($0.0) \(StableHash.hex(Data($0.1.utf8)))\n" }.joined() + "seed 0\n"
    let job = JobSpec.train(Self.train)
    #expect(job.id().hex == String(StableHash.hex(Data(text.utf8)).prefix(32)))
    #expect(job.id().hex == "fedfaaca540eb5e8851a325acc662ac6")
  }

  @Test func `an identity is 32 digits, and nothing else is one`() {
    let id = JobSpec.train(Self.train).id()
    #expect(JobID(hex: id.hex) == id)
    for text in [
      "", "0b", String(repeating: "g", count: 32), String(repeating: "A", count: 32), id.hex + "0",
    ] {
      #expect(JobID(hex: text) == nil)
    }
    #expect(
      [JobID(number: 2), JobID(number: 10)].sorted().map(\.hex) == [
        JobID(number: 2).hex, JobID(number: 10).hex,
      ])
  }

  @Test func `a part that is shared has one hash, and one that is changed another`() {
    var job = Self.train
    let other = TrainJob(
      base: job.$base, tasks: job.$tasks, sampling: job.$sampling, budget: job.$budget, adapter: job.$adapter,
      training: job.$training, seed: job.seed)
    #expect(other == job && JobSpec.train(other).id() == JobSpec.train(job).id())
    job.training.clip = 2
    #expect(other != job && other.training.clip == 1)
  }

  // MARK: Every field counts

  @Test func `every field of a training changes its identity`() throws {
    try check(
      Self.train,
      [
        Change("base") { $0.base = .folder(sha256: "cc") },
        Change("tasks") { $0.tasks.append(Self.task) },
        Change("sampling") { $0.sampling = SamplingSpec() },
        Change("budget") { $0.budget = .tokens(200) },
        Change("adapter") { $0.adapter.rank = 4 },
        Change("training") { $0.training.clip = 2 },
        Change("seed") { $0.seed = 1 }, Change("startSeed") { $0.startSeed = 0 },
        Change("orderSeed") { $0.orderSeed = 0 }, Change("start") { $0.start = Self.start },
        Change("ends") { $0.ends = EndsSpec(concentration: 1) },
      ]
    ) { .train($0) }
  }

  @Test func `every field of a start changes a training, which reads what it names`() throws {
    try check(
      Self.start,
      [
        Change("adapter") { $0.adapter = JobID(number: 0x0e) }, Change("heads") { $0.heads = nil },
        Change("earlier") { $0.earlier.append(.steps(5)) },
      ]
    ) { start in
      var job = Self.train
      job.start = start
      return .train(job)
    }
    var job = Self.train
    job.base = .pretrained(JobID(number: 0x0b))
    job.start = Self.start
    #expect(JobSpec.train(job).inputs == [JobID(number: 0x0b), JobID(number: 0x0c), JobID(number: 0x0d)])
  }

  @Test(arguments: [
    (BudgetSpec.steps(200), [BudgetSpec.steps(67), .steps(67), .steps(66)]),
    (.tokens(11), [.tokens(4), .tokens(4), .tokens(3)]),
    (.passes(1.5), [.passes(0.5), .passes(0.5), .passes(0.5)]),
  ])
  func `a budget is shared out without loss`(_ budget: BudgetSpec, _ shares: [BudgetSpec]) {
    #expect(budget.shares(3) == shares)
    #expect(budget.shares(1) == [budget])
  }

  @Test func `every field of the adapter changes a training`() throws {
    try check(
      AdapterSpec(),
      [
        Change("rank") { $0.rank = 9 }, Change("alpha") { $0.alpha = 17 },
        Change("dropout") { $0.dropout = 0.1 }, Change("targets") { $0.targets = ["query"] },
        Change("targetPattern") { $0.targetPattern = ".*query" },
        Change("rslora") { $0.rslora = true },
        Change("layersToTransform") { $0.layersToTransform = [1] },
      ]
    ) { adapter in
      var job = Self.train
      job.adapter = adapter
      return .train(job)
    }
  }

  @Test func `every training setting changes a training`() throws {
    try check(
      TrainingSpec(),
      [
        Change("learningRate") { $0.learningRate = 2 }, Change("schedule") { $0.schedule = .cosine },
        Change("warmup") { $0.warmup = 0.5 }, Change("weightDecay") { $0.weightDecay = 0.5 },
        Change("beta1") { $0.beta1 = 0.5 }, Change("beta2") { $0.beta2 = 0.5 },
        Change("epsilon") { $0.epsilon = 0.5 }, Change("clip") { $0.clip = 0.5 },
        Change("batchRows") { $0.batchRows = 7 }, Change("batchTokens") { $0.batchTokens = 7 },
        Change("accumulation") { $0.accumulation = 7 }, Change("maxTokens") { $0.maxTokens = 7 },
        Change("validateEvery") { $0.validateEvery = 7 }, Change("validateRows") { $0.validateRows = 7 },
        Change("patience") { $0.patience = 7 },
        Change("keepBest") { $0.keepBest = true }, Change("labelScale") { $0.labelScale = 7 },
        Change("precision") { $0.precision = .bfloat16 },
      ]
    ) { training in
      var job = Self.train
      job.training = training
      return .train(job)
    }
  }

  @Test func `every field of the sampling changes a training`() throws {
    try check(
      Self.sampling,
      [
        Change("rule") { $0.rule = "equal" }, Change("cap") { $0.cap = nil },
        Change("temperature") { $0.temperature = 3 }, Change("weights") { $0.weights = ["fpb": 2] },
      ]
    ) { sampling in
      var job = Self.train
      job.sampling = sampling
      return .train(job)
    }
  }

  @Test func `every field of a task changes a training and an evaluation`() throws {
    let changes: [Change<TaskSpec>] = [
      Change("name") { $0.name = "fomc" }, Change("kind") { $0.kind = TaskKind("tagging") },
      Change("source") { $0.source = .files([:]) }, Change("text") { $0.text = "{title}" },
      Change("pair") { $0.pair = nil }, Change("target") { $0.target = "y" },
      Change("labels") { $0.labels[0].description = "it falls" },
      Change("metrics") { $0.metrics = ["accuracy"] },
      Change("limits") { $0.limits = ["train": 11] },
      Change("validationFraction") { $0.validationFraction = 0.2 }, Change("head") { $0.head = .linear },
      Change("part") { $0.part = ValidationPart(fitFraction: 0.5, isFit: false) },
      Change("by") { $0.by = "asked" }, Change("draw") { $0.draw = 1 },
    ]
    try check(Self.task, changes) { task in
      var job = Self.train
      job.tasks = [task]
      return .train(job)
    }
    try check(Self.task, changes) { task in
      var job = Self.predict
      job.task = task
      return .predict(job)
    }
  }

  @Test func `every field of a label, a file and a generator changes an evaluation`() throws {
    func evaluation(_ change: (inout TaskSpec) -> Void) -> JobSpec {
      var job = Self.predict
      change(&job.task)
      return .predict(job)
    }
    try check(
      Self.label,
      [
        Change("name") { $0.name = "down" }, Change("description") { $0.description = "x" },
        Change("value") { $0.value = 2 },
      ]
    ) { label in evaluation { $0.labels = [label] } }
    try check(
      Self.file, [Change("sha256") { $0.sha256 = "ab" }, Change("format") { $0.format = "csv" }]
    ) { file in evaluation { $0.source = .files(["test": file]) } }
    try check(
      GeneratorSpec(form: "score", rows: ["test": 5]),
      [
        Change("form") { $0.form = "topic" }, Change("rows") { $0.rows = ["test": 6] },
        Change("relatedness") { $0.relatedness = 0.5 }, Change("noise") { $0.noise = 0.5 },
        Change("imbalance") { $0.imbalance = 0.5 }, Change("world") { $0.world = 5 },
      ]
    ) { generator in evaluation { $0.source = .generated(generator) } }
  }

  @Test func `every field of a merge changes its identity`() throws {
    try check(
      Self.merge,
      [
        Change("method") { $0.method = "linear" },
        Change("parameters") { $0.parameters["density"] = .number(0.3) },
        Change("inputs") { $0.inputs.reverse() }, Change("weights") { $0.weights = [0.5, 1] },
        Change("seed") { $0.seed = 4 }, Change("statistics") { $0.statistics = [JobID(number: 0x03)] },
        Change("data") { $0.data = Self.data }, Change("ends") { $0.ends = [0, 1] },
      ]
    ) { .merge($0) }
  }

  @Test func `every field of a merge's data changes its identity`() throws {
    try check(
      Self.data,
      [
        Change("base") { $0.base = .folder(sha256: "0b") }, Change("tasks") { $0.tasks = [[], [Self.task]] },
        Change("split") { $0.split = .validation }, Change("rows") { $0.rows = 255 },
        Change("maxTokens") { $0.maxTokens = 64 },
      ]
    ) { data in
      var job = Self.merge
      job.data = data
      return .merge(job)
    }
  }

  @Test func `every field of a measurement changes its identity`() throws {
    try check(
      Self.statistics,
      [
        Change("base") { $0.base = .folder(sha256: "0b") },
        Change("adapter") { $0.adapter = JobID(number: 0x0b) },
        Change("tasks") { $0.tasks = [] }, Change("split") { $0.split = .validation },
        Change("rows") { $0.rows = 255 }, Change("maxTokens") { $0.maxTokens = 64 },
        Change("what") { $0.what = .inputGrams }, Change("seed") { $0.seed = 4 },
      ]
    ) { .statistics($0) }
    let other = [
      Statistic.inputGrams, .fisher(labels: .data, labelScale: 20), .fisher(labels: .model, labelScale: 10),
    ]
    let ids = other.map { what in
      var job = Self.statistics
      job.what = what
      return JobSpec.statistics(job).id()
    }
    #expect(Set(ids + [JobSpec.statistics(Self.statistics).id()]).count == 4)
  }

  @Test func `every field of an evaluation changes its identity`() throws {
    try check(
      Self.predict,
      [
        Change("base") { $0.base = .folder(sha256: "0b") }, Change("adapter") { $0.adapter = nil },
        Change("task") { $0.task.name = "fomc" }, Change("split") { $0.split = .validation },
        Change("head") { $0.head = nil }, Change("maxTokens") { $0.maxTokens = 64 },
        Change("labelScale") { $0.labelScale = nil },
        Change("precision") { $0.precision = .bfloat16 }, Change("hides") { $0.hides = "text" },
      ]
    ) { .predict($0) }
  }

  @Test func `every field of a pretraining changes its identity`() throws {
    try check(
      PretrainSpec(),
      [
        Change("hidden") { $0.hidden = 7 }, Change("layers") { $0.layers = 7 },
        Change("heads") { $0.heads = 7 }, Change("intermediate") { $0.intermediate = 7 },
        Change("sentences") { $0.sentences = 7 }, Change("world") { $0.world = 7 },
        Change("steps") { $0.steps = 7 }, Change("batchRows") { $0.batchRows = 7 },
        Change("learningRate") { $0.learningRate = 7 }, Change("seed") { $0.seed = 7 },
      ]
    ) { .pretrain($0) }
  }

  // MARK: The rest

  @Test func `a spec comes back from its JSON`() throws {
    for job in [
      JobSpec.pretrain(PretrainSpec()), .train(Self.train), .statistics(Self.statistics), .merge(Self.merge),
      .predict(Self.predict),
    ] {
      #expect(try JSONDecoder().decode(JobSpec.self, from: StableHash.canonicalJSON(job)) == job)
    }
  }

  @Test func `a job reads the artefacts that its spec names, each once`() {
    #expect(JobSpec.pretrain(PretrainSpec()).inputs.isEmpty)
    #expect(JobSpec.train(Self.train).inputs.isEmpty)
    #expect(JobSpec.merge(Self.merge).inputs == [JobID(number: 0x01), JobID(number: 0x02)])
    var measured = Self.merge
    measured.statistics = [JobID(number: 0x03), JobID(number: 0x04)]
    measured.data = Self.data
    #expect(
      JobSpec.merge(measured).inputs == [
        JobID(number: 0x01), JobID(number: 0x02), JobID(number: 0x03), JobID(number: 0x04),
        JobID(number: 0x0b),
      ])
    #expect(JobSpec.statistics(Self.statistics).inputs == [JobID(number: 0x0a)])
    #expect(
      JobSpec.predict(Self.predict).inputs == [
        JobID(number: 0x0b), JobID(number: 0x0a), JobID(number: 0x0c),
      ])
    var own = Self.predict
    own.head = own.adapter
    #expect(JobSpec.predict(own).inputs == [JobID(number: 0x0b), JobID(number: 0x0a)])
  }

  @Test func `LoRA's scale is alpha by the rank, and by its root for rsLoRA`() {
    #expect(AdapterSpec(rank: 4, alpha: 16).scale == 4)
    #expect(AdapterSpec(rank: 4, alpha: 16, rslora: true).scale == 8)
  }
}
